import { readAccessToken } from "../../provider/client";
import { describeUnknownKeys, resolveConfiguration } from "../../provider/settings";
import { isLoopback } from "../../provider/spec";

const NOW = Date.UTC(2026, 10, 24);

function jwt(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "HS256" })}.${part(claims)}.c2lnbmF0dXJl`;
}

const fresh = jwt({ sub: "acct_1", exp: NOW / 1000 + 60 });
const stale = jwt({ sub: "acct_1", exp: NOW / 1000 - 60 });
const resolve = (
  provider: Record<string, unknown>,
  env: Record<string, string> = {},
  stack: Record<string, unknown> = {},
) => resolveConfiguration({ provider: { accessToken: fresh, ...provider }, env, stack, now: NOW });

test("the defaults are the spec's", () => {
  expect(resolve({}).configuration).toEqual({
    accessToken: fresh,
    endpoint: "https://api.postject.com",
    deletionProtection: true,
    maxRetries: 3,
    requestTimeoutMs: 30_000,
  });
});

test("values may be strings, as they are in stack configuration", () => {
  const { configuration } = resolve({
    deletionProtection: "false",
    maxRetries: "5",
    plan: "growth",
    serverLimit: "7",
  });
  expect(configuration).toMatchObject({
    deletionProtection: false,
    maxRetries: 5,
    plan: "growth",
    serverLimit: 7,
  });
});

test.each([
  ["endpoint", "not a url", "must be a URL"],
  ["endpoint", "ftp://postject.com", "must be a URL"],
  ["endpoint", "http://postject.com", "must use https"],
  ["endpoint", "https://me:secret@postject.com", "must not contain a user name or password"],
  ["endpoint", "https://postject.com/?a=b", "must not contain a query or a fragment"],
  ["deletionProtection", "yes", 'must be true or false, not "yes"'],
  ["maxRetries", "-1", "must be a whole number of 0 or more"],
  ["maxRetries", "1.5", "must be a whole number of 0 or more"],
  ["requestTimeoutSeconds", "0", "must be a whole number of 1 or more"],
  ["plan", "huge", "must be one of free, starter, growth, professional, scale"],
  ["accessToken", "a b", "without spaces"],
])("%s %s is refused by the name of its key", (key, value, reason) => {
  const { configuration, failures } = resolve({ [key]: value });
  expect(configuration).toBeUndefined();
  expect(failures).toEqual([expect.objectContaining({ key, reason: expect.stringContaining(reason) })]);
  expect(failures[0]?.reason).toMatch(new RegExp(`^postject:${key} `));
});

test.each([
  "http://127.0.0.1:3000",
  "http://localhost:3000/",
  "http://[::1]:3000",
  "https://proxy.example/postject",
])("%s is a valid endpoint", (endpoint) =>
  expect(resolve({ endpoint }).configuration?.endpoint).toBe(endpoint.replace(/\/$/, "")),
);

test("the environment fills in what the configuration lacks, and overrides deletion protection", () => {
  const env = { POSTJECT_ENDPOINT: "https://env.example", POSTJECT_DELETION_PROTECTION: "false" };
  expect(resolve({}, env).configuration?.endpoint).toBe("https://env.example");
  expect(resolve({ endpoint: "https://own.example" }, env).configuration?.endpoint).toBe(
    "https://own.example",
  );
  expect(resolve({ deletionProtection: true }, env).configuration?.deletionProtection).toBe(false);
});

describe("the access token", () => {
  const other = jwt({ sub: "acct_1" });
  const foreign = jwt({ sub: "acct_2" });
  const chosen = (
    provider: Record<string, unknown>,
    stack: Record<string, unknown> = {},
    env: Record<string, string> = {},
  ) => resolveConfiguration({ provider, stack, env, now: NOW }).configuration?.accessToken;

  test("of the stack comes first if it is for the same account, so that a rotated one takes effect at once", () => {
    expect(chosen({ accessToken: other }, { accessToken: fresh })).toBe(fresh);
  });

  test("of the stack is skipped if it has expired, and so is the provider's own", () => {
    const env = { POSTJECT_ACCESS_TOKEN: fresh };
    expect(chosen({ accessToken: other }, { accessToken: stale }, env)).toBe(other);
    expect(chosen({ accessToken: stale }, {}, env)).toBe(fresh);
    expect(chosen({ accessToken: stale }, { accessToken: stale }, env)).toBe(fresh);
  });

  test.each([
    ["another account's", { accessToken: other }, foreign],
    ["one that names no account", { accessToken: other }, "opaque"],
    ["for a provider whose own names no account", { accessToken: "opaque" }, fresh],
    ["both name no account", { accessToken: "opaque" }, "rotated"],
    ["for another endpoint", { accessToken: other, endpoint: "https://eu.example" }, fresh],
  ])("of the stack never replaces a provider's own: %s", (_, provider, accessToken) => {
    expect(chosen(provider, { accessToken })).toBe(provider.accessToken);
    expect(chosen(provider, { accessToken, endpoint: "https://us.example" })).toBe(provider.accessToken);
  });

  test("of the stack does not replace an expired one of another account either", () => {
    expect(chosen({ accessToken: stale }, { accessToken: foreign })).toBeUndefined();
    const nameless = jwt({ exp: NOW / 1000 - 60 });
    expect(chosen({ accessToken: nameless }, { accessToken: jwt({}) })).toBeUndefined();
  });

  test("of the stack, then of the environment, is used by a provider that has none", () => {
    const env = { POSTJECT_ACCESS_TOKEN: other };
    expect(chosen({}, { accessToken: "opaque" }, env)).toBe("opaque");
    expect(chosen({ accessToken: "" }, { accessToken: "opaque" }, env)).toBe("opaque");
    expect(chosen({}, {}, env)).toBe(other);
  });
});

test.each([
  [true, false, true],
  [false, true, true],
  ["false", "true", true],
  [false, false, false],
  [undefined, false, false],
  [false, undefined, false],
  [undefined, undefined, true],
])("deletion protection: the provider's %s and the stack's %s are %s", (own, current, isProtected) => {
  const stack = { deletionProtection: current };
  const resolved = (env = {}) => resolve({ deletionProtection: own }, env, stack).configuration;
  expect(resolved()?.deletionProtection).toBe(isProtected);
  expect(resolved({ POSTJECT_DELETION_PROTECTION: "false" })?.deletionProtection).toBe(false);
  expect(resolved({ POSTJECT_DELETION_PROTECTION: "true" })?.deletionProtection).toBe(true);
});

test("other keys come from the provider first, then the stack; the plan only if the account is the same", () => {
  const stack = { maxRetries: 7, requestTimeoutSeconds: 7, plan: "growth" };
  expect(resolve({ maxRetries: 1 }, {}, stack).configuration).toMatchObject({
    maxRetries: 1,
    requestTimeoutMs: 7000,
  });
  expect(resolve({}, {}, { ...stack, accessToken: fresh }).configuration?.plan).toBe("growth");
  expect(
    resolve({}, {}, { ...stack, accessToken: jwt({ sub: "acct_2" }) }).configuration?.plan,
  ).toBeUndefined();
});

test.each(["http://reference:7678", "http://host.docker.internal:7678"])(
  "%s is refused unless http is allowed, and the refusal says how to allow it",
  (endpoint) => {
    expect(resolve({ endpoint }).failures[0]?.reason).toMatch(/allowHttp.*POSTJECT_ALLOW_HTTP/);
    expect(resolve({ endpoint, allowHttp: "false" }).configuration).toBeUndefined();
    expect(resolve({ endpoint, allowHttp: true }).configuration?.endpoint).toBe(endpoint);
    expect(resolve({ endpoint }, { POSTJECT_ALLOW_HTTP: "true" }).configuration?.endpoint).toBe(endpoint);
  },
);

test.each([
  ["a server token", "pt_live_sk7f2a9b3c4d5e6f7a8b9c0d1e2f3a4b"],
  ["a server token cut short", "pt_live_1"],
  ["a JWT", fresh],
  ["a JWT cut short", fresh.slice(0, 10)],
  ["a key in hexadecimal", "0f9e8d7c6b5a49382716"],
  ["a password", "correct horse"],
])("%s under the wrong key is refused without being shown", (_, secret) => {
  for (const key of ["endpoint", "allowHttp", "plan", "serverLimit", "maxRetries", "deletionProtection"]) {
    const { failures } = resolve({ [key]: secret });
    expect(failures).toHaveLength(1);
    expect(failures[0]?.reason).not.toContain(secret.slice(0, 8));
  }
});

test("this machine is recognised in every spelling", () => {
  const hosts = [
    "localhost",
    "LOCALHOST",
    "localhost.",
    "127.0.0.1",
    "127.1",
    "127.8.9.10",
    "::1",
    "::ffff:127.0.0.1",
  ];
  const urls = [
    "http://127.1",
    "http://2130706433",
    "http://[::1]",
    "http://[::ffff:127.0.0.1]",
    "http://LocalHost.",
  ];
  const all = [...hosts, ...urls.map((url) => new URL(url).hostname)];
  expect(all.filter((host) => !isLoopback(host))).toEqual([]);
});

test("a name that only looks like this machine is not", () => {
  const hosts = ["localhost.example", "127.0.0.1.example", "127.example", "128.0.0.1", "::2", "xlocalhost"];
  expect(hosts.filter(isLoopback)).toEqual([]);
});

test.each([jwt({ sub: "acct_2" }), "opaque"])(
  "an expired access token is never replaced by another account's: %#",
  (token) => {
    expect(resolve({ accessToken: stale }, { POSTJECT_ACCESS_TOKEN: token }).failures).toMatchObject([
      { code: "access-token-expired" },
    ]);
  },
);

test("if all access tokens have expired, the failure says when the latest one did", () => {
  const { failures } = resolve(
    { accessToken: stale },
    { POSTJECT_ACCESS_TOKEN: jwt({ sub: "acct_1", exp: NOW / 1000 - 30 }) },
  );
  expect(failures).toMatchObject([
    { code: "access-token-expired", reason: expect.stringContaining("2026-11-23T23:59:30.000Z") },
  ]);
});

test.each([
  ["opaque", {}],
  ["a.b.c", {}],
  [`a.${Buffer.from("[1]").toString("base64url")}.c`, {}],
  [jwt({ sub: "acct_1" }), { accountId: "acct_1" }],
  [jwt({ sub: 7, exp: "soon" }), {}],
  [jwt({ sub: "acct_1", exp: 5 }), { accountId: "acct_1", expiresAt: 5000 }],
  [jwt({ sub: "acct_1", exp: 1e300 }), { accountId: "acct_1" }],
  [jwt({ sub: "acct_1", exp: -1e300 }), { accountId: "acct_1" }],
  [jwt({ sub: "acct_1", exp: -5 }), { accountId: "acct_1", expiresAt: -5000 }],
  [`a.${Buffer.from('{"exp":1e400}').toString("base64url")}.c`, {}],
])("valid claims are read, and no token crashes the configuration: %#", (token, claims) => {
  expect(readAccessToken(token)).toEqual(claims);
  expect(() => resolve({ accessToken: token })).not.toThrow();
});

test.each([
  ["pt_live_sk7f2a9b3c4d5e6f7a8b9c0d1e2f3a4b", "this is a server token"],
  [`Bearer ${fresh}`, "without `Bearer`"],
  [`"${fresh}"`, "without quotation marks"],
  [fresh.split(".").slice(0, 2).join("."), "cut short"],
  [fresh.slice(0, 30), "cut short"],
  [`${fresh.split(".").slice(0, 2).join(".")}.`, "cut short"],
])("what was pasted in place of an access token is recognised and not shown: %#", (token, problem) => {
  for (const [provider, env, source] of [
    [{ accessToken: token }, {}, "postject:accessToken"],
    [{}, { POSTJECT_ACCESS_TOKEN: token }, "POSTJECT_ACCESS_TOKEN"],
  ] as const) {
    const { failures } = resolveConfiguration({ provider, env, now: NOW });
    expect(failures).toMatchObject([
      { code: "configuration-invalid", reason: expect.stringContaining(problem) },
    ]);
    expect(
      failures[0]?.reason.startsWith(`${source} must`) || failures[0]?.reason.startsWith(`${source} looks`),
    ).toBe(true);
    expect(failures[0]?.reason).not.toContain(token.slice(8, 24));
  }
});

test("a bad value is refused by the name of its source", () => {
  const reasonOf = (sources: Partial<Parameters<typeof resolveConfiguration>[0]>) =>
    resolveConfiguration({ provider: { accessToken: fresh }, env: {}, now: NOW, ...sources }).failures[0]
      ?.reason;
  expect(reasonOf({ env: { POSTJECT_ENDPOINT: "x" } })).toMatch(/^POSTJECT_ENDPOINT must be a URL/);
  expect(reasonOf({ env: { POSTJECT_DELETION_PROTECTION: "no" } })).toBe(
    'POSTJECT_DELETION_PROTECTION must be true or false, not "no"',
  );
  const account = { name: "eu", values: { accessToken: fresh, maxRetries: "many" } };
  expect(reasonOf({ account })).toMatch(/^postject-eu:maxRetries must/);
  expect(reasonOf({ account: { name: "eu", values: {} } })).toMatch(
    /^postject-eu:accessToken is missing.*postject-eu:accessToken.*POSTJECT_EU_ACCESS_TOKEN/,
  );
});

test("a misspelt key is warned of, with the one that was probably meant; other packages' keys are not", () => {
  expect(
    describeUnknownKeys(
      [
        "postject:endpoint",
        "postject:accesstoken",
        "postject-eu:endpont",
        "postject:region",
        "postjectx:a",
        "aws:region",
        "postject-demo:region",
      ],
      "postject-demo",
    ),
  ).toEqual([
    "postject:accesstoken is not a setting of this package; did you mean postject:accessToken?",
    "postject-eu:endpont is not a setting of this package; did you mean postject-eu:endpoint?",
    expect.stringMatching(/^postject:region is not a setting of this package; the keys are accessToken, /),
  ]);
});
