import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { startReference } from "../../provider/reference";
import type { BareAnswers } from "./processes";

// Run by `processes.ts`: one HTTP server, which ends with its parent.

interface Bare {
  readonly answers: BareAnswers;
  readonly delayMs: number;
}

const [kind, json = "{}"] = process.argv.slice(2);

async function startBare({ answers: { GET, POST, list }, delayMs }: Bare) {
  const texts = { GET: JSON.stringify(GET), POST: JSON.stringify(POST), list: JSON.stringify(list) };
  const server = createServer((request, response) => {
    const isList = request.method === "GET" && request.url === "/v1/servers";
    const text = texts[isList ? "list" : request.method === "POST" ? "POST" : "GET"];
    const answer = () =>
      response
        .writeHead(200, { "content-type": "application/json; charset=utf-8", "content-length": text.length })
        .end(text);
    request.resume();
    if (delayMs === 0) answer();
    else setTimeout(answer, delayMs);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, accessToken: "bench" };
}

const options = JSON.parse(json);
void (kind === "reference" ? startReference(options) : startBare(options)).then(({ url, accessToken }) =>
  process.send?.({ url, accessToken }),
);
process.on("message", () => {
  global.gc?.();
  process.send?.(process.memoryUsage());
});
process.once("disconnect", () => process.exit());
