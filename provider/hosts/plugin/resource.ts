import type { IResourceProviderServer } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { PostjectError } from "../../client";
import type { AutoNaming } from "../../lifecycle";
import * as lifecycle from "../../lifecycle";
import { secretKeys, serverResource } from "../../spec";
import { parseUrn } from "../../spec/urn";
import { type Confidential, createConfidential } from "./confidential";
import { toServiceError } from "./errors";
import { createImportHint } from "./import-hint";
import type { CheckRequest } from "./old-outputs";
import { encode, toCheckResponse } from "./properties";
import type { Session } from "./session";

/** A request about one resource. */
interface ResourceRequest {
  getUrn(): string;
  getType?(): string;
}

const SECRET_OUTPUTS = secretKeys(serverResource.outputs);

/** The methods of the protocol that are about a Server. */
export function createResourceService(
  session: Session,
): Pick<IResourceProviderServer, "check" | "diff" | "create" | "read" | "update" | "delete"> {
  /** A method that refuses other types by name, and whose errors show nothing secret of the request. */
  function method<Request extends ResourceRequest, Response>(
    work: (request: Request, confidential: Confidential) => Response | Promise<Response>,
  ) {
    return session.unary(async (request: Request) => {
      refuseOtherType(request);
      const confidential = createConfidential();
      try {
        return await work(request, confidential);
      } catch (error) {
        throw confidential.redactError(error);
      }
    });
  }

  return {
    check: method((request: CheckRequest, confidential) => {
      const { values, secrets } = confidential.read(request.getNews());
      const { values: oldInputs, secrets: oldSecrets } = confidential.read(request.getOlds());
      const { inputs, failures } = lifecycle.check(session.run, {
        owner: request.getUrn(),
        oldInputs,
        oldState: confidential.read(request.oldOutputs).values,
        inputs: values,
        autoName: () => lifecycle.autoName(toAutoNaming(request)),
      });
      // What is kept from the old inputs stays as secret as it was there.
      const kept = [...oldSecrets].filter((key) => !(key in values));
      // Naming a property makes the engine print its value, a secret one too.
      const shown = failures.map(({ property, reason }) => ({
        property: secrets.has(property) ? "" : property,
        reason: confidential.redact(secrets.has(property) ? `${property} ${reason}` : reason),
      }));
      return toCheckResponse(inputs, shown, [...secrets, ...kept]);
    }),

    diff: method(async (request: rpc.DiffRequest, confidential) => {
      const { changes, isComplete, notices } = lifecycle.diff(session.run, {
        owner: request.getUrn(),
        id: request.getId(),
        state: confidential.read(request.getOlds()).values,
        inputs: confidential.read(request.getNews()).values,
      });
      await session.log(request.getUrn(), confidential.redactNotices(notices));
      const { DiffChanges } = rpc.DiffResponse;
      const response = new rpc.DiffResponse();
      response.setChanges(changes.length > 0 || !isComplete ? DiffChanges.DIFF_SOME : DiffChanges.DIFF_NONE);
      response.setHasdetaileddiff(true);
      for (const { property, replaces } of changes) {
        const { Kind } = rpc.PropertyDiff;
        const detail = new rpc.PropertyDiff();
        detail.setKind(replaces ? Kind.UPDATE_REPLACE : Kind.UPDATE);
        detail.setInputdiff(true);
        response.getDetaileddiffMap().set(property, detail);
        response.addDiffs(property);
        if (replaces) response.addReplaces(property);
      }
      return response;
    }),

    create: method(async (request: rpc.CreateRequest, confidential) => {
      const { values: inputs, secrets } = confidential.read(request.getProperties());
      const owner = request.getUrn();
      const response = new rpc.CreateResponse();
      if (request.getPreview()) {
        const { state, notices } = await lifecycle.previewCreate(session.run, {
          owner,
          inputs,
          ...session.limits(request),
        });
        await session.log(owner, confidential.redactNotices(notices));
        response.setProperties(encode(state, secrets));
        return response;
      }
      try {
        const importHint = createImportHint(owner, session.providerUrn, session.components.get(owner));
        const { id, state } = await lifecycle.create(session.run, {
          owner,
          inputs,
          importHint,
          ...session.limits(request),
        });
        response.setId(id);
        response.setProperties(encode(state, SECRET_OUTPUTS, secrets));
        return response;
      } catch (error) {
        if (!(error instanceof lifecycle.CreateIncompleteError)) throw error;
        const partial = new rpc.ErrorResourceInitFailed();
        partial.setId(error.id);
        partial.setProperties(encode(error.state, SECRET_OUTPUTS, secrets));
        partial.setInputs(encode(inputs, secrets));
        partial.addReasons(confidential.redact(error.message));
        throw toServiceError(confidential.redactError(error), false, {
          type: "pulumirpc.ErrorResourceInitFailed",
          message: partial,
        });
      }
    }),

    read: method(async (request: rpc.ReadRequest, confidential) => {
      const { values: state, secrets } = confidential.read(request.getProperties());
      const { secrets: secretInputs } = confidential.read(request.getInputs());
      const owner = request.getUrn();
      const reading = lifecycle.read(session.run, {
        owner,
        id: request.getId(),
        state,
        // A `get` and `pulumi do` send at least an empty struct.
        isImport: !request.hasProperties() && !request.hasInputs(),
        ...session.limits(request),
      });
      const found = await (isQuestion(owner) ? reading.catch(toAbsent) : reading);
      const response = new rpc.ReadResponse();
      // Nothing set at all means that the server is gone; an empty struct would import a ghost.
      if (found === undefined) return response;
      response.setId(found.id);
      response.setProperties(encode(found.state, SECRET_OUTPUTS, secrets));
      response.setInputs(encode(found.inputs, secretInputs));
      return response;
    }),

    update: method(async (request: rpc.UpdateRequest, confidential) => {
      const { values: state, secrets } = confidential.read(request.getOlds());
      const { values: inputs, secrets: secretInputs } = confidential.read(request.getNews());
      const updated = request.getPreview()
        ? lifecycle.previewUpdate({ state, inputs })
        : (
            await lifecycle.update(session.run, {
              id: request.getId(),
              state,
              inputs,
              ...session.limits(request),
            })
          ).state;
      const response = new rpc.UpdateResponse();
      response.setProperties(encode(updated, SECRET_OUTPUTS, secrets, secretInputs));
      return response;
    }),

    delete: method(async (request: rpc.DeleteRequest, confidential) => {
      const owner = request.getUrn();
      const { values: state } = confidential.read(request.getProperties());
      const notices = await lifecycle.delete(session.run, {
        owner,
        id: request.getId(),
        state,
        ...session.limits(request),
      });
      await session.log(owner, confidential.redactNotices(notices));
      return new Empty();
    }),
  };
}

/** Whether a read only asks if the server exists (Pulumi's `Exists`), for a resource the engine makes up. */
function isQuestion(urn: string): boolean {
  return parseUrn(urn).name.startsWith("__exists__");
}

function toAbsent(error: unknown): undefined {
  if (!(error instanceof PostjectError && error.code === "not-found")) throw error;
}

function refuseOtherType(request: ResourceRequest): void {
  const type = request.getType?.() || parseUrn(request.getUrn()).type;
  if (type === "" || type === serverResource.token) return;
  throw new PostjectError(
    "bad-request",
    `Unknown resource type ${type}; this provider has ${serverResource.token}.`,
  );
}

function toAutoNaming(request: CheckRequest): AutoNaming {
  const options = request.getAutonaming();
  const { Mode } = rpc.CheckRequest.AutonamingOptions;
  const modes = { [Mode.PROPOSE]: "propose", [Mode.ENFORCE]: "enforce", [Mode.DISABLE]: "disable" } as const;
  return {
    mode: options === undefined ? "default" : modes[options.getMode()],
    proposedName: options?.getProposedName() ?? "",
    logicalName: request.getName() || parseUrn(request.getUrn()).name,
    seed: request.getRandomseed_asU8(),
  };
}
