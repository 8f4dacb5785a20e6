import type { Page } from "playwright-core";
import { findChromium, withChromium } from "../../tools/chromium";
import { type RunningCommand, startCommand } from "../support/reference-command";
import { control, create } from "../support/send";

const chromium = findChromium();
const inBrowser = chromium === undefined ? test.skip : test;
const named = (name: string) => (chromium === undefined ? `${name} (skipped: no Chromium on PATH)` : name);

const PHONE = { width: 360, height: 740 };

let command: RunningCommand;

beforeEach(async () => {
  command = await startCommand();
});

/** Opens a page on a phone, and fails if it loads anything from elsewhere or reports an error. */
async function onPhone(path: string, look: (page: Page) => Promise<void>): Promise<void> {
  await withChromium(chromium ?? "", PHONE, async (browser) => {
    const page = await browser.newPage();
    const wrong: string[] = [];
    page.on("request", (request) => {
      if (!request.url().startsWith(command.url) && !request.url().startsWith("data:"))
        wrong.push(request.url());
    });
    page.on("pageerror", (error) => wrong.push(error.message));
    page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
    await page.goto(command.url + path);
    await look(page);
    expect(wrong).toEqual([]);
    const width = await page.evaluate("document.documentElement.scrollWidth");
    expect(width).toBe(PHONE.width);
  });
}

inBrowser(
  named(
    "the page shows how to connect, then servers, streams, requests and faults as they come, and no token",
  ),
  () =>
    onPhone("/", async (page) => {
      await page.waitForSelector("#state.live");
      expect(await page.textContent("#servers")).toBe("none");
      expect(await page.textContent("#connect")).toContain(
        `eval "$(npx postject-reference env --port ${new URL(command.url).port})"`,
      );
      const { token } = await create(command, `<b>${"Name".repeat(50)}</b>`);
      await control(command, "POST", "faults", { route: "getServer", times: 3, outcome: { kind: "reset" } });
      await page.waitForSelector("#faults .warm");
      expect(await page.textContent("#servers")).toContain("<b>NameName");
      expect(await page.textContent("#servers")).toContain("Transactional");
      expect(await page.textContent("#requests")).toContain("POST/v1/servers201");
      expect(await page.textContent("#faults")).toContain("resetgetServer3 requests");
      expect(await page.isVisible("#connect")).toBe(false);
      expect(await page.content()).not.toContain(token);
    }),
);

inBrowser(
  named("the docs page shows every route with its schemas, and where an access token comes from"),
  () =>
    onPhone("/_reference/docs", async (page) => {
      const routes = await page.locator("summary").allTextContents();
      for (const route of ["POST /v1/servers Create a server", "GET /_reference/snapshot"])
        expect(routes).toContainEqual(expect.stringContaining(route));
      await page.getByText("POST /v1/servers Create a server").click();
      await page.getByText('"name": "Production App"').first().waitFor();
      await page.getByRole("link", { name: "CreatedServer" }).click();
      await page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true");
      await page.getByText("npx postject-reference env").waitFor();
    }),
);

inBrowser(named("both pages follow the dark mode and link to each other"), () =>
  onPhone("/_reference/docs", async (page) => {
    const textColor = () => page.evaluate("getComputedStyle(document.body).color");
    for (const link of ["Servers, requests and faults", "All routes"]) {
      await page.emulateMedia({ colorScheme: "light" });
      const light = await textColor();
      await page.emulateMedia({ colorScheme: "dark" });
      expect(await textColor()).not.toBe(light);
      await page.getByRole("link", { name: link }).click();
      await page.waitForLoadState();
    }
    expect(new URL(page.url()).pathname).toBe("/_reference/docs");
  }),
);

test("the pages load nothing from elsewhere and cannot be framed", async () => {
  for (const path of ["/", "/_reference/docs"]) {
    const policy = (await fetch(command.url + path)).headers.get("content-security-policy");
    expect(policy).toMatch(/^default-src 'self' 'unsafe-inline';.* frame-ancestors 'none'/);
  }
});
