// SPDX-License-Identifier: MIT
/**
 * The JSON Schema of a rules file, for completion, hover and checks in editors. `npm run rules -- schema`
 * prints it.
 *
 * Made of the parser's words (language/words.ts), and of what the keys of one map say about each other.
 * Does not: say all that the parser refuses. What follows from values, other rules or DBC files it cannot.
 */
import type { MapShape, Shape } from './language/shapes.ts';
import { RULELESS, TABLE } from './language/words.ts';

type Json = Readonly<Record<string, unknown>>;

const DRAFT = 'http://json-schema.org/draft-07/schema#';
const J1939 = ['pgn', 'source', 'destination', 'priority'];

/** The schema as an object. */
export function rulesSchema(): Json {
  const definitions = new Map<string, Json>();
  const table = describeMap({ map: 'table', words: TABLE }, definitions);
  return {
    $schema: DRAFT,
    title: 'canwarden: rules of the CAN cell',
    ...table,
    definitions: Object.fromEntries(definitions),
  };
}

/** The schema as the text of its file. */
export function schemaText(): string {
  return `${JSON.stringify(rulesSchema(), null, 2)}\n`;
}

function describe(shape: Shape, definitions: Map<string, Json>): Json {
  if ('map' in shape) {
    const name = shape.map.replaceAll(' ', '-');
    if (!definitions.has(name)) {
      definitions.set(name, {});
      definitions.set(name, describeMap(shape, definitions));
    }
    return { $ref: `#/definitions/${name}` };
  }
  if ('oneOf' in shape) return { anyOf: shape.oneOf.map((one) => describe(one, definitions)) };
  if ('items' in shape) return { ...shape, items: describe(shape.items, definitions) };
  return shape;
}

function describeMap(shape: MapShape, definitions: Map<string, Json>): Json {
  const { map, words, others, otherKeys } = shape;
  const properties = Object.entries(words).map(([key, { what, value }]) => [
    key,
    // In draft 7 nothing counts beside $ref.
    'map' in value
      ? { description: what, allOf: [describe(value, definitions)] }
      : { description: what, ...describe(value, definitions) },
  ]);
  const needed = Object.keys(words).filter((key) => words[key].isNeeded);
  return {
    type: 'object',
    properties: Object.fromEntries(properties) as Json,
    additionalProperties: others === undefined ? false : describe(others, definitions),
    ...(otherKeys === undefined ? {} : { propertyNames: { pattern: otherKeys } }),
    ...(needed.length === 0 ? {} : { required: needed }),
    ...TOGETHER[map],
  };
}

function has(...keys: readonly string[]): Json {
  return { required: keys };
}

/** None of these pairs. */
function apart(...pairs: readonly (readonly [string, string])[]): Json {
  return { not: { anyOf: pairs.map((pair) => has(...pair)) } };
}

function pairsOf(keys: readonly string[], others: readonly string[]): [string, string][] {
  return keys.flatMap((key) => others.map((other): [string, string] => [key, other]));
}

/** What the keys of a map say about each other. */
const TOGETHER: Readonly<Record<string, Json>> = {
  table: { anyOf: ['rules', ...RULELESS].map((key) => has(key)) },
  rule: {
    dependencies: { deadline: ['answer'], rate: { anyOf: [has('answer'), has('from')] } },
    ...apart(...pairsOf(['action'], ['answer', 'forward', 'modify'])),
  },
  'expected frame': {
    anyOf: [has('in', 'out'), has('agl'), has('at', 'out')],
    ...apart(['in', 'agl']),
  },
  match: {
    anyOf: ['id', 'message', ...J1939].map((key) => has(key)),
    dependencies: { mask: ['id'], signals: ['message'], destination: ['pgn'] },
    ...apart(...pairsOf(['message'], ['id', 'extended', ...J1939]), ...pairsOf(['id'], J1939)),
    if: { properties: { remote: { enum: [true, 'any'] } }, ...has('remote') },
    then: { not: { anyOf: ['data', 'length', 'signals'].map((key) => has(key)) } },
  },
  answer: {
    anyOf: ['id', 'message', 'pgn'].map((key) => has(key)),
    dependencies: {
      signals: ['message'],
      ...{ pgn: ['source'], source: ['pgn'], destination: ['pgn'], priority: ['pgn'] },
    },
    ...apart(
      ...pairsOf(['message'], ['id', 'extended', ...J1939]),
      ...pairsOf(['id', 'extended'], J1939),
    ),
  },
  modify: {
    anyOf: ['and', 'or', 'xor', 'set', 'bits', 'signals', 'counter', 'protect'].map((key) =>
      has(key),
    ),
  },
  checksum: {
    dependencies: { 'profile-data': ['profile'] },
    ...apart(['polynomial', 'table']),
    if: { properties: { kind: { const: 'crc8' } }, ...has('kind') },
    then: { anyOf: [has('polynomial'), has('table')] },
    else: { not: { anyOf: [has('polynomial'), has('table')] } },
  },
};
