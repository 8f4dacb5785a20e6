import { connect } from "node:net";

export interface RawResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Sends bytes as they are, and resolves to the responses that come back until the server closes the
 * connection or `count` of them have arrived. Rejects if neither happens within 10 seconds. The response to a
 * HEAD ends with its headers.
 */
export function sendRaw(url: string, bytes: string | Buffer, count?: number): Promise<RawResponse[]> {
  const isHead = String(bytes).startsWith("HEAD ");
  return new Promise((done, fail) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname);
    const chunks: Buffer[] = [];
    const finish = () => {
      clearTimeout(timer);
      socket.destroy();
      done(parseResponses(Buffer.concat(chunks), isHead));
    };
    const timer = setTimeout(() => {
      socket.destroy();
      fail(new Error(`No complete response to ${String(bytes).slice(0, 200)}`));
    }, 10_000);
    socket.on("data", (chunk) => {
      chunks.push(chunk);
      if (count !== undefined && parseResponses(Buffer.concat(chunks), isHead).length >= count) finish();
    });
    // A server may refuse a request and close the connection while the client is still sending.
    socket.on("error", () => {});
    socket.on("close", finish);
    socket.write(bytes);
  });
}

function parseResponses(bytes: Buffer, isHead: boolean): RawResponse[] {
  const responses: RawResponse[] = [];
  let at = 0;
  for (;;) {
    const end = bytes.indexOf("\r\n\r\n", at);
    if (end < 0) return responses;
    const [first = "", ...lines] = bytes.toString("latin1", at, end).split("\r\n");
    const headers = Object.fromEntries(
      lines.map((line) => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    const length = isHead ? 0 : Number(headers["content-length"] ?? 0);
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1]);
    const from = end + 4;
    if (bytes.length < from + length) return responses;
    at = from + length;
    if (status >= 200) responses.push({ status, headers, body: bytes.toString("utf8", from, at) });
  }
}
