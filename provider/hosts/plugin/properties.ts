import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { type CheckFailure, isMap, type Properties, UNKNOWN } from "../../settings";
import { fromSentinel, toSentinel } from "../unknown";

/** The key that marks an object as a wrapped value, and what it holds where the value is a secret. */
const SIGNATURE_KEY = "4dabf18193072939515e22adb298388d";
const SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270";
const OUTPUT_SIGNATURE = "d0e6a833031e9bbcd3f4e8bde6ca49a4";

type Json = Parameters<typeof Struct.fromJavaScript>[0];

/** Properties with their wrappings taken off, and which of them were secret. */
export interface Decoded {
  readonly values: Properties;
  readonly secrets: ReadonlySet<string>;
}

/** Reads what the engine sent; the engine leaves a struct out where it has nothing to say. */
export function decode(struct: Struct | undefined): Decoded {
  return decodeProperties(struct?.toJavaScript() ?? {});
}

/** The same, of properties that have been taken out of their struct. */
export function decodeProperties(properties: Properties): Decoded {
  const values: Record<string, unknown> = {};
  const secrets = new Set<string>();
  for (const [key, wrapped] of Object.entries(properties)) {
    const { value, isSecret } = unwrap(wrapped);
    if (isSecret) secrets.add(key);
    values[key] = value;
  }
  return { values, secrets };
}

/** Writes properties for the engine, those named in `secrets` wrapped. Undefined values are left out. */
export function encode(values: Properties, ...secrets: readonly Iterable<string>[]): Struct {
  const secret = new Set(secrets.flatMap((names) => [...names]));
  const entries = Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => [key, wrap({ value, isSecret: secret.has(key) })]);
  return toStruct(Object.fromEntries(entries));
}

/** The encoder refuses `undefined` at any depth, which JSON drops. */
export function toStruct(values: Properties): Struct {
  return Struct.fromJavaScript(JSON.parse(JSON.stringify(values)) as Json);
}

/** A value without the wrappings around it, and what they said. */
export interface Unwrapped {
  /** UNKNOWN if it is not known yet. Values inside it may be wrapped in turn. */
  readonly value: unknown;
  readonly isSecret: boolean;
  /** URNs of the resources that it comes from. */
  readonly dependencies: readonly string[];
}

/** Takes the wrappings off one value; what was said of the map that holds it (`outer`) holds for it too. */
export function unwrap(wrapped: unknown, outer?: Unwrapped): Unwrapped {
  const { isSecret = false, dependencies = [] } = outer ?? {};
  const { [SIGNATURE_KEY]: signature, ...said } = isMap(wrapped) ? wrapped : {};
  if (signature === SECRET_SIGNATURE)
    return unwrap(said.value, { value: wrapped, isSecret: true, dependencies });
  if (signature !== OUTPUT_SIGNATURE) return { value: fromSentinel(wrapped), isSecret, dependencies };
  const own = Array.isArray(said.dependencies) ? said.dependencies.map(String) : [];
  const inner = {
    value: wrapped,
    isSecret: isSecret || said.secret === true,
    dependencies: [...dependencies, ...own],
  };
  return "value" in said ? unwrap(said.value, inner) : { ...inner, value: UNKNOWN };
}

/** Whether a value tells by itself, anywhere in it, which resources it comes from. */
export function hasOutputs(wrapped: unknown): boolean {
  return JSON.stringify(wrapped ?? null).includes(`"${OUTPUT_SIGNATURE}"`);
}

/** Writes a value for the engine as component properties hold it: unknowns as sentinels, secrets wrapped. */
export function wrap({ value, isSecret }: Pick<Unwrapped, "value" | "isSecret">): unknown {
  const plain = toSentinel(value);
  return isSecret ? { [SIGNATURE_KEY]: SECRET_SIGNATURE, value: plain } : plain;
}

/** Without what is not known yet. */
export function withoutUnknown(values: Properties): Properties {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== UNKNOWN));
}

/** The response to Check and CheckConfig. */
export function toCheckResponse(
  inputs: Properties,
  failures: readonly CheckFailure[],
  secrets: Iterable<string>,
): rpc.CheckResponse {
  const response = new rpc.CheckResponse();
  response.setInputs(encode(inputs, secrets));
  for (const { property, reason } of failures) {
    const failure = new rpc.CheckFailure();
    failure.setProperty(property);
    failure.setReason(reason);
    response.addFailures(failure);
  }
  return response;
}
