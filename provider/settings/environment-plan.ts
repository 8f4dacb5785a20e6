import {
  configuration,
  DEFAULT_NAME_TEMPLATE,
  environmentResource,
  type Fields,
  placeholders,
  serverResource,
  serverTemplate,
  variableSuffixes,
  withoutOnlyDynamic,
} from "../spec";
import { findProblems, isMap, type Properties, UNKNOWN } from "./check-fields";

/** A server of an environment before it is declared. */
export interface PlannedServer {
  readonly key: string;
  /** The name of its resource. */
  readonly resourceName: string;
  /** The server's name at Postject; undefined only where a problem says why. */
  readonly name: string | undefined;
  /** Names of its environment variables, by what they hold. */
  readonly variables: Readonly<Record<(typeof variableSuffixes)[keyof typeof variableSuffixes], string>>;
}

/** What an environment is called, and where it is declared. */
interface Surroundings {
  readonly environment: string;
  readonly project: string;
  readonly stack: string;
}

/**
 * Names an environment's servers and their variables, the same in every run, from arguments that nobody has
 * checked yet. Finds every problem at once: an argument of the wrong type, a placeholder that does not exist,
 * two servers of one name, two variables of one name, or one that would configure the provider.
 */
export function planEnvironment(
  around: Surroundings,
  args: Properties,
  { isDynamic, isSecret = false }: { readonly isDynamic: boolean; readonly isSecret?: boolean },
): { readonly servers: readonly PlannedServer[]; readonly problems: readonly string[] } {
  const fieldsOf = (fields: Fields) => (isDynamic ? fields : withoutOnlyDynamic(fields));
  const show = (text: string) => (isSecret ? "[secret]" : text);
  const { servers: templates, ...others } = args;
  const nameTemplate = others.nameTemplate ?? DEFAULT_NAME_TEMPLATE;
  const problems = findArgumentProblems(fieldsOf(environmentResource.inputs), "an Environment", others);
  if (typeof nameTemplate === "string") problems.push(...findTemplateProblems(nameTemplate, show));
  if (!isMap(templates)) {
    problems.push(templates === UNKNOWN ? mustBeKnown("`servers`") : "`servers` must be a map of servers");
    return { servers: [], problems };
  }
  const servers = Object.entries(templates).map(([key, template]): PlannedServer => {
    problems.push(...findServerProblems(key, template, fieldsOf(serverTemplate.fields)));
    const resourceName = `${around.environment}-${key}`;
    const variables = nameVariables(key);
    const given = isMap(template) ? (template.name ?? key) : key;
    // Both have been reported already; a name made from them would only add problems that do not exist.
    if (typeof given !== "string" || typeof nameTemplate !== "string")
      return { key, resourceName, name: undefined, variables };
    const name = fill(nameTemplate, { ...around, server: given });
    const broken = serverResource.inputs.name.rules.find(({ pattern }) => !pattern.test(name));
    if (broken !== undefined) problems.push(`the name of \`${key}\` ${broken.problem}`);
    return { key, resourceName, name, variables };
  });
  problems.push(
    ...findCollisions(servers, ({ name }) => name, "the name", show),
    ...findCollisions(servers, ({ variables }) => variables.token, "the variable"),
    ...servers
      .filter(({ variables }) => ACCESS_TOKEN_VARIABLE.test(variables.token))
      .map(
        ({ key, variables }) =>
          `the key \`${key}\` would make the variable ${variables.token}, which configures the provider`,
      ),
  );
  return { servers, problems };
}

/** The message that refuses an environment. */
export function environmentRefusal(environment: string, problems: readonly string[]): string {
  return `Environment "${environment}": ${problems.join("; ")}.`;
}

function findServerProblems(key: string, template: unknown, fields: Fields): string[] {
  const owner = `the server \`${key}\``;
  const problems = /^[A-Za-z0-9]([\w .-]*[A-Za-z0-9])?$/.test(key)
    ? []
    : [
        `the key \`${key}\` must consist of letters and digits, with spaces, dots, dashes or underscores only between them`,
      ];
  // A key alone is a server of which nothing is said.
  if (template === null || template === undefined) return problems;
  if (template === UNKNOWN) return [...problems, mustBeKnown(owner)];
  if (!isMap(template)) return [...problems, `${owner} must be a map`];
  return [...problems, ...findArgumentProblems(fields, owner, template)];
}

/** Problems of one map of arguments. What names servers has to be known, also in a preview. */
function findArgumentProblems(fields: Fields, owner: string, args: Properties): string[] {
  const given = Object.entries(args).filter(([, value]) => value !== undefined && value !== null);
  const unknown = given.filter(([key, value]) => value === UNKNOWN && fields[key]?.plain);
  return [
    ...unknown.map(([key]) => mustBeKnown(`\`${key}\` of ${owner}`)),
    ...findProblems(fields, owner, Object.fromEntries(given)).map(({ property, reason }) =>
      property === "" ? reason : `\`${property}\` of ${owner} ${reason}`,
    ),
  ];
}

const mustBeKnown = (what: string) =>
  `${what} must be known when the program runs: it cannot be an output of another resource`;

/** The variable of the provider's own access token, and those of named accounts. */
const ACCESS_TOKEN_VARIABLE = new RegExp(`^${configuration.accessToken.env.replace("_", "_(\\w+_)?")}$`);

function findTemplateProblems(template: string, show: (text: string) => string): string[] {
  const unknown = [...template.matchAll(/\{([^{}]*)\}/g)]
    .map(([, name = ""]) => name)
    .filter((name) => !placeholders.some((known) => known === name));
  const problems = [...new Set(unknown)].map(
    (name) =>
      `unknown placeholder \`{${show(name)}}\` in the name template; expected one of: ${placeholders.map((known) => `\`{${known}}\``).join(", ")}`,
  );
  if (/[{}]/.test(template.replace(/\{[^{}]*\}/g, "")))
    problems.push("the name template has an unmatched brace");
  return problems;
}

function fill(template: string, values: Readonly<Record<(typeof placeholders)[number], string>>): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) =>
    name in values ? values[name as keyof typeof values] : whole,
  );
}

function nameVariables(key: string): PlannedServer["variables"] {
  const middle = key
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .toUpperCase();
  return Object.fromEntries(
    Object.entries(variableSuffixes).map(([suffix, holds]) => [holds, `POSTJECT_${middle}_${suffix}`]),
  ) as PlannedServer["variables"];
}

function findCollisions(
  servers: readonly PlannedServer[],
  read: (server: PlannedServer) => string | undefined,
  what: string,
  show = (value: string) => value,
): string[] {
  const keysByValue = new Map<string, string[]>();
  for (const server of servers) {
    const value = read(server);
    if (value === undefined) continue;
    keysByValue.set(value, [...(keysByValue.get(value) ?? []), server.key]);
  }
  return [...keysByValue]
    .filter(([, keys]) => keys.length > 1)
    .map(
      ([value, keys]) =>
        `${keys.map((key) => `\`${key}\``).join(" and ")} would share ${what} ${JSON.stringify(show(value))}`,
    );
}
