import { isIP } from "node:net";
import { configuration, PACKAGE_NAME } from "../spec";

/** What programs need to connect to a reference. */
export interface Connection {
  readonly url: string;
  readonly accessToken: string;
}

const { endpoint, accessToken: token } = configuration;

/** The URL at which programs on this machine reach a server that listens on an address or name. */
export function urlOf(host: string, port: number): string {
  const name = host.replace(/^0\.0\.0\.0$/, "127.0.0.1").replace(/^::$/, "::1");
  return `http://${isIP(name) === 6 ? `[${name}]` : name}:${port}`;
}

/** Lines that connect something to a reference, ready to paste or to run. */
export const connectionLines = {
  shell: ({ url, accessToken }: Connection) => [
    `export ${endpoint.env}=${url}`,
    `export ${token.env}=${accessToken}`,
  ],
  powershell: ({ url, accessToken }: Connection) => [
    `$env:${endpoint.env} = '${url}'`,
    `$env:${token.env} = '${accessToken}'`,
  ],
  dotenv: ({ url, accessToken }: Connection) => [`${endpoint.env}=${url}`, `${token.env}=${accessToken}`],
  pulumi: ({ url, accessToken }: Connection) => [
    `pulumi config set ${PACKAGE_NAME}:endpoint ${url}`,
    `pulumi config set --secret ${PACKAGE_NAME}:accessToken ${accessToken}`,
  ],
} as const satisfies Readonly<Record<string, (connection: Connection) => string[]>>;

export type ConnectionFormat = keyof typeof connectionLines;

export const connectionFormats = Object.keys(connectionLines) as ConnectionFormat[];

/** A shell runs the lines with the token, and anything may listen on the port: only a JWT is let through. */
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

/** Gets an access token from a running reference. Throws an error that says what to do if there is none. */
export async function connect(host: string, port: number): Promise<Connection> {
  const url = urlOf(host, port);
  const { status, json } = await request(`${url}/_reference/access-tokens`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: "{}",
  }).catch(() => {
    throw new Error(`Nothing responds at ${url}. Start it with \`npx postject-reference --port ${port}\`.`);
  });
  if (typeof json.accessToken === "string" && JWT.test(json.accessToken))
    return { url, accessToken: json.accessToken };
  // The health route accepts any host name.
  if (status === 403 && (await request(`${url}/_reference/health`)).json.status === "ok")
    throw new Error(
      `The postject-reference at ${url} refuses requests for the name ${host} on its control plane. Start it with ` +
        `\`--control-host ${host}\`, or give its address with --host.`,
    );
  throw new Error(`The server at ${url} is not a postject-reference, or it was started with --no-control.`);
}

/** Sends a request to what may be a reference. Responses that are not JSON objects count as empty ones. */
async function request(url: string, init: RequestInit = {}) {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(10_000) });
  const json = (await response.json().catch(() => null)) as Readonly<Record<string, unknown>> | null;
  return { status: response.status, json: json ?? {} };
}
