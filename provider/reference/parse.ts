import type * as z from "zod/mini";
import { en } from "zod/v4/locales";
import { RefusedError } from "./responses";

const { localeError } = en();

/** Parses a value, or throws a RefusedError (400) that lists every problem; one of the value itself is reported as `name`. */
export function parse<Value>(schema: z.ZodMiniType<Value>, value: unknown, name: string): Value {
  const parsed = schema.safeParse(value, { error: localeError });
  if (parsed.success) return parsed.data;
  const reasons = parsed.error.issues.map(({ path, message }) => `${path.join(".") || name}: ${message}`);
  throw new RefusedError(400, reasons);
}
