import { configuration, PACKAGE_NAME } from "../spec";

/** What programs need to know of a reference. */
export interface Connection {
  readonly url: string;
  readonly accessToken: string;
}

const { endpoint, accessToken: token } = configuration;

/** Lines that connect something to a reference, ready to be pasted. */
export const readyLines = {
  shell: ({ url, accessToken }: Connection) => [
    `export ${endpoint.env}=${url}`,
    `export ${token.env}=${accessToken}`,
  ],
  pulumi: ({ url, accessToken }: Connection) => [
    `pulumi config set ${PACKAGE_NAME}:endpoint ${url}`,
    `pulumi config set --secret ${PACKAGE_NAME}:accessToken ${accessToken}`,
  ],
  dotenv: ({ url, accessToken }: Connection) => [`${endpoint.env}=${url}`, `${token.env}=${accessToken}`],
} as const satisfies Readonly<Record<string, (connection: Connection) => string[]>>;

export type ReadyFormat = keyof typeof readyLines;

export const readyFormats = Object.keys(readyLines) as ReadyFormat[];
