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
