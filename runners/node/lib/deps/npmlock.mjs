/** package-lock.json and npm-shrinkwrap.json: checked entry by entry, and rid of all addresses. */
import { isMap, isName, isVersion, specs } from "./manifest.mjs";
import { RefusedError, quoted } from "./refused.mjs";

const INTEGRITY = /^(?:sha(?:1|256|384|512)-[A-Za-z0-9+/]+={0,2}(?:\s+|$))+$/;
const FLAGS = ["dev", "optional", "devOptional", "peer", "inBundle", "hasInstallScript"];
const MAPS = ["dependencies", "optionalDependencies", "peerDependencies"];
const LISTS = ["os", "cpu", "libc"];
const MAX_PACKAGES = 5000;

/**
 * A lock file that names packages by name, version and digest alone.
 * @param file its name, for messages.
 * @param wanted what package.json wants.
 * @param registries the hosts whose addresses mean no more than "the registry".
 * @throws {RefusedError} an entry leads elsewhere, or the file is none.
 */
export function npmLock(file, text, wanted, registries) {
  let raw;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    throw new RefusedError(`${file}: it is not JSON: ${error.message}`);
  }
  if (!isMap(raw) || !isMap(raw.packages)) {
    throw new RefusedError(
      `${file}: it has no \`packages\`; lockfileVersion 2 or 3 was expected; write it with npm 7 or later`,
    );
  }
  const entries = Object.entries(raw.packages).filter(([place]) => place !== "");
  if (entries.length > MAX_PACKAGES)
    throw new RefusedError(`${file}: it has ${entries.length} packages; at most ${MAX_PACKAGES} are fetched`);
  const packages = { "": wanted };
  for (const [place, entry] of entries)
    packages[place] = checked(`${file}: ${quoted(place)}`, place, entry, registries);
  return { name: wanted.name, version: wanted.version, lockfileVersion: 3, requires: true, packages };
}

/** The name under which the package at a place of the tree is found; null when it is no place in node_modules. */
function nameAt(place) {
  const names = place.split(/(?:^|\/)node_modules\//);
  return names.length > 1 && names.shift() === "" && names.every(isName) ? names.at(-1) : null;
}

function checked(own, place, entry, registries) {
  if (!isMap(entry)) throw new RefusedError(`${own}: it is not a map; write the file again with npm`);
  const name = nameAt(place);
  if (entry.link !== undefined || name === null) {
    throw new RefusedError(
      `${own}: it is a folder or a link; only packages of the registry are taken; name a version of one`,
    );
  }
  if (entry.name !== undefined && !isName(entry.name))
    throw new RefusedError(`${own}: ${quoted(entry.name)} is not a package's name`);
  if (entry.resolved !== undefined) address(own, entry.resolved, entry.name ?? name, registries);
  if (!isVersion(entry.version)) {
    throw new RefusedError(
      `${own}: ${quoted(entry.version)} is not one exact version; name a version that is in the registry`,
    );
  }
  const kept = { version: entry.version };
  if (entry.name !== undefined) kept.name = entry.name;
  if (entry.integrity !== undefined) {
    if (typeof entry.integrity !== "string" || !INTEGRITY.test(entry.integrity)) {
      throw new RefusedError(`${own}: ${quoted(entry.integrity)} is not a digest; write the file again with npm`);
    }
    kept.integrity = entry.integrity;
  }
  for (const flag of FLAGS) if (entry[flag] === true) kept[flag] = true;
  for (const kind of MAPS) if (entry[kind] !== undefined) kept[kind] = specs(`${own}: ${kind}`, entry[kind]);
  for (const list of LISTS) if (Array.isArray(entry[list])) kept[list] = entry[list].map(String);
  if (isMap(entry.peerDependenciesMeta)) kept.peerDependenciesMeta = entry.peerDependenciesMeta;
  if (isMap(entry.bin) || typeof entry.bin === "string") kept.bin = entry.bin;
  if (isMap(entry.engines)) kept.engines = entry.engines;
  return kept;
}

/**
 * See that an address is the registry's own for a package; it is not used.
 * @throws {RefusedError} it leads elsewhere.
 */
export function address(own, resolved, name, registries) {
  const url = typeof resolved === "string" && URL.canParse(resolved) ? new URL(resolved) : null;
  const file = `/${name}/-/`;
  const known =
    url !== null &&
    registries.has(`${url.protocol}//${url.host}`) &&
    decodeURIComponent(url.pathname).includes(file) &&
    url.pathname.endsWith(".tgz");
  if (!known) {
    throw new RefusedError(
      `${own}: it comes from ${quoted(resolved)}; only packages of the registry are taken, by name and version; ` +
        "write the file with omit-lockfile-registry-resolved=true, or name another package",
    );
  }
}
