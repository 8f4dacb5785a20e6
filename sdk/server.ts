import { createHash } from "node:crypto";
import { hostname } from "node:os";
import * as pulumi from "@pulumi/pulumi";
import { isMap } from "../provider/settings/check-fields";
import { describeUnknownKeys } from "../provider/settings/unknown-keys";
import { secretKeys, serverResource } from "../provider/spec";
import { refuseProviders } from "./refusals";
import type { ServerArgs, ServerProperties } from "./types";
import { userError } from "./user-error";

type CustomResource = typeof pulumi.CustomResource;

/**
 * A resource with a Server's outputs. It is not a class of its own, because Pulumi counts its constructor's
 * callers to find the program's line.
 */
export const ServerResource = pulumi.CustomResource as unknown as Pick<CustomResource, "isInstance"> &
  (new (
    ...args: ConstructorParameters<CustomResource>
  ) => ServerProperties);

/** Every output has to be a property, or the resource does not have it. */
export const unsetOutputs = Object.fromEntries(
  Object.keys(serverResource.outputs).map((key) => [key, undefined]),
);

export const secretOutputs = secretKeys(serverResource.outputs);

/**
 * A Postject server.
 *
 * ```ts
 * const server = new postject.Server("app", { name: "Production App" });
 * export const token = server.token;
 * ```
 */
export class Server extends ServerResource {
  /**
   * Declares a Postject server. Postject cannot change a server, only create and delete it: changing `name`
   * replaces the server, and a delete irreversibly deletes everything in it. Deletion protection is on unless
   * switched off.
   *
   * @param name the resource's name in the program
   * @param args the server; without a `name` it is named once, after the resource, with seven hex digits
   */
  constructor(name: string, args: ServerArgs = {}, opts: pulumi.CustomResourceOptions = {}) {
    if (!isMap(args) || pulumi.Output.isInstance(args))
      throw userError(
        `postject.Server("${name}"): the arguments must be an object. Its values may be outputs of other resources.`,
      );
    const inputs =
      opts.id === undefined
        ? { ...args, name: args.name, [serverResource.dynamicAutoName]: autoName(name, opts.parent) }
        : { account: args.account };
    warnOfMisspeltKeys();
    refuseProviders(`postject.Server("${name}")`, opts);
    if (opts.import !== undefined)
      throw userError(
        `postject.Server("${name}"): the resource option \`import\` is for the plugin. Set the argument \`adopt\` to the server's id.`,
      );
    super(
      serverResource.dynamicType,
      name,
      { ...unsetOutputs, ...inputs, __provider: serverResource.dynamicProvider },
      pulumi.mergeOptions(opts, { additionalSecretOutputs: secretOutputs }),
    );
  }

  /**
   * Reads an existing server that this program does not own; `pulumi destroy` leaves it alone. `account` is
   * where to look, as in the arguments of a server.
   */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    { account, ...opts }: pulumi.CustomResourceOptions & Pick<ServerArgs, "account"> = {},
  ): Server {
    // Pulumi takes an empty id for none, and would create a server.
    if (id === "" || id == null)
      throw userError(
        `postject.Server.get("${name}", …): the id is empty. Give the id of an existing server.`,
      );
    return new Server(name, { account }, { ...opts, id });
  }

  /** Whether a value is a Server, also one of another copy of this package. */
  static override isInstance(value: unknown): value is Server {
    return (
      pulumi.Resource.isInstance(value) &&
      "__pulumiType" in value &&
      value.__pulumiType === serverResource.dynamicType
    );
  }
}

let isWarned = false;

/** Once in a program: configuration is read by its keys, so one that is misspelt would go unnoticed. */
function warnOfMisspeltKeys(): void {
  if (isWarned) return;
  isWarned = true;
  const keys = Object.keys(pulumi.runtime.allConfig());
  for (const message of describeUnknownKeys(keys, pulumi.getProject())) void pulumi.log.warn(message);
}

/**
 * The name of a new server that the program gives none. The same in every run of one program in one place, so
 * that a preview shows the name that the update will use; different elsewhere, since colleagues who try a
 * program out may share an account. A server that exists keeps its name, wherever the program runs later and
 * whatever project, stack and resource are called.
 */
function autoName(name: string, parent: pulumi.Resource | undefined): string {
  const { PULUMI_HOME, PULUMI_BACKEND_URL } = process.env;
  const place = [hostname(), process.cwd(), PULUMI_HOME, PULUMI_BACKEND_URL];
  const parents: (string | undefined)[] = [];
  // Resources of one name are told apart by their parents, as in a URN.
  for (let one = parent as Parent | undefined; one !== undefined; one = one.__parentResource)
    parents.push(one.__pulumiType, one.__name);
  const identity = JSON.stringify([...place, pulumi.getProject(), pulumi.getStack(), ...parents, name]);
  return `${name}-${createHash("sha256").update(identity).digest("hex").slice(0, 7)}`;
}

/** What Pulumi's SDK knows of a resource before its URN, and leaves out of its declarations. */
interface Parent {
  readonly __pulumiType?: string;
  readonly __name?: string;
  readonly __parentResource?: Parent;
}
