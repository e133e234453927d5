// Node's own http server and fetch. Usage: node node_server.mjs PORT
import { createServer } from "node:http";
import { handler } from "./node.mjs";

createServer(async (request, response) => {
  const { statusCode, headers, body } = await handler({ rawPath: request.url });
  response.writeHead(statusCode, headers).end(body);
}).listen(Number(process.argv[2]), "127.0.0.1");
