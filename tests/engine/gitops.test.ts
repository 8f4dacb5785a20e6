import { mkdirSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { deleteOutside, namesOf } from "../support/account";
import { useFolder, useReference, useWorkspace } from "../support/fixtures";
import { type GitHubEvent, type JobResult, runWorkflow } from "../support/github";
import { commandsIn, follow, openTerminal } from "../support/terminal";

const EXAMPLE = "examples/gitops";

const reference = useReference({ per: "file" });
const workspace = useWorkspace(EXAMPLE, { per: "file" });
let tokenService: Server;
let minted: string[];
let expiresInSeconds = 60;
const home = useFolder({ per: "file" });

beforeAll(async () => {
  mkdirSync(path.join(home.path, "state"));
  minted = [];
  // Both services that mint-token.mjs talks to: GitHub's, which says who the runner is, and the team's own.
  tokenService = createServer(async (request, response) => {
    const isGitHub = request.method === "GET";
    const expected = isGitHub ? "Bearer of-the-runner" : "Bearer identity-for-postject";
    if (request.headers.authorization !== expected) return response.writeHead(401).end();
    const audience = new URL(request.url ?? "", "http://localhost").searchParams.get("audience");
    if (isGitHub) return response.end(JSON.stringify({ value: `identity-for-${audience}` }));
    const accessToken = await reference.mintAccessToken(reference.account, { expiresInSeconds });
    minted.push(accessToken);
    response.end(JSON.stringify({ accessToken }));
  });
  await new Promise<void>((done) => tokenService.listen(0, "127.0.0.1", done));
});

afterAll(() => {
  tokenService.close();
});

/** What GitHub would pass to a workflow. */
function event(name: string, details: object = {}): GitHubEvent {
  const url = `http://127.0.0.1:${(tokenService.address() as AddressInfo).port}/`;
  return {
    github: { event_name: name, repository: "acme/mail", event: details },
    vars: { PULUMI_BACKEND_URL: `file://${home.path}/state`, TOKEN_SERVICE_URL: url },
    secrets: { PULUMI_CONFIG_PASSPHRASE: "of-the-pipeline" },
    env: {
      ACTIONS_ID_TOKEN_REQUEST_URL: `${url}?api-version=2.0`,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: "of-the-runner",
      POSTJECT_ENDPOINT: reference.url,
    },
  };
}

const pullRequest = (action: string, repository = "acme/mail") =>
  event("pull_request", {
    action,
    number: 42,
    pull_request: { head: { repo: { full_name: repository } } },
  });

const run = (workflow: string, of: GitHubEvent) => runWorkflow(EXAMPLE, `.github/workflows/${workflow}`, of);

const ended = (results: readonly JobResult[]) =>
  results.map(({ job, exitCode, printed }) => ({ job, exitCode, ...(exitCode !== 0 && { printed }) }));

test("a pull request gets an environment that is destroyed when it is closed, and each run mints its own token", async () => {
  const up = await run("preview-environment.yml", pullRequest("opened"));
  expect(ended(up)).toEqual([{ job: "up", exitCode: 0 }]);
  expect(namesOf(reference)).toEqual(["pr-42 app", "pr-42 newsletter"]);
  expiresInSeconds = -60;
  const [refused] = await run("preview-environment.yml", pullRequest("closed"));
  expect(refused?.printed).toContain("[access-token-expired]");
  expect(namesOf(reference)).toHaveLength(2);
  expiresInSeconds = 60;
  const destroyed = await run("preview-environment.yml", pullRequest("closed"));
  expect(ended(destroyed)).toEqual([{ job: "destroy", exitCode: 0 }]);
  expect(namesOf(reference)).toEqual([]);
  expect(new Set(minted).size).toBe(3);
  const runs = [...up, ...(refused === undefined ? [] : [refused]), ...destroyed];
  expect(runs.map(({ environment }) => environment)).toEqual(
    minted.map((token) => `POSTJECT_ACCESS_TOKEN=${token}\n`),
  );
  for (const token of minted) expect(runs.map(({ printed }) => printed).join()).not.toContain(token);
});

test("production goes up; the next `up` recreates what the drift check misses, and a rename outside Pulumi loses no server", async () => {
  const { vars, secrets, env } = event("by hand");
  const terminal = openTerminal(workspace, {
    env,
    placeholders: {
      "<state backend>": vars.PULUMI_BACKEND_URL ?? "",
      "<passphrase>": secrets.PULUMI_CONFIG_PASSPHRASE ?? "",
      "<access token>": reference.accessToken,
    },
  });
  await follow(terminal, commandsIn("docs/gitops.md"));
  expect(terminal.npm()).toEqual(["npm install", "npm install --prefix policy"]);
  expect(namesOf(reference)).toEqual(["production app", "production newsletter"]);
  const idOf = (wanted: string) => reference.servers().find(({ name }) => name === wanted)?.id ?? "";
  expect(ended(await run("postject.yml", event("schedule")))).toEqual([{ job: "drift", exitCode: 0 }]);
  await deleteOutside(reference, idOf("production newsletter"));
  reference.clock.advance(60_000);
  const [drift] = await run("postject.yml", event("schedule"));
  expect(drift).toMatchObject({ job: "drift", exitCode: 7 });
  expect(drift?.printed).toContain("re-run the last job `up`");
  expect(ended(await run("postject.yml", event("push")))).toEqual([{ job: "up", exitCode: 0 }]);
  expect(namesOf(reference)).toEqual(["production app", "production newsletter"]);
  reference.rename(idOf("production app"), "renamed by hand");
  const [renamed] = await run("postject.yml", event("schedule"));
  expect(renamed).toMatchObject({ job: "drift", exitCode: 1 });
  expect(renamed?.printed).toContain("[deletion-protected]");
  expect(namesOf(reference)).toEqual(["production newsletter", "renamed by hand"]);
});

test("the policy pack refuses a preview that would leave production unprotected", async () => {
  reference.reset();
  const { env, ...of } = pullRequest("opened");
  const [preview] = await run("postject.yml", {
    ...of,
    env: { ...env, POSTJECT_DELETION_PROTECTION: "false" },
  });
  expect(preview).toMatchObject({ job: "preview", exitCode: 1 });
  expect(preview?.printed).toContain("production-servers-are-protected");
});

test.each(["postject.yml", "preview-environment.yml"])("%s runs nothing for a fork", async (workflow) => {
  expect(await run(workflow, pullRequest("opened", "somebody/mail"))).toEqual([]);
});
