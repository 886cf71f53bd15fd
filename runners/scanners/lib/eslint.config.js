// Errors and bad habits, no matters of taste. Which globals there are is not known, so no-undef stays out; neither are
// the types of packages, so rules that ask for types do, too.
import js from "/opt/gradekit/node_modules/@eslint/js/src/index.js";
import ts from "/opt/gradekit/node_modules/typescript-eslint/dist/index.js";

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

const wrong = ["no-duplicate-enum-values", "no-misused-new", "no-unsafe-declaration-merging"];
const recommended = Object.assign({}, ...ts.configs.recommended.map((part) => part.rules));
const typed = {
  ...rules,
  ...Object.fromEntries(
    Object.entries(recommended).map(([name, level]) => {
      const rule = name.replace("@typescript-eslint/", "");
      return [name, level === "off" || wrong.includes(rule) ? level : "warn"];
    }),
  ),
  "@typescript-eslint/no-unused-vars": rules["no-unused-vars"],
  "prefer-const": "off",
  // Types of other packages are extended by them.
  "@typescript-eslint/no-namespace": "off",
};

const jsx = { parserOptions: { ecmaFeatures: { jsx: true } } };

export default [
  { files: ["**/*.js", "**/*.mjs", "**/*.jsx"], rules, languageOptions: jsx },
  { files: ["**/*.cjs"], rules, languageOptions: { sourceType: "commonjs" } },
  {
    files: ["**/*.ts", "**/*.mts", "**/*.cts", "**/*.tsx"],
    plugins: { "@typescript-eslint": ts.plugin },
    rules: typed,
    languageOptions: { parser: ts.parser, parserOptions: { projectService: false } },
  },
];
