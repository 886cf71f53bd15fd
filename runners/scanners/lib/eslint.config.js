// Errors and bad habits, no matters of taste. Which globals there are is not known, so no-undef stays out.
import js from "/opt/gradekit/node_modules/@eslint/js/src/index.js";

const rules = {
  ...js.configs.recommended.rules,
  "no-undef": "off",
  "no-unused-vars": ["warn", { args: "none", caughtErrors: "none" }],
  "no-empty": ["warn", { allowEmptyCatch: false }],
  "no-eval": "error",
  "no-implied-eval": "error",
  "no-new-func": "error",
  "no-throw-literal": "warn",
  "no-var": "warn",
  eqeqeq: ["warn", "always", { null: "ignore" }],
};

export default [
  { files: ["**/*.js", "**/*.mjs", "**/*.jsx"], rules, languageOptions: { parserOptions: { ecmaFeatures: { jsx: true } } } },
  { files: ["**/*.cjs"], rules, languageOptions: { sourceType: "commonjs" } },
];
