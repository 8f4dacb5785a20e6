import * as postject from "pulumi-postject";

const app = new postject.Server("app", { name: "Quickstart App" });

export const appServerId = app.id;
export const appStreams = app.streams.apply((streams) => streams.map((stream) => stream.type));

// A secret: masked in output, encrypted in state.
export const appToken = app.token;
