/** The files of a hidden suite, and which framework each is written for. */
import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";

const TEST = /(?:^|\/)(?:[^/]+[.\-_](?:test|spec)|test)\.[cm]?[jt]s$/;
/** What a file imports, in the order of the question: the first that it names is its framework. */
const NAMED = [
  ["node", /["']node:test["']/],
  ["vitest", /["']vitest["']/],
  ["jest", /["']@jest\/globals["']/],
  ["mocha", /["'](?:mocha|chai)["']/],
];

export const FRAMEWORKS = NAMED.map(([name]) => name);
/** What a file is for that imports none. */
const FALLBACK = "jest";
/** Names the framework of all files: `{"framework": "mocha"}`. */
const MARKER = "gradekit.json";

/**
 * The test files, sorted by path: `{path, name, framework}`.
 * @throws {Error} the marker names no framework.
 */
export function testFiles(folder) {
  const chosen = marked(join(folder, MARKER));
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  return paths
    .map((path) => ({ path, name: relative(folder, path) }))
    .filter(({ name }) => TEST.test(name) && !/(?:^|\/)(?:node_modules|\.[^/]*)\//.test(name))
    .sort((one, other) => (one.name < other.name ? -1 : 1))
    .map((item) => ({ ...item, framework: chosen ?? frameworkOf(readFileSync(item.path, "utf8")) }));
}

function marked(path) {
  let text;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
  const { framework } = JSON.parse(text);
  if (framework !== undefined && !FRAMEWORKS.includes(framework)) {
    throw new Error(
      `${MARKER}: framework is ${JSON.stringify(framework)}; one of ${FRAMEWORKS.join(", ")} was expected`,
    );
  }
  return framework;
}

function frameworkOf(text) {
  return NAMED.find(([, pattern]) => pattern.test(text))?.[0] ?? FALLBACK;
}
