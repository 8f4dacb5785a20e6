import fc from "fast-check";
import { createQuote, toPlainText } from "../../provider/client/quote";

const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const accessToken = `${part({ alg: "HS256", typ: "JWT" })}.${part({ sub: "acct_1", exp: 4e9 })}.c2lnbmF0dXJlLW9mLXRoZS10b2tlbg`;
const quote = createQuote(accessToken);

test.each([
  ["line breaks and tabs", "a\r\nb\tc\u2028d", "a b c d"],
  ["colours and cursor movements", "\u001b[31mred\u001b[0m \u001b[2Jclear", "red clear"],
  ["a window title, ended by BEL or ST", "\u001b]0;title\u0007a\u001b]8;;http://x\u001b\\b", "ab"],
  ["C1 sequences", "\u009b31mred\u009d0;title\u009c\u0085end", "red end"],
  ["other control characters", "a\u0000\u0008\u007f\u0090b", "ab"],
  ["bidirectional overrides and invisible characters", "a\u202eb\u2066c\u200b\ufeffd", "abcd"],
  ["half a surrogate pair", "a\ud800b", "ab"],
  ["letters of any language", "Café 服务器 😀", "Café 服务器 😀"],
])("plain text has no %s", (_, text, plain) => {
  expect(toPlainText(text)).toBe(plain);
});

test.each([
  ["whole", accessToken],
  ["cut short", accessToken.slice(0, 20)],
  ["without its beginning", accessToken.slice(-20)],
  ["in a URL", encodeURIComponent(accessToken)],
  ["in Base64", Buffer.from(accessToken).toString("base64")],
  ["in Base64 of the whole header", Buffer.from(`Bearer ${accessToken}`).toString("base64").slice(12, -4)],
  ["broken over two lines", `${accessToken.slice(0, 30)}\n${accessToken.slice(30)}`],
  ["hidden by an invisible character", `${accessToken.slice(0, 10)}\u200b${accessToken.slice(10)}`],
  ["another account's, cut short", "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0"],
  ["a server token", "pt_live_0123456789abcdef"],
  ["a server token, cut short", "pt_live_01"],
])("a token is redacted: %s", (_, form) => {
  expect(quote(`bad ${form} here`)).toMatch(/^bad \[secret\]( ?\[secret\])*=* here$/);
});

test("no sixteen consecutive characters of the access token survive, wherever they are", () => {
  fc.assert(
    fc.property(fc.nat(), fc.nat({ max: 60 }), fc.string(), fc.string(), (at, length, before, after) => {
      const start = at % (accessToken.length - 16);
      const fragment = accessToken.slice(start, start + 16 + length);
      expect(quote(`${before} ${fragment} ${after}`)).not.toContain(fragment);
    }),
  );
});

test("a short access token is redacted whole, and other words stay", () => {
  expect(createQuote("canary-token")("the canary-token is not a canary")).toBe(
    "the [secret] is not a canary",
  );
});
