import { Server, ServerCredentials } from "@grpc/grpc-js";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { decode, encode } from "../../provider/hosts/plugin/properties";
import { createService } from "../../provider/hosts/plugin/service";
import { Session } from "../../provider/hosts/plugin/session";
import { connectProvider } from "../../tools/provider-client";

/** What a host stores; its `state` as a program sees it. */
interface Stored {
  readonly id: string;
  readonly state: Record<string, unknown>;
}

/** A host of the provider, spoken to in its own protocol. */
export interface Host {
  create(inputs: Record<string, unknown>): Promise<Stored>;
  /** Undefined for a server that is gone. */
  read(stored: Stored): Promise<Stored | undefined>;
  delete(stored: Stored): Promise<void>;
  stop(): void;
}

export type HostConfiguration = Readonly<Record<string, string>>;

type DynamicHost = typeof import("../../provider/hosts/dynamic");

async function startDynamicHost(configuration: HostConfiguration): Promise<Host> {
  let host: DynamicHost | undefined;
  // A process of its own would be: a module of its own.
  jest.isolateModules(() => {
    host = require("../../provider/hosts/dynamic") as DynamicHost;
  });
  if (host === undefined) throw new Error("the dynamic host was not loaded");
  const { configure, create, read, delete: remove } = host;
  await configure({ config: { get: (key) => configuration[key.replace("postject:", "")] } });
  return {
    create: async (inputs) => {
      const { id, outs } = await create(inputs);
      return { id, state: outs };
    },
    read: async ({ id, state }) => {
      const found = await read(id, state);
      return found.id === "" ? undefined : { id: found.id, state: found.props };
    },
    delete: ({ id, state }) => remove(id, state),
    stop: () => {},
  };
}

async function startPluginHost(configuration: HostConfiguration): Promise<Host> {
  const server = new Server();
  server.addService(ResourceProviderService, createService(new Session(undefined)));
  const port = await new Promise<number>((done, fail) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error ? fail(error) : done(bound),
    ),
  );
  const { methods, call, close } = connectProvider(port);
  const configure = new rpc.ConfigureRequest();
  configure.setArgs(Struct.fromJavaScript({ ...configuration }));
  await call(methods.configure, configure);
  return {
    async create(inputs) {
      const request = new rpc.CreateRequest();
      request.setProperties(encode(inputs));
      const response = await call<rpc.CreateRequest, rpc.CreateResponse>(methods.create, request);
      return { id: response.getId(), state: { ...decode(response.getProperties()).values } };
    },
    async read({ id, state }) {
      const request = new rpc.ReadRequest();
      request.setId(id);
      request.setProperties(encode(state, ["token"]));
      const response = await call<rpc.ReadRequest, rpc.ReadResponse>(methods.read, request);
      if (response.getId() === "") return undefined;
      return { id: response.getId(), state: { ...decode(response.getProperties()).values } };
    },
    async delete({ id, state }) {
      const request = new rpc.DeleteRequest();
      request.setId(id);
      request.setProperties(encode(state, ["token"]));
      await call(methods.delete, request);
    },
    stop() {
      close();
      server.forceShutdown();
    },
  };
}

export const hosts = [
  { host: "dynamic", startHost: startDynamicHost },
  { host: "plugin", startHost: startPluginHost },
] as const;
