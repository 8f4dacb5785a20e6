import { childUrn } from "../../provider/spec/urn";

test.each([
  [
    "urn:pulumi:dev::web::postject:index:Environment::pr",
    "urn:pulumi:dev::web::postject:index:Environment$postject:index:Server::pr-app",
  ],
  [
    "urn:pulumi:dev::web::my:index:Team$postject:index:Environment::a::b",
    "urn:pulumi:dev::web::my:index:Team$postject:index:Environment$postject:index:Server::pr-app",
  ],
])("the URN of a server in %s names all its parents' types", (component, server) => {
  expect(childUrn(component, "postject:index:Server", "pr-app")).toBe(server);
});
