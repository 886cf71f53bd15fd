/** package.json: what a submission wants, as far as it is names with versions. */
import { RefusedError, quoted } from "./refused.mjs";

const NAME = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~_-][a-z0-9._~-]*$/i;
const RANGE = /^[\w^~<>=|.*+ -]*$/;
const ALIAS = /^npm:((?:@[^/@]+\/)?[^/@]+)(?:@(.*))?$/;
const VERSION = /^\d{1,16}\.\d{1,16}\.\d{1,16}(?:-[0-9A-Za-z.-]{1,200})?(?:\+[0-9A-Za-z.-]{1,200})?$/;
const MAX_DEPTH = 8;

/** The fields of package.json that name packages. */
export const KINDS = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];

export function isMap(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a text is a package's name. */
export function isName(name) {
  return typeof name === "string" && name.length <= 214 && NAME.test(name);
}

/** Whether a text is one exact version. */
export function isVersion(version) {
  return typeof version === "string" && VERSION.test(version);
}

/** The name and the range of `npm:NAME@RANGE`; null for anything else. */
export function alias(spec) {
  const found = ALIAS.exec(spec);
  return found && isName(found[1]) && RANGE.test(found[2] ?? "") ? { name: found[1], range: found[2] ?? "*" } : null;
}

/**
 * A map of names to ranges or tags, of which nothing can lead to another place than the registry.
 * @throws {RefusedError} something else is in it; the message names it.
 */
export function specs(place, map) {
  if (map === undefined) return {};
  if (!isMap(map)) throw new RefusedError(`${place}: it is not a map; names with versions were expected`);
  return Object.fromEntries(
    Object.entries(map).map(([name, spec]) => {
      const own = `${place}[${quoted(name)}]`;
      if (!isName(name)) throw new RefusedError(`${own}: that is not a package's name; correct it`);
      if (typeof spec !== "string" || spec.length > 1000 || !(RANGE.test(spec) || alias(spec))) {
        throw new RefusedError(
          `${own}: ${quoted(spec)} is not a version; URLs, repositories, files, folders and workspaces are not taken; ` +
            "name a version that is in the registry",
        );
      }
      return [name, spec];
    }),
  );
}

/**
 * What package.json wants, and nothing else of it: no scripts, no configuration.
 * @throws {RefusedError} it is not what npm would read, or wants what is not fetched.
 */
export function manifest(text) {
  let raw;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    throw new RefusedError(`package.json: it is not JSON: ${error.message}`);
  }
  if (!isMap(raw)) throw new RefusedError("package.json: it is not a map; correct it");
  if (raw.workspaces !== undefined) {
    throw new RefusedError(
      "package.json: workspaces are not taken; one package was expected, without the field workspaces",
    );
  }
  const wanted = { name: "submission", version: "0.0.0", private: true };
  for (const kind of KINDS) {
    const found = specs(`package.json: ${kind}`, raw[kind]);
    if (Object.keys(found).length > 0) wanted[kind] = found;
  }
  if (isMap(raw.peerDependenciesMeta)) {
    wanted.peerDependenciesMeta = Object.fromEntries(
      Object.entries(raw.peerDependenciesMeta).map(([name, meta]) => [name, { optional: meta?.optional === true }]),
    );
  }
  if (raw.overrides !== undefined) wanted.overrides = overrides("package.json: overrides", raw.overrides, 0);
  return wanted;
}

/** Whether package.json wants any package. */
export function wants(wanted) {
  return KINDS.some((kind) => wanted[kind] !== undefined);
}

/** What `resolutions` of package.json say for yarn: name -> range. */
export function resolutions(text) {
  const found = JSON.parse(text).resolutions;
  if (!isMap(found)) return {};
  return Object.fromEntries(
    Object.entries(found)
      .filter(([, spec]) => typeof spec === "string")
      .map(([pattern, spec]) => [/(?:^|\/)((?:@[^/@]+\/)?[^/@]+)(?:@[^/]*)?$/.exec(pattern)?.[1] ?? pattern, spec]),
  );
}

function overrides(place, map, depth) {
  if (!isMap(map) || depth > MAX_DEPTH)
    throw new RefusedError(`${place}: it is not a map of names and versions; correct it`);
  return Object.fromEntries(
    Object.entries(map).map(([key, value]) => {
      const own = `${place}[${quoted(key)}]`;
      if (isMap(value)) return [key, overrides(own, value, depth + 1)];
      if (typeof value === "string" && (RANGE.test(value) || alias(value) || /^\$[\w@/.-]+$/.test(value)))
        return [key, value];
      throw new RefusedError(`${own}: ${quoted(value)} is not a version; name one that is in the registry`);
    }),
  );
}
