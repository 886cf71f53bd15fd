/** The HTTP API: requests in, JSON out; rules live in pricing, validation and store. */
import { createServer } from "node:http";
import { KeyReused, NotCancellable, OutOfStock, Store } from "./store.js";
import {
  ValidationError,
  checkOrder,
  decodeCursor,
  encodeCursor,
  isText,
  pageLimit,
  pathId,
} from "./validation.js";

const MAX_BODY = 1 << 20;
const store = new Store(process.env.DATABASE_URL);

/** An answer that is no success. */
class Refusal extends Error {
  constructor(status, code, message, details = []) {
    super(message);
    this.status = status;
    this.body = { error: { code, message, details } };
  }

  static of(error) {
    if (error instanceof Refusal) return error;
    if (error instanceof ValidationError)
      return new Refusal(422, "validation_failed", error.message, error.problems);
    if (error instanceof OutOfStock) return new Refusal(409, "insufficient_stock", error.message);
    if (error instanceof KeyReused)
      return new Refusal(409, "idempotency_conflict", "this idempotency key came with another order");
    if (error instanceof NotCancellable)
      return new Refusal(409, "not_cancellable", "a shipped order can not be cancelled");
    console.error(error);
    return new Refusal(500, "internal_error", "this is our fault; please try again");
  }
}

function found(thing) {
  if (thing === null || thing === false) throw new Refusal(404, "not_found", "there is nothing here");
  return thing;
}

/** A page of `limit` of rows that were read with one more, to know if there is a next. */
function page(rows, limit, ...key) {
  const items = rows.slice(0, limit);
  const last = rows.length > limit ? items.at(-1) : null;
  return { items, next_cursor: last && encodeCursor(...key.map((name) => last[name])) };
}

/** The customer whose token the request carries. */
async function customerOf(request) {
  const [, token] = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? "") ?? [];
  const id = token === undefined ? null : await store.customerWithToken(token);
  if (id === null) throw new Refusal(401, "unauthorized", "send the token of a customer");
  return id;
}

async function json(request) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY) throw new Refusal(413, "too_large", `a body has at most ${MAX_BODY} bytes`);
    chunks.push(chunk);
  }
  let body;
  try {
    body = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(chunks)));
  } catch {
    body = null;
  }
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw new Refusal(400, "malformed_json", "the body must be a JSON object");
  return body;
}

const routes = [
  ["GET", /^\/health$/, () => ({ body: { status: "ok" } })],

  [
    "GET",
    /^\/products$/,
    async ({ query }) => {
      const limit = pageLimit(query.get("limit"));
      const [after] = decodeCursor(query.get("cursor")) ?? [0];
      const category = query.get("category");
      const readable = category === null || isText(category);
      return { body: page(readable ? await store.products(category, after, limit + 1) : [], limit, "id") };
    },
  ],

  ["GET", /^\/products\/(.+)$/, async ({ parameter }) => ({
    body: found(isText(parameter) && (await store.product(parameter))),
  })],

  [
    "POST",
    /^\/orders$/,
    async ({ request }) => {
      const body = await json(request);
      await checkOrder(body, {
        customerExists: (id) => store.customerExists(id),
        knownSkus: (skus) => store.knownSkus(skus),
      });
      const { id, isNew } = await store.place(body, request.headers["idempotency-key"] ?? null);
      return { status: isNew ? 201 : 200, headers: { location: `/orders/${id}` }, body: await store.order(id) };
    },
  ],

  ["GET", /^\/orders\/([^/]+)$/, async ({ parameter }) => ({
    body: found(await store.order(found(pathId(parameter)))),
  })],

  [
    "GET",
    /^\/orders\/([^/]+)\/invoice$/,
    async ({ request, parameter }) => {
      const customerId = await customerOf(request);
      return { body: found(await store.invoice(found(pathId(parameter)), customerId)) };
    },
  ],

  [
    "POST",
    /^\/orders\/([^/]+)\/cancel$/,
    async ({ parameter }) => {
      const id = found(pathId(parameter));
      found(await store.cancel(id));
      return { body: await store.order(id) };
    },
  ],

  [
    "GET",
    /^\/customers\/([^/]+)\/orders$/,
    async ({ parameter, query }) => {
      const limit = pageLimit(query.get("limit"));
      const before = decodeCursor(query.get("cursor"), { withTime: true });
      const id = found(pathId(parameter));
      found(await store.customerExists(id));
      return { body: page(await store.ordersOf(id, before, limit + 1), limit, "created_at", "id") };
    },
  ],
];

async function answer(request) {
  try {
    const { pathname, searchParams } = new URL(request.url, "http://localhost");
    const here = routes.filter(([, pattern]) => pattern.test(pathname));
    const [, pattern, handle] = here.find(([method]) => method === request.method) ?? [];
    if (!handle && here.length > 0) throw new Refusal(405, "method_not_allowed", "that cannot be done here");
    found(handle ?? null);
    const [, parameter = ""] = pattern.exec(pathname);
    return await handle({ request, query: searchParams, parameter: decoded(parameter) });
  } catch (error) {
    return Refusal.of(error);
  }
}

/** A part of a path without its escapes; what has broken ones names nothing. */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return found(null);
  }
}

const server = createServer(async (request, response) => {
  const { status = 200, headers = {}, body } = await answer(request);
  const data = Buffer.from(JSON.stringify(body));
  response.writeHead(status, { ...headers, "content-type": "application/json", "content-length": data.length });
  response.end(data);
  request.resume();
});

server.listen(Number(process.env.PORT), "127.0.0.1");
process.on("SIGTERM", () => server.close(() => process.exit()));
