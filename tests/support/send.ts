import type { Reference } from "pulumi-postject/reference";

/** Where requests go, and as whom: a reference or a running command. */
type Target = Pick<Reference, "url" | "accessToken">;

interface Sent {
  /** A string is sent as it is, anything else as JSON. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly accessToken?: string;
  readonly signal?: AbortSignal;
}

/** Sends a request with the target's access token, unless another one is given. */
export function send(
  target: Target,
  method: string,
  path: string,
  { body, headers, accessToken = target.accessToken, signal }: Sent = {},
): Promise<Response> {
  return fetch(target.url + path, {
    method,
    headers: {
      authorization: `Bearer ${accessToken}`,
      ...(body !== undefined && { "content-type": "application/json" }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    ...(signal && { signal }),
  });
}

/** Creates a server over HTTP. */
export async function create(target: Target, name: string, accessToken?: string): Promise<CreatedServer> {
  const sent = { body: { name }, ...(accessToken !== undefined && { accessToken }) };
  return (await (await send(target, "POST", "/v1/servers", sent)).json()) as CreatedServer;
}

interface CreatedServer {
  readonly id: string;
  readonly name: string;
  readonly token: string;
  readonly createdAt: string;
}

/** Status and JSON of a response of the control plane. */
export async function control(target: Target, method: string, path: string, body?: unknown) {
  const response = await send(target, method, `/_reference/${path}`, { body });
  const text = await response.text();
  return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
}
