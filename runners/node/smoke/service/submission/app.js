const { createServer } = require("node:http");

createServer((request, response) => {
  response.end(`${request.method} ${request.url} ${process.env.NODE_OPTIONS} ${process.env.HOME}`);
}).listen(process.env.PORT);
