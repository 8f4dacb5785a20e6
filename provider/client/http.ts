// What a request needs and a start does not: undici's agents and, with the message schemas, zod. Only
// `loadHttp` reaches it. The build makes one file of it with the parts that are used, which loads in a sixth
// of the time: tools/build.mjs.
export { Agent, EnvHttpProxyAgent, Pool } from "undici";
export { errorBody, readResponses } from "../spec/messages";
