import { componentOf, recordChild } from "../../provider/hosts/plugin/components";

const TYPE = "postject:index:Server";

test.each([
  [
    "urn:pulumi:dev::web::postject:index:Environment::pr",
    "urn:pulumi:dev::web::postject:index:Environment$postject:index:Server::pr-app",
  ],
  [
    "urn:pulumi:dev::web::my:index:Team$postject:index:Environment::a::b",
    "urn:pulumi:dev::web::my:index:Team$postject:index:Environment$postject:index:Server::pr-app",
  ],
])("a server in %s belongs to it", (component, server) => {
  expect(componentOf(server)).toBeUndefined();
  recordChild(component, TYPE, "pr-app");
  expect(componentOf(server)).toBe(component);
});
