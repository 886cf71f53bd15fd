/** The program that names registries, on one of our own. */
import assert from "node:assert";
import { execFile } from "node:child_process";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

const PAGES = {
  "/npm/semver": {
    versions: {
      "1.0.0": { dist: { tarball: "https://files.invalid:8443/s.tgz" } },
      "2.0.0": { dist: { tarball: "https://files.invalid:8443/t.tgz" } },
    },
  },
  "/own/semver": { versions: { "1.0.0": { dist: { tarball: "/s.tgz" } } } },
  "/broken/semver": { versions: 1 },
};
const asked = [];
const server = createServer((request, response) => {
  asked.push(request.headers.authorization);
  const page = PAGES[request.url];
  response.writeHead(page ? 200 : 404, { "content-type": "application/json" }).end(JSON.stringify(page ?? {}));
});
let host;

before(() =>
  new Promise((resolve) => server.listen(0, "127.0.0.1", resolve)).then(
    () => (host = `127.0.0.1:${server.address().port}`),
  ),
);
after(() => server.close());

function ask(env, ...argv) {
  return new Promise((resolve) => {
    execFile("/opt/gradekit/bin/registries", argv, { env }, (error, stdout, stderr) => {
      resolve({
        code: error?.code ?? 0,
        lines: stdout
          .split("\n")
          .filter(Boolean)
          .map((line) => JSON.parse(line)),
        stderr,
      });
    });
  });
}

test("the indexes in force need no network", async () => {
  const env = { npm_config_registry: "https://a.invalid/npm", "npm_config_@own:registry": "https://b.invalid/" };
  assert.deepEqual((await ask(env)).lines, [{ index: "https://a.invalid/npm" }, { index: "https://b.invalid/" }]);
});
test("without a setting it is npm's own", async () => {
  const { code, lines } = await ask({});
  assert.equal(code, 0);
  assert.match(lines[0].index, /^https:\/\/[^/]+\/$/);
  assert.equal(lines.length, 1);
});
test("hosts of files", async () => {
  const { code, lines } = await ask({ npm_config_registry: `http://me:s%20x@${host}/npm` }, "files");
  assert.deepEqual([code, lines], [0, [{ files: "https://files.invalid:8443" }]]);
  assert.equal(asked.at(-1), "Basic bWU6cyB4");
  assert.deepEqual((await ask({ npm_config_registry: `http://${host}/own/` }, "files")).lines, [
    { files: `http://${host}` },
  ]);
});
test("a token", async () => {
  await ask({ npm_config_registry: `http://${host}/npm/`, [`npm_config_//${host}/npm/:_authToken`]: "abc" }, "files");
  assert.equal(asked.at(-1), "Bearer abc");
});
test("an index without that package names no host", async () => {
  assert.deepEqual(await ask({ npm_config_registry: `http://${host}/empty` }, "files"), {
    code: 0,
    lines: [],
    stderr: "",
  });
});
test("one that does not answer keeps its secret and the others", async () => {
  const env = {
    npm_config_registry: "http://me:secret@127.0.0.1:9/x",
    "npm_config_@own:registry": `http://${host}/own`,
  };
  const { code, lines, stderr } = await ask(env, "files");
  assert.deepEqual([code, lines.length], [3, 1]);
  assert.match(stderr, /http:\/\/\*\*\*@127\.0\.0\.1:9\/x: /);
  assert.ok(!stderr.includes("secret"));
});
test("a broken answer is told", async () => {
  const { code, lines, stderr } = await ask({ npm_config_registry: `http://${host}/broken` }, "files");
  assert.deepEqual([code, lines], [3, []]);
  assert.notEqual(stderr, "");
});
