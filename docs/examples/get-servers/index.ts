import * as postject from "pulumi-postject";

const staging = postject.getServersOutput({ nameContains: "staging" });

export const servers = staging.servers;
