import path from "node:path";
import { startReference } from "../provider/reference";
import { findChromium, withChromium } from "./chromium";
import { ROOT } from "./root";

/** Writes docs/reference.png: the reference's page with something to see on it. */
async function main(): Promise<void> {
  const executable = findChromium();
  if (executable === undefined) throw new Error("There is no Chromium on PATH.");
  const reference = await startReference({
    seed: {
      accounts: [{ id: "acct_staging", plan: "starter" }],
      servers: [
        { name: "Staging", accountId: "acct_staging" },
        {
          name: "Newsletter",
          streams: [
            { name: "Weekly News", type: "broadcast" },
            { name: "Replies", type: "inbound" },
          ],
        },
      ],
    },
    faults: [{ route: "getServer", outcome: { kind: "response", status: 503, body: "" } }],
  });
  const headers = { authorization: `Bearer ${reference.accessToken}`, "content-type": "application/json" };
  const send = async (method: string, route: string, body?: object) =>
    (
      await fetch(`${reference.url}${route}`, {
        method,
        headers,
        ...(body && { body: JSON.stringify(body) }),
      })
    ).text();
  await send("GET", "/v1/servers");
  const { id } = JSON.parse(await send("POST", "/v1/servers", { name: "Production App" })) as { id: string };
  await send("POST", "/v1/servers", { name: "" });
  await send("GET", `/v1/servers/${id}`);
  await send("GET", `/v1/servers/${id}`);
  await send("GET", "/v1/servers");
  reference.faults.add({ route: "createServer", outcome: { kind: "reset" } });
  reference.faults.add({ route: "listServers", skip: 2, times: 3, outcome: { kind: "delay", ms: 2000 } });
  await withChromium(executable, { width: 1100, height: 690 }, async (browser) => {
    const page = await browser.newPage();
    await page.goto(`${reference.url}/`);
    await page.waitForSelector("#state.live");
    await page.screenshot({ path: path.join(ROOT, "docs/reference.png") });
  });
  await reference.stop();
}

void main();
