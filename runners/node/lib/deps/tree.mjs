/** A lock file for npm, made of a graph of packages that another tool has locked. */
import { RefusedError } from "./refused.mjs";

const MAX_PLACES = 20_000;
const MAX_DEPTH = 50;
/** Parts of the names of packages that hold a binary for one platform. */
const SYSTEMS =
  /(?:^|[-_/.])(?:darwin|macos|win32|windows|android|freebsd|openbsd|netbsd|sunos|aix|openharmony|wasi|wasm32|musl\w*)(?=$|[-_/.])/;
const LINUX =
  /(?:^|[-_/.])linux[-_](x64|x86-64|arm64|arm|armv7|armhf|ia32|loong64|mips64el|ppc64|ppc64le|riscv64|s390x)(?=$|[-_/.])/;

/**
 * The lock file.
 *
 * A package is put at the top unless another version of it already stands on the way there; then beside who needs it.
 * @param root `{deps, optional}`, maps of the name in use to a key.
 * @param packages key -> `{name, version, integrity, os, cpu, libc, deps, optional}`, as for the root.
 */
export function npmTree(root, packages) {
  const needed = required(root, packages);
  const top = { path: "", depth: 0, parent: null, children: new Map() };
  const lock = {};
  const queue = [[top, root]];
  let places = 0;
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const [place, item] = next;
    const maps = { dependencies: {}, optionalDependencies: {} };
    for (const [kind, edges] of [
      ["dependencies", item.deps],
      ["optionalDependencies", item.optional],
    ]) {
      for (const [name, key] of Object.entries(edges)) {
        const found = packages.get(key);
        if (kind === "optionalDependencies" && !fits(found)) continue;
        maps[kind][name] = found.name === name ? found.version : `npm:${found.name}@${found.version}`;
        const seen = lookup(place, name);
        if (seen?.key === key) continue;
        const where = seen === null ? top : place;
        if (++places > MAX_PLACES || where.depth > MAX_DEPTH) {
          throw new RefusedError(
            `the lock file: its packages need more than ${MAX_PLACES} folders, or ${MAX_DEPTH} within each other`,
          );
        }
        const path = `${where.path && `${where.path}/`}node_modules/${name}`;
        const made = { path, depth: where.depth + 1, parent: where, children: new Map(), key };
        where.children.set(name, made);
        queue.push([made, found]);
      }
    }
    if (place !== top) lock[place.path] = entry(item, maps, needed.has(place.key));
    else lock[""] = { name: "submission", version: "0.0.0", ...filled(maps) };
  }
  return { name: "submission", version: "0.0.0", lockfileVersion: 3, requires: true, packages: lock };
}

function entry(item, maps, needed) {
  const made = { name: item.name, version: item.version, ...filled(maps) };
  if (item.integrity) made.integrity = item.integrity;
  if (!needed) made.optional = true;
  for (const list of ["os", "cpu", "libc"]) if (item[list]) made[list] = item[list];
  return made;
}

function filled(maps) {
  return Object.fromEntries(Object.entries(maps).filter(([, map]) => Object.keys(map).length > 0));
}

function lookup(place, name) {
  for (let at = place; at !== null; at = at.parent) if (at.children.has(name)) return at.children.get(name);
  return null;
}

/** The packages that can be reached without an optional step. */
function required(root, packages) {
  const found = new Set();
  const queue = Object.values(root.deps);
  for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
    if (found.has(key)) continue;
    found.add(key);
    queue.push(...Object.values(packages.get(key).deps));
  }
  return found;
}

/** Whether an optional package is for this platform: by what the lock says, else by its name. */
function fits(item) {
  if (item.os || item.cpu || item.libc) {
    return allows(item.os, "linux") && allows(item.cpu, process.arch) && allows(item.libc, "glibc");
  }
  const name = item.name.toLowerCase();
  const linux = LINUX.exec(name)?.[1].replace("x86-64", "x64");
  return !SYSTEMS.test(name) && (linux === undefined || linux === process.arch);
}

function allows(list, own) {
  if (!list?.length || list.includes("any")) return true;
  return list.includes(own) || (list.every((word) => word.startsWith("!")) && !list.includes(`!${own}`));
}
