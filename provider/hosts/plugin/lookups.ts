import type { ServerWritableStream } from "@grpc/grpc-js";
import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { type Deadline, PostjectError, startDeadline } from "../../client";
import type { Run } from "../../lifecycle";
import * as lifecycle from "../../lifecycle";
import type { Properties } from "../../settings";
import { functions, secretKeys, serverResource } from "../../spec";
import { createConfidential } from "./confidential";
import { toErrorResponse } from "./errors";
import { decode, encode } from "./properties";
import type { Session } from "./session";

/** The methods of the protocol that read servers which aren't managed as resources. */
export function createLookupService(session: Session): Pick<IResourceProviderServer, "invoke" | "list"> {
  return {
    // Problems are reported as errors, not as `failures`, which `pulumi do` ignores.
    invoke: session.unary(async (request: rpc.InvokeRequest) => {
      const confidential = createConfidential();
      const args = confidential.read(request.getArgs()).values;
      const response = new rpc.InvokeResponse();
      try {
        response.setReturn(
          await callFunction(session.run, request.getTok(), args, startDeadline(session.limits())),
        );
        return response;
      } catch (error) {
        throw confidential.redactError(error);
      }
    }),

    list: (call) => {
      const streaming = (async () => streamServers(session.run, call, startDeadline(session.limits())))();
      session.track(
        streaming.then(
          () => call.end(),
          (error: unknown) => call.emit("error", toErrorResponse(error)),
        ),
      );
    },
  };
}

/** Runs one of the schema's functions. Rejects with a PostjectError if there is none of that token. */
async function callFunction(
  { client }: Run,
  token: string,
  args: Properties,
  deadline: Deadline,
): Promise<Struct> {
  const { getServer, getServers } = functions;
  if (token === getServer.token)
    return encode(
      await lifecycle.getServer(client, checkArguments("getServer", args), deadline),
      secretKeys(getServer.outputs),
    );
  if (token === getServers.token) {
    const { servers } = await lifecycle.getServers(client, checkArguments("getServers", args), deadline);
    // The list as a whole, because a secret inside it would be lost.
    return encode({ servers }, ["servers"]);
  }
  throw new PostjectError("bad-request", `Unknown function ${token}.`);
}

function checkArguments(name: keyof typeof functions, args: Properties) {
  return lifecycle.checkArguments(name, args, { isDynamic: false });
}

/** Streams a page of the account's servers, and where the next begins if there is one. */
async function streamServers(
  { client }: Run,
  call: ServerWritableStream<rpc.ListRequest, rpc.ListResponse>,
  deadline: Deadline,
): Promise<void> {
  const { request } = call;
  const token = request.getContinuationToken() || "0";
  if (request.getToken() !== serverResource.token || !/^\d+$/.test(token)) {
    throw new PostjectError("bad-request", `Cannot list ${request.getToken()} from "${token}".`);
  }
  const query = checkArguments("getServers", decode(request.getQuery()).values);
  const { servers } = await lifecycle.getServers(client, query, deadline);
  const start = Number(token);
  const limit = request.getLimit() || Number.POSITIVE_INFINITY;
  const pageSize = request.getPageSize() || Number.POSITIVE_INFINITY;
  const page = servers.slice(start, Math.min(start + pageSize, limit));
  for (const { id, name } of page) {
    const result = new rpc.ListResponse.Result();
    result.setId(id);
    result.setName(name);
    const response = new rpc.ListResponse();
    response.setResult(result);
    call.write(response);
  }
  const next = start + page.length;
  if (next >= Math.min(servers.length, limit)) return;
  const continuation = new rpc.ListResponse.Continuation();
  continuation.setContinuationToken(String(next));
  const response = new rpc.ListResponse();
  response.setContinuation(continuation);
  call.write(response);
}
