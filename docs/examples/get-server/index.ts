import * as postject from "pulumi-postject";

const legacy = postject.getServerOutput({ name: "Legacy App" });

export const token = legacy.token;
