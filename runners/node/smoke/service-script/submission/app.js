import { createServer } from "node:http";

createServer((request, response) => response.end(process.env.WORD)).listen(process.env.PORT);
