/** Where packages come from, for the list of hosts that `deps` may reach. */
import { registries, token } from "./npm.mjs";

/** A small package that every registry has. */
const PACKAGE = "semver";
const SECONDS = 15;
const SECRET = /(?<=:\/\/)[^/@\s]+@/g;

/** `scheme://host` of what a registry links files to. */
async function filesOf(url) {
  const at = new URL(url);
  const secret = token(url) ?? null;
  const headers = { accept: "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8" };
  if (secret !== null) headers.authorization = `Bearer ${secret}`;
  else if (at.username)
    headers.authorization = `Basic ${Buffer.from(`${decodeURIComponent(at.username)}:${decodeURIComponent(at.password)}`).toString("base64")}`;
  at.username = at.password = "";
  const page = `${at.href.replace(/\/?$/, "/")}${PACKAGE}`;
  const reply = await fetch(page, { headers, signal: AbortSignal.timeout(SECONDS * 1000) });
  if (reply.status === 404 || reply.status === 410) return [];
  if (!reply.ok) throw new Error(`it answers ${reply.status}`);
  const { versions } = await reply.json();
  if (typeof versions !== "object" || versions === null) throw new Error("it answers without any version");
  const files = Object.values(versions).map((version) => new URL(version.dist.tarball, page));
  return [...new Set(files.map((file) => `${file.protocol}//${file.host}`))].sort();
}

const asked = process.argv.slice(2).join(" ");
for (const url of registries()) {
  if (asked !== "files") {
    console.log(JSON.stringify({ index: url }));
    continue;
  }
  try {
    for (const files of await filesOf(url)) console.log(JSON.stringify({ files }));
  } catch (error) {
    console.error(`${url.replaceAll(SECRET, "***@")}: ${error.cause?.message ?? error.message}`);
    process.exitCode = 3;
  }
}
