import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { type Properties, UNKNOWN } from "../../lifecycle";
import { fromSentinel, toSentinel } from "../unknown";

/** The key that marks an object as a wrapped value, and what it holds where the value is a secret. */
const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";

type Json = Parameters<typeof Struct.fromJavaScript>[0];

/** Properties with their wrappings taken off, and which of them were secret. */
export interface Decoded {
  readonly values: Properties;
  readonly secrets: ReadonlySet<string>;
}

/** Reads what the engine sent; the engine leaves a struct out where it has nothing to say. */
export function decode(struct: Struct | undefined): Decoded {
  const values: Record<string, unknown> = {};
  const secrets = new Set<string>();
  for (const [key, wrapped] of Object.entries(struct?.toJavaScript() ?? {})) {
    const isWrapped = isSecret(wrapped);
    if (isWrapped) secrets.add(key);
    values[key] = fromSentinel(isWrapped ? wrapped.value : wrapped);
  }
  return { values, secrets };
}

/** Writes properties for the engine, those named in `secrets` wrapped. Values that are undefined are left out. */
export function encode(values: Properties, ...secrets: readonly Iterable<string>[]): Struct {
  const secret = new Set(secrets.flatMap((names) => [...names]));
  const entries = Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => {
      const plain = toSentinel(value);
      return [key, secret.has(key) ? { [SIGNATURE_KEY]: SECRET_SIGNATURE, value: plain } : plain];
    });
  // The encoder refuses `undefined` at any depth, which JSON drops.
  return Struct.fromJavaScript(JSON.parse(JSON.stringify(Object.fromEntries(entries))) as Json);
}

/** Without what is not known yet. */
export function withoutUnknown(values: Properties): Properties {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== UNKNOWN));
}

function isSecret(value: unknown): value is { value: unknown } {
  return (
    typeof value === "object" &&
    value !== null &&
    (value as Record<string, unknown>)[SIGNATURE_KEY] === SECRET_SIGNATURE
  );
}
