/** yarn.lock, of yarn 1 and of later ones, as a graph of packages. */
import { address } from "./npmlock.mjs";
import { KINDS, alias, isMap, isName, isVersion, resolutions } from "./manifest.mjs";
import { RefusedError, quoted } from "./refused.mjs";
import { document } from "./yamltext.mjs";

const SHA1 = /^#([0-9a-f]{40})$/;
const CONDITION = /^(os|cpu|libc)=([\w-]+)$/;

/**
 * The graph that a yarn.lock fixes.
 *
 * The digests of yarn 1 are kept. Later ones digest archives of their own, so that only their versions count.
 * @returns `[root, packages]` for `npmTree`.
 * @throws {RefusedError} it is none, or an entry leads elsewhere than to the registry.
 */
export function yarnGraph(text, manifestText, wanted) {
  const modern = /^__metadata:/m.test(text);
  const entries = modern ? modernEntries(text) : oldEntries(text);
  const chosen = resolutions(manifestText);
  const packages = new Map();
  const keys = new Map();
  for (const { descriptors, item, edges } of entries) {
    const key = `${item.name}@${item.version}`;
    if (!packages.has(key)) packages.set(key, { ...item, deps: {}, optional: {}, edges });
    for (const descriptor of descriptors) keys.set(descriptor, key);
  }
  const find = (place, name, spec) => {
    const ranges = [spec, chosen[name]].filter((range) => range !== undefined);
    for (const range of ranges) {
      for (const descriptor of [`${name}@${range}`, `${name}@npm:${range}`])
        if (keys.has(descriptor)) return keys.get(descriptor);
    }
    const others = [...packages.keys()].filter((key) => key.startsWith(`${name}@`));
    if (others.length === 1 && chosen[name] !== undefined) return others[0];
    throw new RefusedError(
      `${place}: yarn.lock has no entry for ${quoted(`${name}@${spec}`)}; write it again with yarn install`,
    );
  };
  const follow = (place, map) =>
    Object.fromEntries(Object.entries(map).map(([name, spec]) => [name, find(place, name, spec)]));
  for (const [key, item] of packages) {
    item.deps = follow(`yarn.lock: ${key}`, item.edges.deps);
    item.optional = follow(`yarn.lock: ${key}`, item.edges.optional);
  }
  const [deps, development, optional] = KINDS.slice(0, 3).map((kind) =>
    follow(`package.json: ${kind}`, wanted[kind] ?? {}),
  );
  const plain = Object.fromEntries(Object.entries({ ...development, ...deps }).filter(([name]) => !(name in optional)));
  return [{ deps: plain, optional }, packages];
}

// --- yarn 1: lines, two blanks a level

function oldEntries(text) {
  const blocks = [];
  let block = null;
  let map = null;
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const depth = line.length - line.trimStart().length;
    const words = tokens(line.trim());
    if (depth === 0 && line.endsWith(":")) {
      block = { descriptors: words, fields: {}, maps: {} };
      blocks.push(block);
    } else if (block !== null && depth === 2 && line.endsWith(":") && words.length === 1) {
      map = block.maps[words[0]] = {};
    } else if (block !== null && depth === 2 && words.length === 2) {
      block.fields[words[0]] = words[1];
    } else if (block !== null && map !== null && depth === 4 && words.length === 2) {
      map[words[0]] = words[1];
    } else {
      throw new RefusedError(
        `yarn.lock:${index + 1}: ${quoted(line.trim())} is none of its lines; write it again with yarn install`,
      );
    }
  }
  return blocks.map(oldEntry);
}

function tokens(line) {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|[^\s,:"][^\s,"]*/g)].map(
    ([whole, inside]) => inside ?? whole.replace(/:$/, ""),
  );
}

function oldEntry({ descriptors, fields, maps }) {
  const own = `yarn.lock: ${quoted(descriptors[0] ?? "")}`;
  const [used, spec] = split(own, descriptors[0] ?? "");
  const name = alias(spec)?.name ?? used;
  if (!alias(spec) && /[:/]/.test(spec)) {
    throw new RefusedError(
      `${own}: only packages of the registry are taken, by name and version; name a version of one`,
    );
  }
  if (!isName(name) || !isVersion(fields.version))
    throw new RefusedError(`${own}: it has no exact version; write it again with yarn install`);
  const url = URL.canParse(fields.resolved ?? "") ? new URL(fields.resolved) : null;
  const sha1 = SHA1.exec(url?.hash ?? "")?.[1];
  const integrity = fields.integrity ?? (sha1 && `sha1-${Buffer.from(sha1, "hex").toString("base64")}`);
  if (integrity === undefined) throw new RefusedError(`${own}: it has no digest; write it again with yarn install`);
  // Yarn names a mirror of its own. Addresses are never used, and by its digest a package is what yarn had locked.
  address(own, fields.resolved, name, new Set(url?.protocol === "https:" ? [`https://${url.host}`] : []));
  const item = { name, version: fields.version, integrity };
  return { descriptors, item, edges: { deps: maps.dependencies ?? {}, optional: maps.optionalDependencies ?? {} } };
}

function split(own, descriptor) {
  const at = descriptor.indexOf("@", 1);
  if (at < 0) throw new RefusedError(`${own}: that is no package with a version; write it again with yarn install`);
  return [descriptor.slice(0, at), descriptor.slice(at + 1)];
}

// --- later ones: YAML

function modernEntries(text) {
  const raw = document("yarn.lock", text);
  const found = [];
  for (const [key, value] of Object.entries(raw)) {
    if (key === "__metadata") continue;
    const own = `yarn.lock: ${quoted(key)}`;
    if (!isMap(value) || typeof value.resolution !== "string")
      throw new RefusedError(`${own}: it has no resolution; write it again with yarn install`);
    const [name, from] = split(own, value.resolution);
    if (from === "workspace:.") continue;
    // Yarn itself mends a few packages; what it began with is here under a descriptor of its own.
    if (/^patch:.*#(?:optional!|~)?builtin<compat\//.test(from)) continue;
    const version = from.startsWith("npm:") ? from.slice(4) : null;
    if (!isName(name) || !isVersion(version)) {
      throw new RefusedError(`${own}: ${quoted(value.resolution)} is not a version of the registry; name one`);
    }
    found.push({
      descriptors: key.split(/\s*,\s*/),
      item: { name, version, ...conditions(value.conditions) },
      edges: modernEdges(own, value),
    });
  }
  return found;
}

function modernEdges(own, value) {
  const deps = {};
  const optional = {};
  for (const [name, spec] of Object.entries(isMap(value.dependencies) ? value.dependencies : {})) {
    if (!isName(name) || typeof spec !== "string")
      throw new RefusedError(`${own}: ${quoted(name)} is no dependency; write it again with yarn install`);
    (String(value.dependenciesMeta?.[name]?.optional) === "true" ? optional : deps)[name] = spec.replace(
      /^npm:(?=[^@]*$)/,
      "",
    );
  }
  return { deps, optional };
}

function conditions(text) {
  const lists = {};
  for (const word of typeof text === "string" ? text.split(/[\s&|()]+/) : []) {
    const [, kind, value] = CONDITION.exec(word) ?? [];
    if (kind) (lists[kind] ??= []).push(value);
  }
  return lists;
}
