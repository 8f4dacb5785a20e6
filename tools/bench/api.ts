import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { startReference } from "../../provider/reference";
import type { BareResponses } from "./processes";

// Started by `processes.ts`: one HTTP server, which ends with its parent.

const [kind, json = "{}"] = process.argv.slice(2);

async function startBare({ get, post, list }: BareResponses, delayMs: number) {
  const [getText, listText] = [JSON.stringify(get), JSON.stringify(list ?? [])];
  let created = 0;
  // The name that was asked for, and another id each time: the provider would not believe anything else.
  const create = async (request: IncomingMessage) => {
    let body = "";
    for await (const chunk of request) body += chunk;
    return JSON.stringify({ ...post, ...JSON.parse(body), id: `c${String(created++).padStart(24, "0")}` });
  };
  const server = createServer(async (request, response) => {
    const read = () => (request.url === "/v1/servers" ? listText : getText);
    const text = request.method === "POST" ? await create(request) : read();
    const headers = { "content-type": "application/json; charset=utf-8", "content-length": text.length };
    const respond = () => response.writeHead(200, headers).end(text);
    request.resume();
    if (delayMs === 0) respond();
    else setTimeout(respond, delayMs);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, accessToken: "bench" };
}

async function main(): Promise<void> {
  const { responses, delayMs } = JSON.parse(json) as { responses: BareResponses; delayMs: number };
  const delay = { times: Number.MAX_SAFE_INTEGER, outcome: { kind: "delay", ms: delayMs } } as const;
  const { url, accessToken } = await (kind === "reference"
    ? startReference({ faults: delayMs === 0 ? [] : [delay] })
    : startBare(responses, delayMs));
  process.send?.({ url, accessToken });
  process.once("disconnect", () => process.exit());
}

void main();
