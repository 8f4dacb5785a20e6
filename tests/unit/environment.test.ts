import { type Properties, UNKNOWN } from "../../provider/settings";
import { planEnvironment } from "../../provider/settings/environment-plan";

const around = { environment: "pr-42", project: "web", stack: "dev" };

const plan = (servers: unknown, nameTemplate?: unknown, others: Properties = {}) =>
  planEnvironment(around, { servers, nameTemplate, ...others }, { isDynamic: false });

test("servers are named by the template, with the key or the name that is given", () => {
  const { servers, problems } = plan({ app: {}, marketing: { name: "Marketing" } });
  expect(problems).toEqual([]);
  expect(servers.map(({ name }) => name)).toEqual(["pr-42 app", "pr-42 Marketing"]);
});

test("every placeholder of the template is filled in, and none inside a name", () => {
  const { servers } = plan({ app: { name: "{stack}" } }, "{project}/{stack}/{environment}/{server}");
  expect(servers.map(({ name }) => name)).toEqual(["web/dev/pr-42/{stack}"]);
});

test.each([
  ["app", "POSTJECT_APP_TOKEN"],
  ["transactionalMail", "POSTJECT_TRANSACTIONAL_MAIL_TOKEN"],
  ["transactional-mail", "POSTJECT_TRANSACTIONAL_MAIL_TOKEN"],
  ["2 fast", "POSTJECT_2_FAST_TOKEN"],
])("the key %s makes the variable %s", (key, variable) => {
  expect(plan({ [key]: {} }).servers[0]?.variables.token).toBe(variable);
});

test.each<[string, Record<string, { name?: string }>, string | undefined, string]>([
  [
    "a placeholder that does not exist",
    { app: {} },
    "{env} {server}",
    "unknown placeholder `{env}` in the name template; expected one of: `{environment}`",
  ],
  ["a brace without its half", { app: {} }, "{server", "an unmatched brace"],
  ["one name for two servers", { a: {}, b: {} }, "{environment}", '`a` and `b` would share the name "pr-42"'],
  [
    "one variable for two servers",
    { "a-b": {}, a_b: {} },
    undefined,
    'share the variable "POSTJECT_A_B_TOKEN"',
  ],
  [
    "the provider's own variable",
    { access: {} },
    undefined,
    "POSTJECT_ACCESS_TOKEN, which configures the provider",
  ],
  [
    "the variable of a named account",
    { "staging access": {} },
    undefined,
    "POSTJECT_STAGING_ACCESS_TOKEN, which",
  ],
  ["a key that makes no variable", { "--": {} }, undefined, "the key `--` must consist of letters"],
  ["a key that ends with a dash", { "app-": {} }, undefined, "the key `app-` must consist of letters"],
  ["a blank name", { app: { name: " " } }, "{server}", "the name of `app` must not be empty or blank"],
])("%s is a problem", (_, servers, template, problem) => {
  expect(plan(servers, template).problems.join("; ")).toContain(problem);
});

test("only the dynamic form has the arguments `account` and `adopt`", () => {
  const args = { servers: { app: { adopt: "clx" } }, account: "staging" };
  expect(planEnvironment(around, args, { isDynamic: true }).problems).toEqual([]);
  expect(planEnvironment(around, args, { isDynamic: false }).problems).toEqual([
    expect.stringContaining("unknown input `account` of an Environment"),
    expect.stringContaining("unknown input `adopt` of the server `app`"),
  ]);
});

test.each<[string, unknown, unknown]>([
  ["`servers` must be a map of servers", undefined, undefined],
  ["`servers` must be a map of servers", [{}], undefined],
  ["`servers` must be a map of servers", new Map([["app", {}]]), undefined],
  ["`servers` must be known when the program runs", UNKNOWN, undefined],
  ["the server `app` must be a map", { app: "App" }, undefined],
  ["the server `app` must be known when the program runs", { app: UNKNOWN }, undefined],
  ["`name` of the server `app` must be known when the program runs", { app: { name: UNKNOWN } }, undefined],
  ["`nameTemplate` of an Environment must be a string", { app: {} }, 7],
])("%s", (problem, servers, nameTemplate) => {
  expect(plan(servers, nameTemplate).problems).toEqual([expect.stringContaining(problem)]);
});

test("what a secret name template says is in no problem", () => {
  const servers = { a: {}, b: {} };
  for (const nameTemplate of ["{hunter2}", "hunter2", "{hunter2"]) {
    const { problems } = planEnvironment(
      around,
      { servers, nameTemplate },
      { isDynamic: false, isSecret: true },
    );
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.join()).not.toContain("hunter2");
  }
});

test("an input that names nothing may be unknown, and a key alone is a server", () => {
  const servers = { app: { deletionProtection: UNKNOWN }, b: null };
  expect(plan(servers, undefined, { deletionProtection: UNKNOWN }).problems).toEqual([]);
});

test("all problems are told at once: types, names, variables and the template", () => {
  const servers = { access: {}, b: {}, c: { name: 7, nmae: "C" }, "a-b": {}, a_b: {} };
  const { problems } = plan(servers, "{nobody}", { deletionProtection: "yes" });
  expect(problems).toEqual([
    "`deletionProtection` of an Environment must be true or false",
    expect.stringContaining("unknown placeholder `{nobody}`"),
    "`name` of the server `c` must be a string",
    expect.stringContaining("unknown input `nmae` of the server `c`"),
    expect.stringContaining("would share the name"),
    expect.stringContaining("would share the variable"),
    expect.stringContaining("POSTJECT_ACCESS_TOKEN, which configures the provider"),
  ]);
});
