import path from "node:path";
import { provideEngine } from "./engine";

/** Sets up the engine if necessary. The last line printed is what to put on PATH. */
provideEngine((line) => console.error(line)).then(
  (folders) => console.log(folders.join(path.delimiter)),
  (error: Error) => {
    console.error(error.message);
    process.exit(1);
  },
);
