/** Makes text of the API fit for a message: without secrets, and without what a terminal would act on. */
export type Quote = (text: string) => string;

/** A piece of the access token this long is redacted wherever it appears; a shorter one helps nobody. */
const FRAGMENT_LENGTH = 16;

/** Longer text is cut before it is searched. Messages quote far less. */
const SEARCHED_LENGTH = 16_384;

/** Terminal sequences as a whole: OSC with its text, CSI with its parameters, then two-character escapes. */
const ESCAPE_SEQUENCES =
  /(?:\x1b\]|\x9d)[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|\x1b[ -/]*[0-~]?/g;

/** JWTs and server tokens, whole or cut short, whoever they belong to. */
const TOKENS = /eyJ[\w+/=-]{8,}(?:\.[\w+/=-]*)*|pt_live_\w*/g;

/** Makes a client's quote function, which recognises the access token in the forms an API may echo it in. */
export function createQuote(accessToken: string): Quote {
  const bytes = Buffer.from(accessToken);
  const forms = [
    accessToken,
    encodeURIComponent(accessToken),
    // Base64 of a longer text, such as the Authorization header, depends on where in it the token begins.
    ...[0, 1, 2].map((shift) => bytes.subarray(shift).toString("base64").replace(/=+$/, "")),
  ];
  const fragments = new Set(forms.flatMap(fragmentsOf));
  return (text) =>
    redactFragments(toPlainText(text.slice(0, SEARCHED_LENGTH)), fragments).replace(TOKENS, "[secret]");
}

/**
 * One line of printable text: line breaks and tabs become blanks; escape sequences, control characters,
 * bidirectional overrides and other invisible characters are dropped.
 */
export function toPlainText(text: string): string {
  return text
    .replace(ESCAPE_SEQUENCES, "")
    .replace(/[\t\n\v\f\r\x85\u2028\u2029]+/g, " ")
    .replace(/[\p{Cc}\p{Cf}\p{Cs}]/gu, "");
}

/** The same for text of several lines. */
export function toPlainLines(text: string): string {
  return text.split("\n").map(toPlainText).join("\n");
}

/** Text as a shell takes it for one argument, whatever is in it. */
export function toShellArgument(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Every run of FRAGMENT_LENGTH characters; a token that is shorter is a fragment as a whole. */
function fragmentsOf(form: string): string[] {
  if (form.length < 4) return [];
  const length = Math.min(form.length, FRAGMENT_LENGTH);
  return Array.from({ length: form.length - length + 1 }, (_, start) => form.slice(start, start + length));
}

/** Replaces each stretch of the text that fragments cover. */
function redactFragments(text: string, fragments: ReadonlySet<string>): string {
  const isCovered = new Array<boolean>(text.length).fill(false);
  const lengths = new Set([...fragments].map(({ length }) => length));
  for (const length of lengths)
    for (let start = 0; start + length <= text.length; start++)
      if (fragments.has(text.slice(start, start + length))) isCovered.fill(true, start, start + length);
  let redacted = "";
  for (let at = 0; at < text.length; at++)
    if (!isCovered[at]) redacted += text[at];
    else if (!isCovered[at - 1]) redacted += "[secret]";
  return redacted;
}
