// SPDX-License-Identifier: MIT
/** The words of a rules file, for completion. docs/rules.md has their meaning. */
import type { Schema } from './completion.ts';

const BOOLEAN: Schema = { type: 'boolean' };
const ANY: Schema = {};

function keys(...names: readonly string[]): Record<string, Schema> {
  return Object.fromEntries(names.map((name) => [name, ANY]));
}

/** The schema as an object. */
export function rulesSchema(): Schema {
  const match = {
    properties: {
      ...keys('id', 'mask', 'message', 'pgn', 'source', 'destination', 'priority'),
      ...{ extended: BOOLEAN, remote: { enum: [true, false, 'any'] } },
      ...keys('length', 'data', 'signals'),
    },
  };
  const answer = {
    properties: {
      ...keys('id', 'message', 'pgn', 'source', 'destination', 'priority'),
      extended: BOOLEAN,
      ...keys('length', 'data', 'copy', 'live', 'bits', 'signals', 'counter', 'checksum'),
    },
  };
  const rule = {
    properties: {
      ...keys('name', 'rate', 'deadline', 'modify', 'expect'),
      ...{ match, answer, forward: BOOLEAN },
      ...{ from: { enum: ['bus', 'agl'] }, action: { enum: ['drop'] } },
    },
  };
  return {
    properties: {
      ...keys('version', 'dbc', 'filters', 'expect'),
      default: { enum: ['forward', 'drop'] },
      receive: { enum: ['auto', 'shared', 'urgent-first', 'single'] },
      rules: { items: rule },
    },
  };
}
