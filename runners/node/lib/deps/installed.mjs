/** What was installed, as far as it counts on scripts that nobody ran. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const SCRIPTS = ["preinstall", "install", "postinstall"];
const BUILDERS = /\b(?:node-gyp|node-pre-gyp|prebuild|prebuild-install|cmake-js|node-gyp-build)\b/;

/**
 * The packages that lack what an install script would have made, and those whose scripts were left out.
 * @param folder a node_modules that npm has filled.
 */
export function builtByScript(folder) {
  const places = existsSync(join(folder, ".package-lock.json"))
    ? Object.entries(JSON.parse(readFileSync(join(folder, ".package-lock.json"), "utf8")).packages)
    : [];
  const broken = [];
  const silent = [];
  for (const [place, entry] of places) {
    const at = join(folder, place.replace(/^node_modules\//, ""));
    const scripts = scriptsOf(at);
    const native = existsSync(join(at, "binding.gyp"));
    if (scripts.length === 0 && !native) continue;
    const name = `${place.split("node_modules/").at(-1)}@${entry.version}`;
    const builds = native || scripts.some((script) => BUILDERS.test(script));
    if (builds && !broughtAlong(at)) (entry.optional || entry.devOptional ? silent : broken).push(name);
    else if (scripts.length > 0) silent.push(name);
  }
  return { broken, silent };
}

function scriptsOf(folder) {
  try {
    const { scripts } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return SCRIPTS.map((name) => scripts?.[name]).filter((script) => typeof script === "string");
  } catch {
    return [];
  }
}

/** Whether a package has its binary for this platform with it. */
function broughtAlong(folder) {
  const prebuilds = join(folder, "prebuilds");
  return existsSync(prebuilds) && readdirSync(prebuilds).some((name) => name.startsWith(`linux-${process.arch}`));
}
