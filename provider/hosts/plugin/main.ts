import { type AddressInfo, createServer } from "node:net";

// Listens on a free port of this machine and prints it; stdout takes nothing else. What answers is loaded after that, half
// of the start: the engine reads the port and connects in the meantime.

const listener = createServer();
listener.once("error", ({ message }) => {
  console.error(`postject: cannot listen: ${message}`);
  process.exit(1);
});
listener.listen(0, "127.0.0.1", () => {
  console.log((listener.address() as AddressInfo).port);
  const { serve } = require("./serve") as typeof import("./serve");
  serve(listener);
});
