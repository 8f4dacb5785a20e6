import { readAccessToken, resolveConfiguration } from "../../provider/client";

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

test("defaults are those of the spec", () => {
  expect(resolve({}).configuration).toEqual({
    accessToken: fresh,
    endpoint: "https://api.postject.com",
    deletionProtection: true,
    maxRetries: 3,
    requestTimeoutMs: 30_000,
  });
});

test("values may come as strings, as stack configuration gives them", () => {
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
  ["endpoint", "https://me:secret@postject.com", "must hold no user name or password"],
  ["endpoint", "https://postject.com/?a=b", "must end with the host or a path"],
  ["deletionProtection", "yes", 'must be true or false, not "yes"'],
  ["maxRetries", "-1", "must be a whole number of 0 or more"],
  ["maxRetries", "1.5", "must be a whole number of 0 or more"],
  ["requestTimeoutSeconds", "0", "must be a whole number of 1 or more"],
  ["plan", "huge", "must be one of free, starter, growth, professional, scale"],
  ["accessToken", "a b", "must not contain blanks"],
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
])("%s is a good endpoint", (endpoint) =>
  expect(resolve({ endpoint }).configuration?.endpoint).toBe(endpoint.replace(/\/$/, "")),
);

test("the environment gives what the configuration does not, and wins for deletion protection", () => {
  const env = { POSTJECT_ENDPOINT: "https://env.example", POSTJECT_DELETION_PROTECTION: "false" };
  expect(resolve({}, env).configuration?.endpoint).toBe("https://env.example");
  expect(resolve({ endpoint: "https://own.example" }, env).configuration?.endpoint).toBe(
    "https://own.example",
  );
  expect(resolve({ deletionProtection: true }, env).configuration?.deletionProtection).toBe(false);
});

test("of several access tokens the first that has not expired is used", () => {
  const env = { POSTJECT_ACCESS_TOKEN: fresh };
  const other = jwt({ sub: "acct_1" });
  expect(resolve({ accessToken: other }, env, { accessToken: fresh }).configuration?.accessToken).toBe(fresh);
  expect(resolve({ accessToken: other }, env, { accessToken: stale }).configuration?.accessToken).toBe(other);
  expect(resolve({ accessToken: stale }, env).configuration?.accessToken).toBe(fresh);
});

test.each([jwt({ sub: "acct_2" }), "opaque"])(
  "an expired access token never gives way to one of another account: %#",
  (token) => {
    expect(resolve({ accessToken: stale }, { POSTJECT_ACCESS_TOKEN: token }).failures).toMatchObject([
      { code: "access-token-expired" },
    ]);
  },
);

test("if all access tokens have expired, the failure names the end of the latest", () => {
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
])("claims are read where they are there: %#", (token, claims) => {
  expect(readAccessToken(token)).toEqual(claims);
});
