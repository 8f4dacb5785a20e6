import type { Struct } from "google-protobuf/google/protobuf/struct_pb";
import type { Notice } from "../../lifecycle";
import { type Decoded, decode } from "./properties";

/**
 * Reads the properties of one request, and keeps what is secret in them out of whatever the provider says about it: a program
 * may declare any input secret, also a server's name, and the engine masks only what its configuration holds.
 */
export interface Confidential {
  read(struct: Struct | undefined): Decoded;
  redact(text: string): string;
  redactNotices(notices: readonly Notice[]): Notice[];
  /** The same error, with its text redacted. */
  redactError(error: unknown): unknown;
}

export function createConfidential(): Confidential {
  const secrets = new Set<string>();
  const redact = (text: string) =>
    [...secrets].reduce((shown, secret) => shown.replaceAll(secret, "[secret]"), text);
  return {
    read(struct) {
      const decoded = decode(struct);
      for (const key of decoded.secrets) {
        const value = decoded.values[key];
        if (typeof value !== "string" || value === "") continue;
        // As it is, and as it stands in a quoted string.
        secrets.add(value).add(JSON.stringify(value).slice(1, -1));
      }
      return decoded;
    },
    redact,
    redactNotices: (notices) =>
      notices.map(({ severity, message }) => ({ severity, message: redact(message) })),
    redactError(error) {
      if (error instanceof Error) error.message = redact(error.message);
      return error;
    },
  };
}
