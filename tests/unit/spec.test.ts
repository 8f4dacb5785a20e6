import { createClient } from "../../provider/client";
import { operations } from "../../provider/reference/operations";
import { objects, routeNames, serverResource } from "../../provider/spec";
import { messages } from "../../provider/spec/messages";

test("every route has its messages, a client method and an operation of the reference", () => {
  const client = createClient({
    accessToken: "x",
    endpoint: "http://127.0.0.1:1",
    maxRetries: 0,
    requestTimeoutMs: 1,
  });
  for (const table of [messages, operations, client])
    expect(Object.keys(table)).toEqual(expect.arrayContaining(routeNames));
});

test("every output of a server but the provider's own comes from the API's answer", () => {
  const own = ["accountId", ...Object.keys(serverResource.inputs).filter((key) => key !== "name")];
  const fromApi = Object.keys(serverResource.outputs).filter((key) => !own.includes(key));
  expect(Object.keys(messages.getServer.answer.shape)).toEqual(expect.arrayContaining(fromApi));
});

test("a stream's fields are those of the API's answer", () => {
  expect(Object.keys(messages.getServer.answer.shape.streams.def.element.shape).toSorted()).toEqual(
    Object.keys(objects.Stream).toSorted(),
  );
});
