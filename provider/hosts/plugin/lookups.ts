import type { ServerWritableStream } from "@grpc/grpc-js";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { PostjectError } from "../../client";
import type { Lifecycle, Limits } from "../../lifecycle";
import { functions, secretKeys, serverResource } from "../../spec";
import { decode, encode } from "./properties";

/** Runs one of the schema's functions. Rejects with a PostjectError if there is none of that token. */
export async function callFunction(
  lifecycle: Lifecycle,
  request: rpc.InvokeRequest,
  limits: Limits,
): Promise<Struct> {
  const { getServer, getServers } = functions;
  const token = request.getTok();
  const args = decode(request.getArgs()).values;
  if (token === getServer.token)
    return encode(await lifecycle.getServer(args, limits), secretKeys(getServer.outputs));
  if (token === getServers.token) {
    const { servers } = await lifecycle.getServers(args, limits);
    // The list as a whole, because a secret inside it would be lost.
    return encode({ servers }, ["servers"]);
  }
  throw new PostjectError("bad-request", `There is no function ${token}.`);
}

/** Streams a page of the account's servers, and where the next begins if there is one. */
export async function listServers(
  lifecycle: Lifecycle,
  call: ServerWritableStream<rpc.ListRequest, rpc.ListResponse>,
  limits: Limits,
): Promise<void> {
  const { request } = call;
  const token = request.getContinuationToken() || "0";
  if (request.getToken() !== serverResource.token || !/^\d+$/.test(token)) {
    throw new PostjectError("bad-request", `Cannot list ${request.getToken()} from "${token}".`);
  }
  const { servers } = await lifecycle.getServers(decode(request.getQuery()).values, limits);
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
