import { connect } from "node:net";

/** How a bench drives a server with as little work of its own as can be. */
export interface RawLoad {
  readonly url: string;
  readonly path: string;
  readonly accessToken: string;
  readonly connections: number;
  readonly requests: number;
  /** Sent as a POST, one body a request, instead of a GET. */
  readonly body?: (index: number) => string;
}

/** Sends requests over raw sockets, each as soon as the one before is answered on its connection. */
export async function sendRaw(load: RawLoad): Promise<void> {
  let sent = 0;
  await Promise.all(
    Array.from({ length: load.connections }, async () => {
      const socket = connect({ port: Number(new URL(load.url).port), host: "127.0.0.1", noDelay: true });
      socket.setEncoding("latin1");
      let received = "";
      let answered: () => void = () => {};
      socket.on("data", (chunk: string) => {
        received += chunk;
        if (!isWhole(received)) return;
        received = "";
        answered();
      });
      const broken = new Promise<never>((_, fail) => socket.once("error", fail));
      while (sent < load.requests) {
        const answer = new Promise<void>((done) => {
          answered = done;
        });
        socket.write(toText(load, sent++));
        await Promise.race([answer, broken]);
      }
      socket.destroy();
    }),
  );
}

function toText({ url, path, accessToken, body }: RawLoad, index: number): string {
  const head = `${path} HTTP/1.1\r\nhost: ${new URL(url).host}\r\nauthorization: Bearer ${accessToken}\r\n`;
  if (body === undefined) return `GET ${head}\r\n`;
  const text = body(index);
  return `POST ${head}content-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`;
}

/** Whether an answer is there to its end; it has to say its length, and to be ASCII. */
function isWhole(received: string): boolean {
  const end = received.indexOf("\r\n\r\n");
  if (end === -1) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(received)?.[1];
  if (!/^HTTP\/1\.1 2/.test(received) || length === undefined)
    throw new Error(`unexpected answer: ${received}`);
  return received.length >= end + 4 + Number(length);
}
