/** The packages of the image that a hidden suite gets before any of the submission's. */
const NAMES = new Set(["chai", "expect", "jest", "jest-mock", "mocha", "vitest", "@jest/globals"]);

/** Whether a bare specifier names one of them. */
export function ours(specifier) {
  const [scope, name] = specifier.split("/");
  return NAMES.has(specifier.startsWith("@") ? `${scope}/${name}` : scope);
}
