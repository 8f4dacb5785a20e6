// PLACEHOLDER: replace this file with whatever mints your pipeline's access tokens.
//
// Prints a Postject access token that is valid for one run and stored nowhere. It shows the usual exchange:
// the runner proves who it is with a token of its CI system (OpenID Connect), and a service of your own, the
// only place that knows your Postject account, checks that and mints the access token.
//
// Reads TOKEN_SERVICE_URL, and what GitHub sets for a job with `permissions: id-token: write`.

/** @param {string} name */
function read(name) {
  const value = process.env[name];
  if (!value) fail(`${name} is not set`);
  return value;
}

/** @param {string} problem */
function fail(problem) {
  console.error(`mint-token: ${problem}`);
  process.exit(1);
}

/** @param {string} url @param {RequestInit} init @param {string} bearer */
async function send(url, init, bearer) {
  const response = await fetch(url, { ...init, headers: { authorization: `Bearer ${bearer}` } });
  if (!response.ok) fail(`${new URL(url).origin} returned ${response.status}`);
  return response.json();
}

const identityUrl = new URL(read("ACTIONS_ID_TOKEN_REQUEST_URL"));
identityUrl.searchParams.set("audience", "postject");
const { value: identity } = await send(
  identityUrl.href,
  { method: "GET" },
  read("ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
);
const { accessToken } = await send(read("TOKEN_SERVICE_URL"), { method: "POST" }, identity);
if (typeof accessToken !== "string") fail("the token service returned no accessToken");
console.log(accessToken);
