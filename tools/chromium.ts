import { execFileSync } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { type BrowserContext, chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** Switches off what a browser does unasked: updates, reports, first-run pages. */
const QUIET = [
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * Path of a Chromium on PATH, if there is one. In CI, as root on a Debian-like system, a missing one is
 * installed; elsewhere the system is left as it is.
 */
export function findChromium(): string | undefined {
  const found = findOnPath();
  if (found !== undefined || process.env.CI !== "true" || process.getuid?.() !== 0) return found;
  try {
    const quiet = { stdio: "ignore", env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" } } as const;
    execFileSync("apt-get", ["update", "-q"], quiet);
    execFileSync("apt-get", ["install", "-qy", "--no-install-recommends", "chromium"], quiet);
  } catch {
    return undefined;
  }
  return findOnPath();
}

function findOnPath(): string | undefined {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  return folders
    .flatMap((folder) => NAMES.map((name) => path.join(folder, name)))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Opens a headless Chromium with a profile of its own, does something in it, and leaves nothing behind. */
export async function withChromium(
  executablePath: string,
  size: { readonly width: number; readonly height: number },
  use: (browser: BrowserContext) => Promise<void>,
): Promise<void> {
  const profile = mkdtempSync(path.join(tmpdir(), "pulumi-postject-chromium-"));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath,
    headless: true,
    chromiumSandbox: process.getuid?.() !== 0,
    args: QUIET,
    viewport: size,
    deviceScaleFactor: 1,
  });
  try {
    await use(browser);
  } finally {
    await browser.close();
    rmSync(profile, { recursive: true, force: true });
  }
}
