/** What a property holds. Objects in lists and maps have a name in the schema, the SDKs and the docs. */
export type FieldType =
  | "string"
  | "boolean"
  | "integer"
  | { readonly listOf: ObjectType }
  | { readonly mapOf: ObjectType | "string" };

export interface ObjectType {
  readonly name: string;
  readonly fields: Fields;
}

/** A property of a resource, function, object or configuration. It defines checks, types, schema and docs. */
export interface Field {
  readonly type: FieldType;
  /** What a user needs to know; Markdown. The only place where it is said. */
  readonly description: string;
  readonly optional?: true;
  /** Encrypted in state, masked in output. */
  readonly secret?: true;
  /** A change replaces the resource. */
  readonly replaces?: true;
  /** Only used when the resource is created: a later change makes no difference. */
  readonly onlyOnCreate?: true;
  /** Must be known when the program runs: it cannot be an output of another resource. */
  readonly plain?: true;
  /** Only in the dynamic form, where Pulumi has nothing of its own for it. */
  readonly onlyDynamic?: true;
  /** What a string must look like. */
  readonly rules?: readonly Rule[];
  readonly oneOf?: readonly string[];
  /** The smallest integer. */
  readonly minimum?: number;
}

/** A pattern that a string must match, and what to tell a user whose string does not. */
export interface Rule {
  readonly pattern: RegExp;
  readonly problem: string;
}

export type Fields = Readonly<Record<string, Field>>;

/** Fields that hold no lists and maps. */
export type ScalarFields = Readonly<
  Record<string, Field & { readonly type: "string" | "boolean" | "integer" }>
>;

/** The TypeScript value of a field. */
type Value<Type extends FieldType> = Type extends "string"
  ? string
  : Type extends "boolean"
    ? boolean
    : Type extends "integer"
      ? number
      : Type extends { readonly listOf: { readonly fields: infer Item extends Fields } }
        ? Values<Item>[]
        : never;

/** The TypeScript object that a table of fields describes. */
export type Values<F extends Fields> = {
  -readonly [K in keyof F as F[K] extends { optional: true } ? never : K]: Value<F[K]["type"]>;
} & {
  -readonly [K in keyof F as F[K] extends { optional: true } ? K : never]?: Value<F[K]["type"]> | undefined;
};

/** The keys of the secret fields. */
export function secretKeys(fields: Fields): string[] {
  return Object.keys(fields).filter((key) => fields[key]?.secret);
}

/** The fields that every form has. */
export function withoutOnlyDynamic(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, field]) => !field.onlyDynamic));
}
