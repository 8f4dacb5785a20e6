import { type AddressInfo, createServer, type Server } from "node:net";

/**
 * Listens on a free port of this machine, prints it, and then calls what loads and serves the rest. stdout takes nothing
 * else. Loading is half of the start: the engine reads the port and connects in the meantime.
 */
export function listen(serve: (listener: Server) => void): void {
  const listener = createServer();
  listener.on("error", ({ message }) => {
    if (!listener.listening) fail(`cannot listen: ${message}`);
    // A connection that could not be taken; those that are there go on.
    console.error(`postject: ${message}`);
  });
  listener.listen(0, "127.0.0.1", () => {
    console.log((listener.address() as AddressInfo).port);
    try {
      serve(listener);
    } catch (error) {
      fail(`cannot start: ${error instanceof Error ? error.stack : error}`);
    }
  });
}

/** Ends the process with a line for the engine, which shows stderr. */
export function fail(problem: string): never {
  console.error(`postject: ${problem}`);
  process.exit(1);
}
