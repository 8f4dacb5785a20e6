import { connect } from "node:net";

/** Requests to send with as little work as can be: a GET each, or a POST each if there is a body. */
export interface RawRequests {
  readonly url: string;
  readonly path: string;
  readonly accessToken: string;
  readonly connections: number;
  readonly requests: number;
  readonly body?: (index: number) => string;
}

/** Sends requests over raw sockets, each as soon as its connection has the response to the one before. */
export async function sendRaw(load: RawRequests): Promise<void> {
  let sent = 0;
  const send = async () => {
    const socket = connect({ port: Number(new URL(load.url).port), host: "127.0.0.1", noDelay: true });
    socket.setEncoding("latin1");
    while (sent < load.requests) {
      socket.write(toText(load, sent++));
      let received = "";
      while (!isWhole(received))
        received += await new Promise<string>((resolve, reject) => {
          socket.once("data", resolve).once("error", reject);
        });
      socket.removeAllListeners();
    }
    socket.destroy();
  };
  await Promise.all(Array.from({ length: load.connections }, send));
}

function toText({ url, path, accessToken, body }: RawRequests, index: number): string {
  const head = `${path} HTTP/1.1\r\nhost: ${new URL(url).host}\r\nauthorization: Bearer ${accessToken}\r\n`;
  if (body === undefined) return `GET ${head}\r\n`;
  const text = body(index);
  return `POST ${head}content-type: application/json\r\ncontent-length: ${text.length}\r\n\r\n${text}`;
}

/** Whether a response has arrived completely. It has to state its length, and to be ASCII. */
function isWhole(received: string): boolean {
  const end = received.indexOf("\r\n\r\n");
  if (end === -1) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(received)?.[1];
  if (!/^HTTP\/1\.1 2/.test(received) || length === undefined)
    throw new Error(`unexpected response: ${received}`);
  return received.length >= end + 4 + Number(length);
}
