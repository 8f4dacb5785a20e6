import * as postject from "pulumi-postject";

const legacy = postject.Server.get("legacy", "clx8f2k9a0001uy7z3g4h5j6k");

export const token = legacy.token;
