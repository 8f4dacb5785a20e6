import * as postject from "pulumi-postject";

const app = new postject.Server("app", { name: "Production App" });

export const serverId = app.id;
export const token = app.token; // a secret
