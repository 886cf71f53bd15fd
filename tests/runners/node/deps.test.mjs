/** What the deps phase of the Node.js runner takes from lock files. It runs in the runner's own image. */
import assert from "node:assert";
import { describe, it } from "node:test";

import { manifest } from "/opt/gradekit/lib/deps/manifest.mjs";
import { npmLock } from "/opt/gradekit/lib/deps/npmlock.mjs";
import { pnpmGraph } from "/opt/gradekit/lib/deps/pnpm.mjs";
import { RefusedError } from "/opt/gradekit/lib/deps/refused.mjs";
import { npmTree } from "/opt/gradekit/lib/deps/tree.mjs";
import { yarnGraph } from "/opt/gradekit/lib/deps/yarn.mjs";

const HOSTS = new Set(["https://mirror.invalid"]);
const SHA512 = `sha512-${"A".repeat(86)}==`;

const refuses = (call, pattern) =>
  assert.throws(call, (error) => error instanceof RefusedError && pattern.test(error.message));
const wanted = (dependencies) => manifest(JSON.stringify({ dependencies }));

describe("package.json", () => {
  for (const spec of [
    "git+https://evil.invalid/notes.git",
    "git@evil.invalid:notes.git",
    "github:evil/notes",
    "evil/notes",
    "https://evil.invalid/notes.tgz",
    "http://evil.invalid/notes.tgz",
    "file:../notes",
    "link:../notes",
    "portal:../notes",
    "workspace:*",
    "patch:notes@1#x",
    "./notes",
    "../notes.tgz",
    "~/notes",
    "/notes",
    "npm:notes@https://evil.invalid",
    "catalog:",
  ]) {
    for (const kind of ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"]) {
      it(`${kind} ${spec}`, () => refuses(() => manifest(JSON.stringify({ [kind]: { notes: spec } })), /"notes"/));
    }
    it(`overrides ${spec}`, () =>
      refuses(() => manifest(JSON.stringify({ overrides: { a: { notes: spec } } })), /"notes"/));
  }
  for (const name of ["../notes", ".bin", "a/b", "@a/../b", "", "a b", "__proto__/x", "-x -g", "x".repeat(300)]) {
    it(`name ${JSON.stringify(name.slice(0, 20))}`, () => {
      if (name === "-x -g" || !/^[\w-]+$/.test(name) || name.length > 214)
        refuses(() => wanted({ [name]: "1" }), /not a package's name/);
    });
  }
  for (const spec of [
    "1.2.3",
    "^1",
    "~1.2",
    ">=1 <3 || 5.x",
    "latest",
    "*",
    "",
    "1.0.0-beta.1+build",
    "npm:ms@^2",
    "npm:@scope/ms@2",
  ]) {
    it(`takes ${JSON.stringify(spec)}`, () => assert.deepEqual(wanted({ notes: spec }).dependencies, { notes: spec }));
  }
  it("keeps nothing else", () => {
    const text = JSON.stringify({
      scripts: { install: "x" },
      bin: "x",
      engines: { node: "1" },
      dependencies: { a: "1" },
      jest: {},
    });
    assert.deepEqual(manifest(text), { name: "submission", version: "0.0.0", private: true, dependencies: { a: "1" } });
  });
  it("is no workspace", () => refuses(() => manifest('{"workspaces": ["a"]}'), /workspaces/));
  for (const text of [
    "",
    "[]",
    "null",
    "{",
    '{"dependencies": []}',
    '{"dependencies": {"a": 1}}',
    '{"dependencies": {"a": null}}',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => refuses(() => manifest(text), /package\.json/));
  }
});

describe("package-lock.json", () => {
  const lock = (packages, more = {}) =>
    npmLock(
      "package-lock.json",
      JSON.stringify({ lockfileVersion: 3, packages: { "": {}, ...packages }, ...more }),
      wanted({ a: "1" }),
      HOSTS,
    );
  const good = {
    version: "1.0.0",
    resolved: "https://mirror.invalid/npm/a/-/a-1.0.0.tgz",
    integrity: SHA512,
    hasInstallScript: true,
  };

  it("keeps versions and digests, and no address", () => {
    const made = lock({ "node_modules/a": { ...good, dependencies: { b: "^1" }, scripts: { install: "x" } } });
    assert.deepEqual(made.packages["node_modules/a"], {
      version: "1.0.0",
      integrity: SHA512,
      hasInstallScript: true,
      dependencies: { b: "^1" },
    });
    assert.equal(made.lockfileVersion, 3);
    assert.ok(!JSON.stringify(made).includes("mirror"));
  });
  it("keeps an alias", () => {
    const made = lock({ "node_modules/b/node_modules/@s/c": { ...good, name: "a" } });
    assert.equal(made.packages["node_modules/b/node_modules/@s/c"].name, "a");
  });
  for (const resolved of [
    "https://evil.invalid/a/-/a-1.0.0.tgz",
    "http://mirror.invalid/a/-/a-1.0.0.tgz",
    "https://mirror.invalid.evil.invalid/a/-/a-1.0.0.tgz",
    "https://mirror.invalid@evil.invalid/a/-/a-1.0.0.tgz",
    "https://mirror.invalid:444/a/-/a-1.0.0.tgz",
    "https://mirror.invalid/b/-/b-1.0.0.tgz",
    "git+ssh://git@evil.invalid/a.git#0123",
    "file:a.tgz",
    "a.tgz",
    "",
    1,
  ]) {
    it(`refuses ${JSON.stringify(resolved)}`, () =>
      refuses(() => lock({ "node_modules/a": { ...good, resolved } }), /"node_modules\/a"/));
  }
  for (const place of [
    "packages/a",
    "../a",
    "node_modules/../../a",
    "node_modules/a/../b",
    "node_modules/.bin",
    "a/node_modules/b",
    "node_modules/a/",
  ]) {
    it(`refuses the place ${place}`, () => refuses(() => lock({ [place]: good }), /folder or a link/));
  }
  for (const change of [
    { link: true },
    { version: "^1" },
    { version: "file:a" },
    { version: undefined },
    { integrity: "md5-AAAA" },
    { integrity: 1 },
    { name: "../a" },
    { dependencies: { b: "git+https://evil.invalid/b" } },
    { optionalDependencies: { b: "http://evil.invalid/b.tgz" } },
    { peerDependencies: { b: "file:b" } },
  ]) {
    it(`refuses ${JSON.stringify(change)}`, () =>
      refuses(() => lock({ "node_modules/a": { ...good, ...change } }), /node_modules\/a/));
  }
  it("refuses the first format", () =>
    refuses(() => npmLock("package-lock.json", '{"lockfileVersion": 1}', {}, HOSTS), /npm 7/));
  it("refuses too many", () => {
    const many = Object.fromEntries(Array.from({ length: 5001 }, (_, index) => [`node_modules/a${index}`, good]));
    refuses(() => lock(many), /at most/);
  });
});

const YARN = (more = "") => `# yarn lockfile v1


a@^1.0.0, "a@>= 1":
  version "1.0.0"
  resolved "https://other.invalid/a/-/a-1.0.0.tgz#${"0".repeat(40)}"
  integrity ${SHA512}
  dependencies:
    b "^2.0.0"
  optionalDependencies:
    "@n/x-darwin-arm64" "1.0.0"

"@n/x-darwin-arm64@1.0.0":
  version "1.0.0"
  resolved "https://other.invalid/@n/x-darwin-arm64/-/x-darwin-arm64-1.0.0.tgz"
  integrity ${SHA512}

b@^2.0.0:
  version "2.0.0"
  resolved "https://other.invalid/b/-/b-2.0.0.tgz#${"1".repeat(40)}"
  dependencies:
    a "npm:b@^1"

"a@npm:b@^1":
  version "1.5.0"
  resolved "https://other.invalid/b/-/b-1.5.0.tgz"
  integrity ${SHA512}
${more}`;

describe("yarn.lock", () => {
  const tree = (text, dependencies = { a: "^1.0.0" }) => {
    const own = JSON.stringify({ dependencies });
    return npmTree(...yarnGraph(text, own, manifest(own))).packages;
  };

  it("of yarn 1", () => {
    const made = tree(YARN());
    assert.deepEqual(Object.keys(made).sort(), [
      "",
      "node_modules/a",
      "node_modules/b",
      "node_modules/b/node_modules/a",
    ]);
    assert.equal(made["node_modules/a"].integrity, SHA512);
    assert.equal(made["node_modules/b"].integrity, `sha1-${Buffer.from("1".repeat(40), "hex").toString("base64")}`);
    assert.deepEqual(
      [made["node_modules/b/node_modules/a"].name, made["node_modules/b/node_modules/a"].version],
      ["b", "1.5.0"],
    );
    assert.deepEqual(made["node_modules/b"].dependencies, { a: "npm:b@1.5.0" });
    assert.deepEqual(made[""].dependencies, { a: "1.0.0" });
  });
  it("without an entry that is wanted", () => refuses(() => tree(YARN(), { c: "1" }), /"c@1"/));
  for (const [what, text] of [
    [
      "a repository",
      '"c@git+https://evil.invalid/c.git":\n  version "1.0.0"\n  resolved "git+https://evil.invalid/c.git#0"\n',
    ],
    ["a file", 'c@file:../c:\n  version "1.0.0"\n'],
    ["an archive", '"c@https://evil.invalid/c.tgz":\n  version "1.0.0"\n  resolved "https://evil.invalid/c.tgz#0"\n'],
    [
      "another package",
      'c@1:\n  version "1.0.0"\n  resolved "https://evil.invalid/d/-/d-1.0.0.tgz#' + "0".repeat(40) + '"\n',
    ],
    ["no digest", 'c@1:\n  version "1.0.0"\n  resolved "https://other.invalid/c/-/c-1.0.0.tgz"\n'],
    ["no version", 'c@1:\n  resolved "https://other.invalid/c/-/c-1.0.0.tgz"\n'],
    ["what is no lock", "<<<<<<< HEAD\n"],
  ]) {
    it(`refuses ${what}`, () => refuses(() => tree(YARN(`\n${text}`)), /yarn\.lock/));
  }
  const berry = (more = "") => `__metadata:
  version: 8

"a@npm:^1.0.0, a@npm:>= 1":
  version: 1.0.0
  resolution: "a@npm:1.0.0"
  dependencies:
    b: "npm:^2.0.0"
    c: "npm:d@^1"
    x: "npm:1.0.0"
  dependenciesMeta:
    x:
      optional: true
  checksum: 10c0/00

"b@npm:^2.0.0":
  version: 2.0.0
  resolution: "b@npm:2.0.0"

"b@patch:b@npm%3A^2.0.0#optional!builtin<compat/b>":
  version: 2.0.0
  resolution: "b@patch:b@npm%3A2.0.0#optional!builtin<compat/b>::version=2.0.0&hash=00"

"c@npm:d@^1":
  version: 1.2.0
  resolution: "d@npm:1.2.0"

"x@npm:1.0.0":
  version: 1.0.0
  resolution: "x@npm:1.0.0"
  conditions: os=darwin & cpu=arm64

"shop@workspace:.":
  version: 0.0.0-use.local
  resolution: "shop@workspace:."
${more}`;
  it("of later ones", () => {
    const made = tree(berry());
    assert.deepEqual(Object.keys(made).sort(), ["", "node_modules/a", "node_modules/b", "node_modules/c"]);
    assert.deepEqual([made["node_modules/c"].name, made["node_modules/c"].version], ["d", "1.2.0"]);
  });
  for (const from of [
    "git@evil.invalid:e.git#commit=0",
    "https://evil.invalid/e.tgz",
    "file:../e",
    "link:../e",
    "workspace:e",
    "patch:e@npm%3A1#./e.patch",
  ]) {
    it(`refuses ${from}`, () =>
      refuses(() => tree(berry(`\n"e@${from}":\n  version: 1.0.0\n  resolution: "e@${from}"\n`)), /"e@/));
  }
  it("refuses aliases of YAML", () =>
    refuses(() => tree(berry('\n"e@npm:1": &e\n  version: 1.0.0\n"f@npm:1": *e\n')), /yarn\.lock/));
});

describe("pnpm-lock.yaml", () => {
  const nine = (more = "", entry = "") => `lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      a:
        specifier: ^1
        version: 1.0.0(p@1.0.0)
      words:
        specifier: npm:b@2
        version: b@2.0.0
packages:
  a@1.0.0:
    resolution: {integrity: ${SHA512}${entry}}
  b@2.0.0:
    resolution: {integrity: ${SHA512}}
  p@1.0.0:
    resolution: {integrity: ${SHA512}}
snapshots:
  a@1.0.0(p@1.0.0):
    dependencies:
      p: 1.0.0
  b@2.0.0: {}
  p@1.0.0: {}
${more}`;
  const tree = (text) => npmTree(...pnpmGraph(text, HOSTS)).packages;

  it("of pnpm 9", () => {
    const made = tree(nine());
    assert.deepEqual(Object.keys(made).sort(), ["", "node_modules/a", "node_modules/p", "node_modules/words"]);
    assert.deepEqual(made[""].dependencies, { a: "1.0.0", words: "npm:b@2.0.0" });
  });
  it("of pnpm 8", () => {
    const text = `lockfileVersion: '6.0'
dependencies:
  a: {specifier: ^1, version: 1.0.0}
packages:
  /a@1.0.0:
    resolution: {integrity: ${SHA512}}
    dependencies: {b: 2.0.0}
  /b@2.0.0:
    resolution: {integrity: ${SHA512}}
`;
    assert.deepEqual(Object.keys(tree(text)).sort(), ["", "node_modules/a", "node_modules/b"]);
  });
  it("of an old one", () => refuses(() => tree("lockfileVersion: 5.4\n"), /pnpm 8/));
  it("of a workspace", () =>
    refuses(() => tree("lockfileVersion: '9.0'\nimporters: {., packages/a: {}}\n"), /workspaces/));
  it("with an address", () =>
    refuses(() => tree(nine("", ", tarball: https://evil.invalid/a/-/a-1.0.0.tgz")), /evil\.invalid/));
  it("with the registry's address", () =>
    assert.ok(tree(nine("", ", tarball: https://mirror.invalid/a/-/a-1.0.0.tgz"))));
  for (const key of ["e@https://evil.invalid/e.tgz", "e@file:../e", "e@git+ssh://git@evil.invalid/e.git"]) {
    it(`refuses ${key}`, () => refuses(() => tree(nine(`  ${key}: {}\n`)), /"e@/));
  }
  it("refuses a link", () =>
    refuses(() => tree(nine().replace("version: 1.0.0(p@1.0.0)", "version: link:../a")), /"a@link/));
});

describe("tree", () => {
  const item = (name, version, deps = {}, optional = {}, more = {}) => ({
    name,
    version,
    integrity: SHA512,
    deps,
    optional,
    ...more,
  });

  it("finds for each package the versions that it was locked with", () => {
    const packages = new Map([
      ["a1", item("a", "1.0.0", { b: "b2", c: "c1" })],
      ["b1", item("b", "1.0.0", { c: "c2" })],
      ["b2", item("b", "2.0.0", { a: "a1", c: "c1" })],
      ["c1", item("c", "1.0.0", { b: "b1" })],
      ["c2", item("c", "2.0.0")],
    ]);
    const lock = npmTree({ deps: { a: "a1", b: "b1" }, optional: {} }, packages).packages;
    const at = (place, name) => {
      for (let path = place; ; path = path.replace(/(^|\/)node_modules\/(@[^/]+\/)?[^/]+$/, "")) {
        const found = lock[`${path && `${path}/`}node_modules/${name}`];
        if (found) return found.version;
        if (path === "") return undefined;
      }
    };
    for (const [place, entry] of Object.entries(lock)) {
      for (const [name, version] of Object.entries(entry.dependencies ?? {}))
        assert.equal(at(place, name), version, `${name} from ${place}`);
    }
  });
  it("leaves out what is for another platform", () => {
    const names = ["x-darwin-arm64", "x-win32-x64", "x-linux-x64-musl", "x-linux-s390x", "x-freebsd-x64"];
    const packages = new Map([...names, `x-linux-${process.arch}`].map((name) => [name, item(name, "1.0.0")]));
    packages.set("os", item("os", "1.0.0", {}, {}, { os: ["!win32"], cpu: [process.arch] }));
    packages.set("other", item("other", "1.0.0", {}, {}, { os: ["win32"] }));
    const optional = Object.fromEntries([...packages.keys()].map((name) => [name, name]));
    const lock = npmTree({ deps: {}, optional }, packages).packages;
    assert.deepEqual(Object.keys(lock), ["", `node_modules/x-linux-${process.arch}`, "node_modules/os"]);
    assert.equal(lock["node_modules/os"].optional, true);
  });
  it("does not grow without end", () => {
    const packages = new Map();
    for (let n = 0; n < 40; n += 1) packages.set(`v${n}`, item("v", `${n}.0.0`, { w: `w${n}` }));
    for (let n = 0; n < 40; n += 1) packages.set(`w${n}`, item("w", `${n}.0.0`, { v: `v${(n + 1) % 40}` }));
    refuses(() => npmTree({ deps: { v: "v0", w: "w1" }, optional: {} }, packages), /folders/);
  });
});
