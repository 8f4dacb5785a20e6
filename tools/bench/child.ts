import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Server } from "node:net";
import { startReference } from "../../provider/reference";

// Run by `processes.ts`: one server, which ends with its parent.

interface Options {
  readonly text?: string;
  readonly target?: string;
  readonly ms?: number;
}

const [kind, json = "{}"] = process.argv.slice(2);

async function start({ text = "", target = "", ms = 0 }: Options) {
  if (kind === "reference") return startReference(JSON.parse(json));
  if (kind === "bare") {
    const headers = {
      "content-type": "application/json; charset=utf-8",
      "content-length": Buffer.byteLength(text),
    };
    return listen(createHttpServer((_, response) => void response.writeHead(200, headers).end(text)));
  }
  return listen(
    createTcpServer({ noDelay: true }, (socket) => {
      const upstream = connect({ port: Number(new URL(target).port), host: "127.0.0.1", noDelay: true });
      socket.pipe(upstream).on("error", () => socket.destroy());
      socket.on("error", () => upstream.destroy());
      upstream.on("data", (chunk) => setTimeout(() => socket.write(chunk), ms));
      upstream.on("end", () => setTimeout(() => socket.end(), ms));
    }),
  );
}

async function listen(server: Server) {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, accessToken: "" };
}

void start(JSON.parse(json)).then(({ url, accessToken }) => process.send?.({ url, accessToken }));
process.on("message", () => {
  global.gc?.();
  process.send?.(process.memoryUsage());
});
process.once("disconnect", () => process.exit());
