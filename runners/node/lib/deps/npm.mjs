/** The image's own npm: where it is, and what it may see of this process's environment. */
import { existsSync, statSync } from "node:fs";
import { createRequire } from "node:module";

const FOLDER = "/opt/gradekit/runtime/node_modules/npm";
const CERTIFICATES = "/in/gradekit-ca.pem";

export const NPM = `${FOLDER}/bin/npm-cli.js`;

/** The settings of npm that this machine passes on, by their names in small letters. */
function settings(env = process.env) {
  const own = Object.entries(env).filter(([name, value]) => /^npm_config_/i.test(name) && value);
  return Object.fromEntries(own.map(([name, value]) => [`npm_config_${name.slice("npm_config_".length)}`, value]));
}

function byDefault() {
  return createRequire(`${FOLDER}/package.json`)("@npmcli/config/lib/definitions").defaults.registry;
}

/** The URL of the registry in force: what npm is told, else its own default. */
export function registry(env = process.env) {
  const told = settings(env);
  return told.npm_config_registry ?? told.npm_config_REGISTRY ?? byDefault();
}

/** All registries in force: those of scopes, too. */
export function registries(env = process.env) {
  const scoped = Object.entries(settings(env)).filter(([name]) => /^npm_config_@[^:]+:registry$/.test(name));
  return [...new Set([registry(env), ...scoped.map(([, url]) => url)])];
}

/** `scheme://host` of the registries whose addresses in a lock file mean "the registry". */
export function registryHosts() {
  return new Set([...registries(), byDefault()].map((url) => `${new URL(url).protocol}//${new URL(url).host}`));
}

/** The token that npm is told for a registry; undefined when there is none. */
export function token(url, env = process.env) {
  const { host, pathname } = new URL(url);
  return settings(env)[`npm_config_//${host}${pathname.replace(/\/?$/, "/")}:_authToken`];
}

/** The environment of npm: proxies and its own settings, no configuration file, a home that is thrown away. */
export function environment(home) {
  const proxies = Object.entries(process.env).filter(([name]) => /_proxy$/i.test(name));
  const made = {
    ...Object.fromEntries(proxies),
    ...settings(),
    HOME: home,
    LANG: "C.UTF-8",
    NODE_NO_WARNINGS: "1",
    PATH: "/usr/local/bin:/usr/bin:/bin",
    TMPDIR: home,
    npm_config_globalconfig: "/dev/null/none",
    npm_config_userconfig: "/dev/null",
    npm_config_fetch_retries: "3",
    npm_config_fetch_retry_maxtimeout: "5000",
    npm_config_fetch_retry_mintimeout: "500",
    npm_config_fetch_timeout: "20000",
    npm_config_maxsockets: "8",
  };
  if (existsSync(CERTIFICATES) && statSync(CERTIFICATES).size > 0) made.npm_config_cafile = CERTIFICATES;
  return made;
}
