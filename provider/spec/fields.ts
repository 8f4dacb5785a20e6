/**
 * What a property can be: a scalar, a list of one of the spec's objects (`"Stream[]"`), or a map from keys to those or to
 * strings (`"Map<Stream>"`).
 */
type FieldType = "string" | "boolean" | "integer" | `${string}[]` | `Map<${string}>`;

/** One property of a resource, function, object or of the configuration. Checks, types, schema and docs derive from it. */
export interface Field {
  readonly type: FieldType;
  /** What a user needs to know; Markdown. The only place where it is said. */
  readonly description: string;
  readonly optional?: true;
  /** Encrypted in state, masked in output. */
  readonly secret?: true;
  /** A change replaces the resource. */
  readonly replaces?: true;
  /** Looked at when the resource is created and never again: a change is no difference. */
  readonly onlyOnCreate?: true;
  /** Has to be known when the program runs: it takes no outputs of other resources. */
  readonly plain?: true;
  /** Has a meaning only in the dynamic form, where Pulumi offers nothing of its own for it. */
  readonly onlyDynamic?: true;
  /** What a string must look like. */
  readonly rules?: readonly Rule[];
}

/** A pattern that a string must match, and what to tell a user whose string does not. */
export interface Rule {
  readonly pattern: RegExp;
  readonly problem: string;
}

export type Fields = Readonly<Record<string, Field>>;

/** The TypeScript value of a field; `Objects` gives the fields of the objects that list types name. */
type Value<F extends Field, Objects extends Readonly<Record<string, Fields>>> = F["type"] extends "string"
  ? string
  : F["type"] extends "boolean"
    ? boolean
    : F["type"] extends "integer"
      ? number
      : F["type"] extends `${infer Name}[]`
        ? Objects[Name] extends infer Object extends Fields
          ? Values<Object>[]
          : never
        : never;

/** The TypeScript object that a table of fields describes. */
export type Values<
  F extends Fields,
  Objects extends Readonly<Record<string, Fields>> = Record<never, never>,
> = {
  -readonly [K in keyof F as F[K] extends { optional: true } ? never : K]: Value<F[K], Objects>;
} & {
  -readonly [K in keyof F as F[K] extends { optional: true } ? K : never]?: Value<F[K], Objects> | undefined;
};

/** The keys of what is secret among fields. */
export function secretKeys(fields: Fields): string[] {
  return Object.keys(fields).filter((key) => fields[key]?.secret);
}

/** The fields that every form has. */
export function withoutOnlyDynamic(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, field]) => !field.onlyDynamic));
}
