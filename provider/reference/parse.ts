import * as z from "zod/mini";
import { RefusedError } from "./answers";

const { localeError } = z.locales.en();

/** A value as a schema has it. Throws a RefusedError (400) that says of each part what is wrong; `whole` is what it all is. */
export function parse<Value>(schema: z.ZodMiniType<Value>, value: unknown, whole: string): Value {
  const parsed = schema.safeParse(value, { error: localeError });
  if (parsed.success) return parsed.data;
  const reasons = parsed.error.issues.map(({ path, message }) => `${path.join(".") || whole}: ${message}`);
  throw new RefusedError(400, reasons);
}
