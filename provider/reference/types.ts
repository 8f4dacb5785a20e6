import type { Plan, RouteName } from "../spec";

// The public types stand apart from the zod schemas that check them: zod is bundled into the package, so the
// declarations of `pulumi-postject/reference` must not name it.

/** Any of an object's properties, but no others. */
type Some<Whole> = { readonly [Key in keyof Whole]?: Whole[Key] | undefined };

export interface Account {
  /** The `sub` of its access tokens. */
  readonly id: string;
  readonly plan: Plan;
  /** Agreed number of servers; only the plan `scale` has one. */
  readonly serverLimit?: number | undefined;
}

/** By default the plan is `professional`, which has no limit, and the id `acct_` plus random characters. */
export type AccountOptions = Some<Account>;

export interface StoredStream {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
  readonly type: string;
  readonly description: string | null;
  readonly createdAt: string;
}

/** A server as GET returns it, and the account that owns it. */
export interface StoredServer {
  readonly accountId: string;
  readonly id: string;
  readonly name: string;
  readonly token: string;
  readonly createdAt: string;
  readonly streams: StoredStream[];
}

/** A stream to create. The default slug is the name in lower case, with dashes. */
export type StreamDraft = Some<StoredStream> & Pick<StoredStream, "name" | "type">;

/** A server to create. What is left out is filled in as Postject would, with the three default streams. */
export type ServerDraft = Some<Omit<StoredServer, "accountId" | "streams">> & {
  readonly name: string;
  readonly streams?: readonly StreamDraft[] | undefined;
};

/** What to add to a reference. Servers belong to the first account unless they name another. */
export interface Seed {
  readonly accounts?: readonly (AccountOptions & { readonly id: string })[] | undefined;
  readonly servers?: readonly (ServerDraft & { readonly accountId?: string | undefined })[] | undefined;
}

/** Everything a reference holds except its signing secret, in the order it was created. */
export interface Snapshot {
  readonly formatVersion: 1;
  readonly accounts: readonly Account[];
  readonly servers: readonly StoredServer[];
}

export interface AccessTokenOptions {
  /** Seconds from now; negative for an expired token. The default is 30 days. */
  readonly expiresInSeconds?: number | undefined;
  /** Sign with another secret, so that the API rejects the token. */
  readonly wrongSignature?: boolean | undefined;
  /** Omit `sub`. Such a token belongs to no account and is rejected. */
  readonly withoutSubject?: boolean | undefined;
  /** Additional claims, which override `iat`, `exp` and `sub`. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
}

/** What a client gets instead of the correct response. */
export type FaultOutcome =
  /** The connection is reset. */
  | { readonly kind: "reset" }
  /** No response, ever. */
  | { readonly kind: "hang" }
  /** The correct response, late. */
  | { readonly kind: "delay"; readonly ms: number }
  /** The correct response, one byte every `ms` milliseconds. */
  | { readonly kind: "drip"; readonly ms: number }
  /** The correct response, cut off in the middle of its body. */
  | { readonly kind: "truncate" }
  /** A different response. A string body is sent as is, anything else as JSON. */
  | {
      readonly kind: "response";
      readonly status: number;
      readonly body?: unknown;
      readonly headers?: Readonly<Record<string, string>> | undefined;
    }
  /** A response of this many bytes. */
  | { readonly kind: "huge"; readonly bytes: number }
  /** A list without the servers created since the rule was added, by the reference's clock. */
  | { readonly kind: "stale" };

export interface FaultRule {
  /** Which requests the rule matches; all by default. */
  readonly route?: RouteName | undefined;
  /** How many matching requests succeed first; 0 by default. */
  readonly skip?: number | undefined;
  /** How many matching requests fail after that; 1 by default. */
  readonly times?: number | undefined;
  /** Whether the request takes effect even though its response fails; `true` by default. */
  readonly commit?: boolean | undefined;
  readonly outcome: FaultOutcome;
}

/** A rule that is not used up, when it was added, and how many requests have matched it since. */
export interface ActiveFault extends FaultRule {
  readonly addedAt: string;
  readonly seen: number;
}

export interface Faults {
  /** Adds a rule; throws a RefusedError if invalid. Requests meet the first matching rule not used up. */
  add(rule: FaultRule): void;
  /** The rules that are not used up, in the order they were added. */
  list(): ActiveFault[];
  clear(): void;
}

/** The reference's time, which tests can move. Pauses, such as those of a fault, still take real time. */
export interface Clock {
  /** Milliseconds since 1970, like `Date.now()`. */
  now(): number;
  /** Moves the clock forward or, if negative, back. Throws a RefusedError outside the years 1970 to 9999. */
  advance(ms: number): void;
}

/** One request to the API and its outcome. Contains no token. */
export interface LoggedRequest {
  readonly at: string;
  readonly method: string;
  /** Without its query; truncated to 256 characters. */
  readonly path: string;
  /** The matching route of the spec; undefined for any other path. */
  readonly route: RouteName | undefined;
  readonly accountId: string | undefined;
  readonly userAgent: string | undefined;
  /** The response's status; undefined if the client got no complete response. */
  readonly status: number | undefined;
  /** The fault that the request met. */
  readonly fault: FaultOutcome["kind"] | undefined;
  /** From the request's head to its response, without what a fault added. */
  readonly elapsedMs: number;
}

/** Lists only requests with these values; undefined matches any. */
export type RequestFilter = Some<Pick<LoggedRequest, "method" | "route" | "path" | "status" | "accountId">>;

export interface ReferenceOptions {
  /** 0, the default, takes a free port. */
  readonly port?: number;
  /** Address or name to listen on. The default, `127.0.0.1`, is reachable from this machine only. */
  readonly host?: string;
  /** Plan of the first account; the default, `professional`, has no limit. */
  readonly plan?: Plan;
  /** Agreed number of servers of the first account, for the plan `scale`. */
  readonly serverLimit?: number;
  /** SQLite file for accounts, servers and the signing secret, created if missing. In memory by default. */
  readonly dataFile?: string;
  /** Added at the start, unless the data file already has servers. */
  readonly seed?: Seed;
  /** Faults to start with. */
  readonly faults?: readonly FaultRule[];
  /** Whether to serve the pages and the control plane under `/_reference/`; `true` by default. */
  readonly control?: boolean;
  /**
   * Host names that the control plane accepts besides addresses, `localhost` and `host`: for example those by
   * which other containers reach this one. Any other name is refused, because a web page could have pointed
   * it here (DNS rebinding).
   */
  readonly controlHosts?: readonly string[];
  /** Called with each request to the API when its response is ready. */
  readonly onRequest?: (request: LoggedRequest) => void;
}

export interface Reference {
  /** What programs configure as `endpoint`. */
  readonly url: string;
  /** An access token for the first account, valid for 30 days. */
  readonly accessToken: string;
  /** The first account. */
  readonly account: Account;
  /** All accounts in the order they were created. */
  accounts(): Account[];
  /** Servers in the order they were created; of all accounts unless one is given. */
  servers(accountId?: string): StoredServer[];
  /** The last 10,000 requests to the API, oldest first. */
  requests(filter?: RequestFilter): LoggedRequest[];
  /** How many requests the API has received. */
  requestCount(): number;
  readonly faults: Faults;
  /**
   * The clock behind `createdAt`, the `Date` header, access tokens, the request log and faults. Moving it
   * ages servers and expires access tokens.
   */
  readonly clock: Clock;
  /** Removes servers, requests and faults, and resets the clock to system time; accounts and tokens stay. */
  reset(): void;
  /** Adds accounts and servers, all or none; existing accounts are updated. Ignores plan limits. */
  seed(seed: Seed): void;
  /** All accounts and servers, with their tokens, as plain JSON. */
  snapshot(): Snapshot;
  /** Replaces all accounts and servers. A snapshot must hold the first account; access tokens stay valid. */
  restore(snapshot: Snapshot): void;
  addAccount(options?: AccountOptions): Account;
  /** An access token for an account, by default the first. Rejects with a RefusedError if it is unknown. */
  mintAccessToken(account?: Pick<Account, "id">, options?: AccessTokenOptions): Promise<string>;
  /** Renames a server, which the API itself cannot do. */
  rename(id: string, name: string): void;
  /** Stops listening, gives requests in flight up to a second, and frees the port and the data file. */
  stop(): Promise<void>;
}
