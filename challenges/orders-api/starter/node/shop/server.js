/** The HTTP API (section 4 of the brief). Use any framework: this one only shows how the service is started. */
import { createServer } from "node:http";

const server = createServer((request, response) => {
  const [status, body] =
    request.method === "GET" && request.url === "/health"
      ? [200, { status: "ok" }]
      : [404, { error: { code: "not_found", message: "there is nothing here", details: [] } }];
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
});

server.listen(Number(process.env.PORT), "127.0.0.1");
