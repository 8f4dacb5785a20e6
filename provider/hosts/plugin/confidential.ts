import type { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { toPlainText } from "../../client";
import type { Notice } from "../../lifecycle";
import { type Decoded, decodeProperties, unwrap } from "./properties";

/**
 * Reads the properties of one request, and keeps what is secret in them out of whatever the provider says
 * about it: a program may declare any input secret, also a server's name, and the engine masks only what its
 * configuration holds.
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
  function collect(wrapped: unknown, isInSecret: boolean): void {
    const { value, isSecret } = unwrap(wrapped);
    if (typeof value === "object" && value !== null)
      for (const part of Object.values(value)) collect(part, isInSecret || isSecret);
    if (typeof value !== "string" || value === "" || !(isSecret || isInSecret)) return;
    // As it is, as messages show it, and each as it stands in a quoted string.
    for (const text of [value, toPlainText(value)]) secrets.add(text).add(JSON.stringify(text).slice(1, -1));
  }
  function redact(text: string): string {
    if (secrets.size === 0) return text;
    // Longest first, so that a secret which is part of another one leaves nothing of that.
    const patterns = [...secrets].toSorted((a, b) => b.length - a.length).map(escapeRegExp);
    return text.replace(new RegExp(patterns.join("|"), "g"), "[secret]");
  }
  return {
    read(struct) {
      const properties = struct?.toJavaScript() ?? {};
      collect(properties, false);
      return decodeProperties(properties);
    },
    redact,
    redactNotices: (notices) => notices.map((notice) => ({ ...notice, message: redact(notice.message) })),
    redactError(error) {
      if (!(error instanceof Error)) return error;
      error.message = redact(error.message);
      error.stack = redact(error.stack ?? "");
      return error;
    },
  };
}

function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}
