import { namespaceOf, variableOf } from "./configuration";

/** How to set the access token, of a named account or of the stack's own. */
export function accessTokenRemedy(account?: string): string {
  return (
    "Set the JWT of your Postject account (a server token, `pt_live_…`, can only send mail): run " +
    `\`pulumi config set --secret ${namespaceOf(account)}:accessToken <JWT>\`, or set \`${variableOf("accessToken", account)}\`.`
  );
}

/** Every error code: what it means and what to do. A code is an interface: its meaning never changes. */
export const errorCodes = {
  "configuration-invalid": {
    meaning: "A value in the provider's configuration is invalid; the message names the key.",
    remedy: "Correct it with `pulumi config set`, in the explicit provider or in the environment.",
  },
  "access-token-missing": {
    meaning: "No access token is configured.",
    remedy: accessTokenRemedy(),
  },
  "access-token-expired": {
    meaning: "The access token's `exp` has passed. Nothing was sent.",
    remedy:
      "Get a new token and set it. What was done so far is in the state, and the next run continues from there.",
  },
  unauthorized: {
    meaning: "The API refused the access token (401).",
    remedy: "Set a valid token. The state is unchanged.",
  },
  forbidden: {
    meaning: "The account is not allowed to do this (403).",
    remedy: "Use an access token that is allowed to do this.",
  },
  "plan-limit": {
    meaning: "The account's plan does not allow another server (403 on a create).",
    remedy:
      "Delete a server, upgrade the plan or, if the create replaces a server, set `deleteBeforeReplace: true`.",
  },
  "not-found": {
    meaning: "The account has no such server (404).",
    remedy: "Check the id, and which account the access token belongs to.",
  },
  conflict: {
    meaning: "The request conflicts with something that the account has (409).",
    remedy: "Remove or change what is in the way, then run again.",
  },
  "bad-request": {
    meaning: "The API refused the request (400 and other 4xx).",
    remedy: "Correct the inputs or, if the message gives another reason, deal with that.",
  },
  "rate-limited": {
    meaning: "The API limited the rate of requests (429) for longer than the operation may take.",
    remedy: "Run again later, with a lower `--parallel`, or, in the plugin, with longer `customTimeouts`.",
  },
  "api-unavailable": {
    meaning: "The API is not available (5xx, 408, 425).",
    remedy: "Run again later. The state is intact.",
  },
  "unexpected-response": {
    meaning:
      "The response is not one that the API documents: a redirect, an HTML page, missing fields, another server, too much data.",
    remedy: "Check `endpoint` and any proxy in between.",
  },
  network: {
    meaning: "The API could not be reached, or the connection broke.",
    remedy: "Check the network, `endpoint` and the proxy variables, then run again.",
  },
  timeout: {
    meaning: "There was no response in time.",
    remedy:
      "Run again. If the network is slow, raise `requestTimeoutSeconds` or, in the plugin, the resource's `customTimeouts`.",
  },
  cancelled: {
    meaning: "The run was cancelled before the operation was complete.",
    remedy: "Run again.",
  },
  "name-taken": {
    meaning: "The account has a server of this name that is not this resource's; nothing was created.",
    remedy:
      "If the resource was renamed or moved in the program, set the resource option `aliases`. If the server is another stack's or " +
      "somebody else's, choose another name. If an earlier create was never recorded, import or `adopt` the server as the message " +
      "shows. For a second server of the name, set `allowDuplicateName: true`; to replace one under its own name, " +
      "`deleteBeforeReplace: true`.",
  },
  "create-unclear": {
    meaning:
      "The response to a create was lost, and the list of servers does not show whether the server exists.",
    remedy:
      "Look at the servers that the message names, and import the one that is yours. Delete it only if nobody uses it. " +
      "Running again is safe for a server with a `name` and without `allowDuplicateName`: it stops at a taken name.",
  },
  "create-incomplete": {
    meaning: "The server was created and is in the state, but not all of it could be read.",
    remedy: "Run `pulumi up` again: it reads the server and completes the state. Nothing is created twice.",
  },
  "adopt-mismatch": {
    meaning:
      "`adopt` or an import names a server that has another name than the resource, or that another resource of the program has.",
    remedy:
      "Give the resource the server's name, or the id of the right server; one server belongs to one resource.",
  },
  "other-account": {
    meaning:
      "The run would replace a server of another account than the access token's: the new one would be created there, and the old one " +
      "could not be deleted. Nothing was changed.",
    remedy:
      "Set an access token of the server's account. To move to the other account, declare a server there under another resource name, " +
      "and remove this one with its own access token.",
  },
  "deletion-protected": {
    meaning: "Deletion protection is on for the server, and the run would delete it.",
    remedy:
      "To allow it: set `deletionProtection: false` on the server, run `pulumi up`, then repeat. Or, for servers that do " +
      "not set it themselves, allow it for one run with `POSTJECT_DELETION_PROTECTION=false`. That also helps if an earlier run " +
      "deleted the server and could not create the new one. To let Pulumi forget a server without deleting it, set the resource " +
      "option `retainOnDelete: true` before you remove it, or run `pulumi state delete`.",
  },
  "absence-unproven": {
    meaning: "The API says a server does not exist, but it cannot be proven that it is gone.",
    remedy:
      "Check that the access token is of the account that owns the server, and run again. If you know that the server is gone, " +
      "remove it from the state: `pulumi state delete <urn>` (`pulumi stack --show-urns` lists the URNs).",
  },
  "environment-invalid": {
    meaning:
      "The arguments of an `Environment` are invalid; the message names every problem. Nothing was created.",
    remedy: "Correct the keys, names or name template that the message names.",
  },
  ambiguous: {
    meaning: "Several servers share the name that was looked up.",
    remedy: "Look the server up by one of the ids in the message.",
  },
} as const satisfies Readonly<Record<string, { meaning: string; remedy: string }>>;

export type ErrorCode = keyof typeof errorCodes;

/** A message with its code at the end, as users see every error. */
export function withCode(message: string, code: ErrorCode): string {
  return `${message} [${code}]`;
}
