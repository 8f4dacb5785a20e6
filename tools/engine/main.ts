import path from "node:path";
import { provideEngine } from "./engine";

/** Sets the engine up if need be; the last line it prints is what to put on PATH. */
provideEngine((line) => console.error(line)).then(
  (folders) => console.log(folders.join(path.delimiter)),
  (error: Error) => {
    console.error(error.message);
    process.exit(1);
  },
);
