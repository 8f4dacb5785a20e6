import * as postject from "pulumi-postject";

const app = new postject.Server("app", { name: "Quickstart App" });

// Without a name, a server is called after the resource: "marketing-" and seven digits that never change.
const marketing = new postject.Server("marketing");

export const appServerId = app.id;
export const appStreams = app.streams.apply((streams) => streams.map((stream) => stream.type));
export const marketingName = marketing.name;

// A secret without further ado: masked here, encrypted in the state.
export const appToken = app.token;
