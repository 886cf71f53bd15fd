// The HTTP API.
import http from "node:http";
import { Limiter } from "./limiter.js";
import { Invalid, name, wanted } from "./validation.js";

const limiter = new Limiter(process.env.REDIS_URL);

const routes = {
  "GET /health": async () => {
    const well = await limiter.healthy();
    return [well ? 200 : 503, { status: well ? "ok" : "redis does not answer" }];
  },
  "POST /acquire": async (request) => {
    const { client, limit, windowMs } = wanted(await text(request));
    const { allowed, used, resetMs } = await limiter.acquire(client, limit, windowMs);
    const body = { allowed, limit, remaining: Math.max(0, limit - used), reset_ms: resetMs };
    if (allowed) return [200, body];
    return [429, body, { "retry-after": String(Math.max(1, Math.ceil(resetMs / 1000))) }];
  },
  "GET /clients": async (_request, segment) => {
    const { used, resetMs } = await limiter.read(name(segment));
    return [200, { client: segment, used, reset_ms: resetMs }];
  },
  "DELETE /clients": async (_request, segment) => {
    await limiter.forget(name(segment));
    return [204];
  },
};

async function text(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

async function answer(request) {
  const match = /^(\/health|\/acquire|\/clients(?=\/[^/]+$))(?:\/([^/]+))?$/.exec(request.url.split("?")[0]);
  const route = match && routes[`${request.method} ${match[1]}`];
  if (!route) return [404, { error: "there is no such path" }];
  try {
    return await route(request, match[2] && decodeURIComponent(match[2]));
  } catch (error) {
    if (error instanceof Invalid) return [error.status, { error: error.message }];
    if (error instanceof URIError) return [422, { error: "the path cannot be read" }];
    console.error(error.message);
    return [503, { error: "redis does not answer" }];
  }
}

http
  .createServer(async (request, response) => {
    const [status, body, headers = {}] = await answer(request);
    if (body === undefined) return response.writeHead(status, headers).end();
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  })
  .listen(Number(process.env.PORT), "127.0.0.1");
