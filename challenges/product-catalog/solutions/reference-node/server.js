// The HTTP API.
import http from "node:http";
import { Catalogue, Refused } from "./catalogue.js";
import { Invalid, changes, newProduct, search, stockChange } from "./validation.js";

const catalogue = new Catalogue(process.env.MONGODB_URI);

const routes = [
  ["GET", /^\/health$/, async () => {
    const well = await catalogue.healthy();
    return [well ? 200 : 503, { status: well ? "ok" : "mongodb does not answer" }];
  }],
  ["POST", /^\/products$/, async ({ body }) => [201, await catalogue.add(newProduct(await body()))]],
  ["GET", /^\/products$/, async ({ url }) => [200, await catalogue.page(search(url.searchParams))]],
  ["GET", /^\/products\/([^/]+)$/, async ({ sku }) => [200, await catalogue.get(sku)]],
  ["PATCH", /^\/products\/([^/]+)$/, async ({ sku, body }) => [200, await catalogue.change(sku, changes(await body()))]],
  ["POST", /^\/products\/([^/]+)\/stock$/, async ({ sku, body }) => [
    200,
    await catalogue.changeStock(sku, stockChange(await body())),
  ]],
  ["GET", /^\/reports\/categories$/, async () => [200, await catalogue.categories()]],
];

async function text(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

async function answer(request) {
  try {
    const url = new URL(request.url, "http://localhost");
    for (const [method, pattern, act] of routes) {
      const match = method === request.method && pattern.exec(url.pathname);
      if (match) return await act({ url, sku: match[1] && decodeURIComponent(match[1]), body: () => text(request) });
    }
    return [404, { error: "there is no such path" }];
  } catch (error) {
    if (error instanceof Invalid || error instanceof Refused) return [error.status, { error: error.message }];
    if (error instanceof URIError) return [422, { error: "the path cannot be read" }];
    console.error(error.message);
    return [503, { error: "mongodb does not answer" }];
  }
}

await catalogue.prepare();
http
  .createServer(async (request, response) => {
    const [status, body] = await answer(request);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  })
  .listen(Number(process.env.PORT), "127.0.0.1");
