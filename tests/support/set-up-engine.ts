import path from "node:path";
import { provideEngine } from "../../tools/engine/engine";

/** Puts the real engine on PATH for the tests of the project. */
export default async function setUpEngine(): Promise<void> {
  const folders = await provideEngine((line) => console.error(line));
  process.env.PATH = [...folders, process.env.PATH].join(path.delimiter);
}
