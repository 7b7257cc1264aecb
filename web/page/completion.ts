// SPDX-License-Identifier: MIT
/**
 * What may stand at a place of the rules, by the JSON Schema of the language.
 *
 * Does not: know a key of its own.
 */
import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import { type Place, placeAt } from './yaml-place.ts';

/** The parts of a JSON Schema that are looked at. */
export interface Schema {
  readonly $ref?: string;
  readonly description?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly definitions?: Readonly<Record<string, Schema>>;
}

/** The completions for a text and a position in it. */
export function completionsAt(root: Schema, place: Place): Completion[] {
  const outer = place.path.reduce<readonly Schema[]>(
    (schemas, key) => schemas.flatMap((schema) => valuesOf(root, schema, key)),
    alternatives(root, root),
  );
  if (place.key === undefined) {
    return outer.flatMap(({ properties = {} }) =>
      Object.entries(properties)
        .filter(([key]) => !place.taken.includes(key))
        .map(([key, { description }]) => ({
          ...{ label: key, apply: `${key}: `, type: 'property' },
          ...(description === undefined ? {} : { info: description }),
        })),
    );
  }
  const { key } = place;
  return outer
    .flatMap((schema) => valuesOf(root, schema, key))
    .flatMap((schema) => (schema.type === 'boolean' ? [true, false] : (schema.enum ?? [])))
    .map((value) => ({ label: String(value), type: 'enum' }));
}

/** For CodeMirror. */
export function completionSource(root: Schema) {
  return ({ state, pos, explicit }: CompletionContext): CompletionResult | null => {
    const place = placeAt(state.doc.toString(), pos);
    if (place === undefined || (!explicit && place.from === pos)) return null;
    const options = completionsAt(root, place);
    return options.length === 0 ? null : { from: place.from, options, validFor: /^[\w-]*$/ };
  };
}

/** What the value of a key may be. Items of a list count as the value itself. */
function valuesOf(root: Schema, schema: Schema, key: string): Schema[] {
  const value = schema.properties?.[key];
  return value === undefined ? [] : alternatives(root, value);
}

/** The schemas of which one must hold, without references. */
function alternatives(root: Schema, schema: Schema): Schema[] {
  const { $ref, anyOf = [], allOf = [], items } = schema;
  const referred =
    $ref === undefined ? undefined : root.definitions?.[$ref.split('/').at(-1) ?? ''];
  const more = [...(referred ? [referred] : []), ...allOf, ...(items ? [items] : [])];
  // An `anyOf` of keys that are needed says nothing of values.
  const either = anyOf.filter((one) => Object.keys(one).some((key) => key !== 'required'));
  return [schema, ...[...more, ...either].flatMap((one) => alternatives(root, one))];
}
