import { Alias } from "@pulumi/pulumi/proto/alias_pb";
import * as rpc from "@pulumi/pulumi/proto/provider_pb";
import type { RegisterResourceResponse } from "@pulumi/pulumi/proto/resource_pb";
import { PostjectError } from "../../client";
import { isMap, type Properties, UNKNOWN } from "../../settings";
import { environmentRefusal, type PlannedServer, planEnvironment } from "../../settings/environment-plan";
import {
  environmentResource,
  PACKAGE_NAME,
  secretKeys,
  serverResource,
  serverSummary,
  serverTemplate,
  withoutOnlyDynamic,
} from "../../spec";
import { childUrn } from "../../spec/urn";
import { createConfidential } from "./confidential";
import { connectMonitor, copyOptions, createRegistration, type Monitor, setInputs } from "./monitor";
import { hasOutputs, toStruct, type Unwrapped, unwrap, wrap } from "./properties";
import type { Session } from "./session";

/**
 * Registers the component that an engine asks for, and its servers, with the engine's resource monitor; this
 * process, or another one of the plugin, then serves the servers. Rejects with a PostjectError if the
 * component's inputs cannot be right.
 */
export async function constructComponent(
  session: Session,
  request: rpc.ConstructRequest,
): Promise<rpc.ConstructResponse> {
  const environment = request.getName();
  if (request.getType() !== environmentResource.token)
    throw new PostjectError("bad-request", `Unknown component type ${request.getType()}.`);
  const inputs = readInputs(request);
  const around = { environment, project: request.getProject(), stack: request.getStack() };
  const isSecret = inputs.top.nameTemplate?.isSecret === true;
  const { servers, problems } = planEnvironment(around, inputs.plain, { isDynamic: false, isSecret });
  if (problems.length > 0) {
    const confidential = createConfidential();
    confidential.read(request.getInputs());
    const refusal = confidential.redact(environmentRefusal(environment, problems));
    throw new PostjectError("environment-invalid", refusal);
  }
  const monitor = connectMonitor(request.getMonitorendpoint());
  try {
    const registration = createRegistration(environmentResource.token, environment);
    copyOptions(request, registration);
    setInputs(registration, {});
    const componentUrn = (await monitor.register(registration)).getUrn();
    // All of them, even if one fails: a create under way must end up in the state.
    const settled = await Promise.allSettled(
      servers.map((server) => registerServer(session, monitor, request, componentUrn, server, inputs)),
    );
    const failure = settled.find(({ status }) => status === "rejected");
    if (failure !== undefined) throw (failure as PromiseRejectedResult).reason;
    const registered = settled.flatMap((result) => (result.status === "fulfilled" ? result.value : []));
    const outputs = toOutputs(registered);
    await monitor.registerOutputs(componentUrn, outputs);
    return toResponse(componentUrn, outputs, registered);
  } finally {
    monitor.close();
  }
}

/** The component's inputs, without the wrappings that any value in any map may have. */
interface Inputs {
  /** As they are checked. */
  readonly plain: Properties;
  readonly top: Readonly<Record<string, Unwrapped>>;
  /** Properties of the servers' templates, by key. */
  readonly templates: Readonly<Record<string, Readonly<Record<string, Unwrapped>>>>;
}

function readInputs(request: rpc.ConstructRequest): Inputs {
  const top = mapValues(request.getInputs()?.toJavaScript() ?? {}, (wrapped, key) => {
    const ofAll = request.getInputdependenciesMap().get(key)?.getUrnsList() ?? [];
    // Dependencies of the value as a whole count only where its parts do not tell them more precisely.
    const dependencies = hasOutputs(wrapped) ? [] : ofAll;
    return unwrap(wrapped, { value: wrapped, isSecret: false, dependencies });
  });
  const { servers } = top;
  const wholes = mapValues(partsOf(servers), (wrapped) => unwrap(wrapped, servers));
  const templates = mapValues(wholes, (whole) => mapValues(partsOf(whole), (part) => unwrap(part, whole)));
  const plain: Properties = {
    ...mapValues(top, ({ value }) => value),
    ...(isMap(servers?.value) && {
      servers: mapValues(wholes, ({ value }, key) =>
        isMap(value) ? mapValues(templates[key] ?? {}, (property) => property.value) : value,
      ),
    }),
  };
  return { plain, top, templates };
}

/** A server of the component after the engine has registered it. */
interface RegisteredServer {
  readonly urn: string;
  readonly planned: PlannedServer;
  /** What programs see of it, wrapped as the engine expects. */
  readonly summary: Readonly<Record<string, unknown>>;
}

async function registerServer(
  session: Session,
  monitor: Monitor,
  request: rpc.ConstructRequest,
  componentUrn: string,
  planned: PlannedServer,
  { top, templates }: Inputs,
): Promise<RegisteredServer> {
  const registration = createRegistration(serverResource.token, planned.resourceName);
  registration.setCustom(true);
  registration.setParent(componentUrn);
  registration.setAdditionalsecretoutputsList(secretKeys(serverResource.outputs));
  registration.setAliasesList([dynamicAlias(componentUrn)]);
  // As in Pulumi's SDKs, a child takes these from its component; the engine sees to the rest, like aliases.
  if (request.hasProtect()) registration.setProtect(request.getProtect() ?? false);
  registration.setProvider(request.getProvidersMap().get(PACKAGE_NAME) ?? "");
  registration.setParentstacktracehandle(request.getStackTraceHandle());
  const template = templates[planned.key] ?? {};
  const given = Object.keys(withoutOnlyDynamic(serverTemplate.fields)).map(
    (key) => [key, template[key]] as const,
  );
  setInputs(registration, {
    ...Object.fromEntries(given),
    name: join(planned.name, [top.servers, top.nameTemplate, template.name]),
    deletionProtection: template.deletionProtection ?? top.deletionProtection,
  });
  // Beforehand: the engine checks and creates the server before it tells its URN.
  session.components.set(childUrn(componentUrn, serverResource.token, planned.resourceName), componentUrn);
  const response = await monitor.register(registration);
  const summary = summarize(response, request.getDryrun());
  return { urn: response.getUrn(), planned, summary };
}

/** The dynamic form's type, so that a program which moves to the plugin keeps its servers. */
function dynamicAlias(parentUrn: string): Alias {
  const spec = new Alias.Spec();
  spec.setType(serverResource.dynamicType);
  spec.setParenturn(parentUrn);
  const alias = new Alias();
  alias.setSpec(spec);
  return alias;
}

function summarize(response: RegisterResourceResponse, isPreview: boolean): RegisteredServer["summary"] {
  const outputs: Properties = response.getObject()?.toJavaScript() ?? {};
  const secrets = secretKeys(serverSummary.fields);
  const read = (key: string) => {
    const { value, isSecret } = unwrap(key === "id" ? response.getId() || undefined : outputs[key]);
    // In an update, a server that failed or was skipped has nothing.
    const known = value === undefined && isPreview ? UNKNOWN : value;
    return known === undefined
      ? undefined
      : wrap({ value: known, isSecret: isSecret || secrets.includes(key) });
  };
  return Object.fromEntries(Object.keys(serverSummary.fields).map((key) => [key, read(key)]));
}

function toOutputs(registered: readonly RegisteredServer[]): Record<string, unknown> {
  const servers = Object.fromEntries(registered.map(({ planned, summary }) => [planned.key, summary]));
  const variables = registered.flatMap(({ planned, summary }) =>
    Object.entries(planned.variables).map(([output, name]) => [
      name,
      wrap({ value: unwrap(summary[output]).value, isSecret: false }),
    ]),
  );
  // As one secret, since YAML loses a secret inside a map that is handed on whole.
  return { servers, variables: wrap({ value: Object.fromEntries(variables), isSecret: true }) };
}

function toResponse(
  componentUrn: string,
  outputs: Record<string, unknown>,
  registered: readonly RegisteredServer[],
): rpc.ConstructResponse {
  const response = new rpc.ConstructResponse();
  response.setUrn(componentUrn);
  response.setState(toStruct(outputs));
  for (const key of Object.keys(outputs)) {
    const dependencies = new rpc.ConstructResponse.PropertyDependencies();
    dependencies.setUrnsList(registered.map(({ urn }) => urn));
    response.getStatedependenciesMap().set(key, dependencies);
  }
  return response;
}

/** A value that is made of others. */
function join(value: unknown, parts: readonly (Unwrapped | undefined)[]): Unwrapped {
  return {
    value,
    isSecret: parts.some((part) => part?.isSecret),
    dependencies: parts.flatMap((part) => part?.dependencies ?? []),
  };
}

const partsOf = (whole: Unwrapped | undefined): Properties => (isMap(whole?.value) ? whole.value : {});

function mapValues<A, B>(
  map: Readonly<Record<string, A>>,
  change: (value: A, key: string) => B,
): Record<string, B> {
  return Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value, key)]));
}
