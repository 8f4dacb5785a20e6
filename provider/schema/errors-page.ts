import { errorCodes } from "../spec";

/** `docs/errors.md`: every code that a message can end with. */
export function renderErrors(): string {
  const sections = Object.entries(errorCodes).map(
    ([code, { meaning, remedy }]) => `## ${code}\n\n${meaning}\n\n**What to do:** ${remedy}\n`,
  );
  return [
    "<!-- Generated from provider/spec/error-codes.ts by `npm run generate`; do not edit. -->",
    "# Errors\n",
    "Every error of the provider ends with its code in brackets. The meaning of a code never changes.\n",
    ...sections,
  ].join("\n");
}
