/**
 * ES modules and TypeScript for Jest: types are taken out as Node.js does, modules become CommonJS, `jest.mock` comes
 * first. No configuration of the submission is read.
 */
const { stripTypeScriptTypes } = require("node:module");

const { transformSync } = require("@babel/core");

const MODULE = /\b(?:import|export)\b/;

/** What CommonJS has no word for. */
function rest({ template, types }) {
  const meta = template.expression(
    "({ url: require('node:url').pathToFileURL(__filename).href, filename: __filename, dirname: __dirname })",
  );
  const load = template.expression("Promise.resolve(SOURCE).then((source) => WILDCARD(require(String(source))))", {
    placeholderPattern: /^(?:SOURCE|WILDCARD)$/,
  });
  return {
    visitor: {
      Program: {
        // Jest's own wrapper has a parameter of this name.
        exit: (path) => path.scope.hasOwnBinding("jest") && path.scope.rename("jest"),
      },
      MetaProperty(path) {
        if (path.node.meta.name === "import") path.replaceWith(meta());
      },
      CallExpression(path) {
        if (!types.isImport(path.node.callee)) return;
        path.replaceWith(load({ SOURCE: path.node.arguments[0], WILDCARD: this.addHelper("interopRequireWildcard") }));
      },
    },
  };
}

module.exports = {
  process(text, filename) {
    const source = /\.[cm]?ts$/.test(filename) ? stripTypeScriptTypes(text) : text;
    if (!MODULE.test(source) && !source.includes("jest")) return { code: source };
    const { code } = transformSync(source, {
      babelrc: false,
      configFile: false,
      filename,
      plugins: ["babel-plugin-jest-hoist", "@babel/plugin-transform-modules-commonjs", rest].map((plugin) =>
        typeof plugin === "string" ? require.resolve(plugin) : plugin,
      ),
      sourceMaps: "inline",
    });
    return { code };
  },
};
