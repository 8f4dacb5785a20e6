import { setMaxListeners } from "node:events";
import * as grpc from "@grpc/grpc-js";
import { createClient, type DeadlineOptions } from "../../client";
import { type Notice, type Run, startRun } from "../../lifecycle";
import type { Configuration } from "../../settings";
import { serverResource, withoutOnlyDynamic } from "../../spec";
import { createEngineLog, type EngineLog, type LogProtocol } from "../engine-log";
import { toErrorResponse } from "./errors";

/** A state that comes from the dynamic form may hold others: they have no meaning here. */
const INPUTS = withoutOnlyDynamic(serverResource.inputs);

/** State that the process keeps between requests, and the requests that are still running. */
export class Session {
  /** The URN of the configured provider; empty where the engine does not tell. */
  providerUrn = "";
  /** Components by the URNs of the servers that this process has registered in them. */
  readonly components = new Map<string, string>();
  #configuration: Configuration | undefined;
  #run: Run | undefined;
  #log: EngineLog;
  #cancellation = startCancellation();
  readonly #underWay = new Set<Promise<unknown>>();

  constructor(private readonly engineAddress: string | undefined) {
    this.#log = createEngineLog(engineAddress, loadLogProtocol);
  }

  /** Takes the engine's address from its handshake; an engine that attaches to us gave none at the start. */
  connect(engineAddress: string): void {
    this.#log = createEngineLog(engineAddress || this.engineAddress, loadLogProtocol);
  }

  configure(configuration: Configuration, providerUrn: string): void {
    this.#configuration = configuration;
    this.providerUrn = providerUrn;
    this.#startRun(configuration);
  }

  /** What the current run of the engine knows. */
  get run(): Run {
    if (this.#run === undefined) throw new Error("the provider is not configured");
    return this.#run;
  }

  /** Shows notices at a resource or, with an empty URN, at the stack. */
  async log(urn: string, notices: readonly Notice[]): Promise<void> {
    await this.#log.write(urn, notices);
  }

  /** Lookups carry no timeout and no URN, and reads no timeout in the protocol of older engines and SDKs. */
  limits(request: { getTimeout?(): number; getUrn?(): string } = {}): DeadlineOptions {
    const timeoutSeconds = request.getTimeout?.() ?? 0;
    const urn = request.getUrn?.() ?? "";
    return {
      timeoutMs: timeoutSeconds > 0 ? timeoutSeconds * 1000 : undefined,
      cancelled: this.#cancellation.signal,
      report: (message) => void this.log(urn, [{ severity: "info", message, isEphemeral: true }]),
    };
  }

  /** Makes a gRPC method of a function: rejections are sent, never thrown. Stopping waits for its calls. */
  unary<Request, Response>(
    work: (request: Request) => Response | Promise<Response>,
    { isAwaited = true } = {},
  ): grpc.handleUnaryCall<Request, Response> {
    return ({ request }, callback) => {
      const call = Promise.resolve(request)
        .then(work)
        .then(
          (response) => callback(null, response),
          (error: unknown) => callback(toErrorResponse(error)),
        );
      if (isAwaited) this.track(call);
    };
  }

  /** Counts work as under way until it ends. */
  track(work: Promise<unknown>): void {
    this.#underWay.add(work);
    void work.finally(() => this.#underWay.delete(work));
  }

  /** Ends pauses and pending reads, but no create in flight. */
  abort(): void {
    this.#cancellation.abort();
    this.#cancellation = startCancellation();
  }

  /** Ends the run, and forgets what it knew. */
  cancel(): void {
    this.abort();
    if (this.#configuration !== undefined) this.#startRun(this.#configuration);
  }

  get isIdle(): boolean {
    return this.#underWay.size === 0;
  }

  /** Resolves when no operation is under way. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#underWay);
  }

  #startRun(configuration: Configuration): void {
    this.#run = startRun({ client: createClient(configuration), configuration, inputFields: INPUTS });
  }
}

/** Every request under way listens to the signal, which is not a leak. */
function startCancellation(): AbortController {
  const cancellation = new AbortController();
  setMaxListeners(0, cancellation.signal);
  return cancellation;
}

/** By `require`, because `import()` can't detect these modules' named exports. */
function loadLogProtocol(): LogProtocol {
  return {
    grpc,
    ...(require("@pulumi/pulumi/proto/engine_grpc_pb") as Pick<LogProtocol, "EngineClient">),
    ...(require("@pulumi/pulumi/proto/engine_pb") as Pick<LogProtocol, "LogRequest" | "LogSeverity">),
  };
}
