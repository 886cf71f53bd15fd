// A shop that is safe, or has every hole that the kind `security` looks for: `app.js vulnerable`.
"use strict";
const crypto = require("node:crypto");
const fs = require("node:fs");
const http = require("node:http");
const os = require("node:os");
const path = require("node:path");
const { DatabaseSync } = require("node:sqlite");

const VULNERABLE = process.argv[2] === "vulnerable";
const SECRET = VULNERABLE ? "secret" : crypto.randomBytes(32);
const MAX_BODY = VULNERABLE ? 1 << 30 : 1 << 16;

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "shop-"));
fs.writeFileSync(path.join(folder, "terms.txt"), "Be kind.");
const db = new DatabaseSync(":memory:");
db.exec(`
  create table users (id integer primary key, name text, role text);
  insert into users values (1, 'ana', 'admin'), (2, 'ben', 'user');
  create table items (id integer primary key, name text);
  insert into items values (1, 'green tea'), (2, 'black tea'), (3, 'cup');
  create table orders (id integer primary key, owner integer, note text);
  insert into orders values (7, 1, 'for ana alone');
`);

class Refused extends Error {
  constructor(status) {
    super("refused");
    this.status = status;
  }
}

const query = (statement, ...values) => db.prepare(statement).all(...values);
const encoded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const decoded = (text) => JSON.parse(Buffer.from(text, "base64url"));
const sign = (text) => crypto.createHmac("sha256", SECRET).update(text).digest("base64url");

function body(request) {
  return new Promise((resolve, reject) => {
    const pieces = [];
    let size = 0;
    request.on("data", (piece) => {
      size += piece.length;
      if (size > MAX_BODY) return reject(new Refused(413));
      pieces.push(piece);
    });
    request.on("end", () => {
      try {
        const value = JSON.parse(Buffer.concat(pieces));
        if (value === null || typeof value !== "object" || Array.isArray(value)) throw new Refused(422);
        resolve(value);
      } catch (error) {
        reject(VULNERABLE || error instanceof Refused ? error : new Refused(400));
      }
    });
  });
}

function user(request) {
  const parts = (request.headers.authorization ?? "").replace(/^Bearer /, "").split(".");
  let algorithm, found;
  try {
    algorithm = decoded(parts[0]).alg;
    found = decoded(parts[1]).sub;
  } catch {
    throw new Refused(401);
  }
  if (VULNERABLE && algorithm === "none") return found;
  if (algorithm !== "HS256" || parts[2] !== sign(`${parts[0]}.${parts[1]}`)) throw new Refused(401);
  return found;
}

async function login(request) {
  const found = query("select id from users where name = ?", String((await body(request)).user));
  if (!found.length) throw new Refused(401);
  const text = `${encoded({ alg: "HS256" })}.${encoded({ sub: found[0].id })}`;
  return { token: `${text}.${sign(text)}` };
}

function search(word) {
  return VULNERABLE
    ? query(`select id, name from items where name like '%${word}%'`)
    : query("select id, name from items where name like '%' || ? || '%'", word);
}

function item(number) {
  const found = VULNERABLE
    ? query(`select id, name from items where id = ${number}`)
    : query("select id, name from items where id = ?", /^\d{1,9}$/.test(number) ? Number(number) : -1);
  if (!found.length) throw new Refused(404);
  return found[0];
}

function file(name) {
  const full = path.resolve(folder, name);
  if (!VULNERABLE && !full.startsWith(folder + path.sep)) throw new Refused(404);
  if (!fs.statSync(full, { throwIfNoEntry: false })?.isFile()) throw new Refused(404);
  return fs.readFileSync(full, "utf8");
}

function order(request, number) {
  const owner = VULNERABLE ? null : user(request);
  const found = query("select owner, note from orders where id = ?", Number(number));
  if (!found.length || !(VULNERABLE || found[0].owner === owner)) throw new Refused(404);
  return found[0].note;
}

async function me(request) {
  const id = user(request);
  if (request.method === "PATCH") {
    for (const [name, value] of Object.entries(await body(request))) {
      if (name === "name" || (VULNERABLE && name === "role")) {
        query(`update users set ${name} = ? where id = ?`, String(value), id);
      }
    }
  }
  return query("select id, name, role from users where id = ?", id)[0];
}

async function respond(request) {
  const [target, fields] = request.url.split("?");
  const values = new URLSearchParams(fields ?? "");
  const [first, second] = target.slice(1).split("/").map(decodeURIComponent);
  switch (`${request.method} ${first}${second === undefined ? "" : "/"}`) {
    case "POST login": return [200, await login(request)];
    case "GET items": return [200, search(values.get("q") ?? "")];
    case "GET items/": return [200, item(second)];
    case "POST items": return [201, { name: String((await body(request)).name) }];
    case "GET files": return [200, file(values.get("name") ?? "")];
    case "GET orders/": return [200, order(request, second)];
    case "GET me":
    case "PATCH me": return [200, await me(request)];
    default: throw new Refused(404);
  }
}

const server = http.createServer({ maxHeaderSize: VULNERABLE ? 1 << 24 : 1 << 14 }, async (request, response) => {
  const { origin } = request.headers;
  if (origin && (VULNERABLE || origin === "https://shop.example")) {
    response.setHeader("Access-Control-Allow-Origin", origin);
    response.setHeader("Access-Control-Allow-Credentials", "true");
  }
  let status, value;
  try {
    [status, value] = await respond(request);
  } catch (error) {
    status = error instanceof Refused ? error.status : 500;
    value = { error: VULNERABLE ? error.stack : "refused" };
    if (status === 413) response.setHeader("Connection", "close");
  }
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(value));
});
server.listen(process.env.PORT);
