/** pnpm-lock.yaml, of pnpm 8 and later, as a graph of packages. */
import { address } from "./npmlock.mjs";
import { isMap, isName, isVersion } from "./manifest.mjs";
import { RefusedError, quoted } from "./refused.mjs";
import { document } from "./yamltext.mjs";

/**
 * The graph that a pnpm-lock.yaml fixes, with its digests.
 * @returns `[root, packages]` for `npmTree`.
 * @throws {RefusedError} it is none, or an entry leads elsewhere than to the registry.
 */
export function pnpmGraph(text, registries) {
  const raw = document("pnpm-lock.yaml", text);
  const format = Number.parseInt(raw.lockfileVersion, 10);
  if (!(format >= 6)) {
    throw new RefusedError(
      `pnpm-lock.yaml: lockfileVersion ${quoted(raw.lockfileVersion)} is not taken; write it with pnpm 8 or later`,
    );
  }
  const importers = isMap(raw.importers) ? raw.importers : { ".": raw };
  if (Object.keys(importers).some((name) => name !== ".")) {
    throw new RefusedError("pnpm-lock.yaml: workspaces are not taken; one package was expected");
  }
  const facts = isMap(raw.packages) ? raw.packages : {};
  const snapshots = isMap(raw.snapshots) ? raw.snapshots : facts;
  const packages = new Map();
  for (const [place, snapshot] of Object.entries(snapshots)) {
    const key = place.replace(/^\//, "");
    const own = `pnpm-lock.yaml: ${quoted(place)}`;
    const fact = facts[place] ?? facts[bare(place)];
    packages.set(key, made(own, key, fact, isMap(snapshot) ? snapshot : {}, registries));
  }
  const root = isMap(importers["."]) ? importers["."] : {};
  const direct = (kind) => edges(`pnpm-lock.yaml: ${kind}`, root[kind], packages);
  const optional = direct("optionalDependencies");
  return [{ deps: { ...direct("devDependencies"), ...direct("dependencies") }, optional }, linked(packages)];
}

function bare(key) {
  return key.replace(/\(.*$/, "");
}

function made(own, key, fact, snapshot, registries) {
  const at = bare(key).lastIndexOf("@");
  const [name, version] = [bare(key).slice(0, at), bare(key).slice(at + 1)];
  const resolution = isMap(fact?.resolution) ? fact.resolution : {};
  if (!isName(name) || !isVersion(version)) {
    throw new RefusedError(
      `${own}: only packages of the registry are taken, by name and version; name a version of one`,
    );
  }
  if (resolution.tarball !== undefined) address(own, resolution.tarball, name, registries);
  if (typeof resolution.integrity !== "string" || !/^sha\d+-[A-Za-z0-9+/]+={0,2}$/.test(resolution.integrity)) {
    throw new RefusedError(`${own}: it has no digest; write the file again with pnpm install`);
  }
  const item = { name, version, integrity: resolution.integrity, own, snapshot };
  for (const list of ["os", "cpu", "libc"]) if (Array.isArray(fact[list])) item[list] = fact[list].map(String);
  return item;
}

function linked(packages) {
  for (const item of packages.values()) {
    item.deps = edges(item.own, item.snapshot.dependencies, packages);
    item.optional = edges(item.own, item.snapshot.optionalDependencies, packages);
  }
  return packages;
}

function edges(own, map, packages) {
  return Object.fromEntries(
    Object.entries(isMap(map) ? map : {}).map(([name, value]) => {
      const version = String(isMap(value) ? value.version : value);
      const key = [`${name}@${version}`, version.replace(/^\//, "")].find((candidate) => packages.has(candidate));
      if (!isName(name) || key === undefined) {
        throw new RefusedError(
          `${own}: ${quoted(`${name}@${version}`)} is not a package of the file; only those of the registry are taken`,
        );
      }
      return [name, key];
    }),
  );
}
