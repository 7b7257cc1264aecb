// SPDX-License-Identifier: MIT
/**
 * The JSON Schema of rules files knows the words that the parser knows, takes what it takes, and refuses what a
 * schema can refuse.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { compileRules, RulesError } from '../../rules/compile.ts';
import { rulesSchema } from '../../rules/schema.ts';
import { schemaErrors } from './json-schema.ts';

/** Messages of the parser about a text; none if it takes it. */
function complaints(text: string): string {
  try {
    compileRules(text, 'examples/signal-gateway/rules.yaml');
    return '';
  } catch (error) {
    if (!(error instanceof RulesError)) throw error;
    return error.message;
  }
}

function file(...rest: readonly string[]): string {
  return ['version: 1', ...rest, ''].join('\n');
}

/** A table of one rule with these words beside its name and its match. */
function rule(words: string, match = 'match: { id: 0x100 }'): string {
  return file('rules:', `  - { name: a, ${match}${words === '' ? '' : `, ${words}`} }`);
}

function matching(words: string): string {
  return rule('', `match: { ${words} }`);
}

function answering(words: string): string {
  return rule(`answer: { id: 0x101, ${words} }`);
}

function changing(words: string): string {
  return rule(`forward: true, modify: { ${words} }`);
}

/** What a schema can refuse. */
const WRONG: readonly string[] = [
  'rules: []\n',
  'version: 2\nrules: []\n',
  file(),
  file('rules: 7'),
  file('default: keep', 'rules: []'),
  file('filters: [100]', 'rules: []'),
  file("filters: ['100-7FF']", 'rules: []'),
  file('receive: fast', 'rules: []'),
  file('dbc: []', 'rules: []'),
  file('limits: {}', 'rules: []'),
  file('cyclic: [{ name: a, frame: { id: 1 } }]', 'rules: []'),
  file('cyclic: [{ name: a, every: 10, frame: { id: 1 } }]', 'rules: []'),
  file(
    'cyclic: [{ name: a, every: 1ms, frame: { id: 1, copy: [{ from: 0, to: 0 }] } }]',
    'rules: []',
  ),
  file('rules: [{ match: { id: 1 } }]'),
  file('rules: [{ name: a }]'),
  file('rules: [{ name: A, match: { id: 1 } }]'),
  rule('forwards: true'),
  rule('forward: maybe'),
  rule('action: pass'),
  rule('action: drop, answer: { id: 0x101 }'),
  rule('action: drop, forward: true'),
  rule('from: linux'),
  file('agl: { default: drop }', 'rules: []'),
  file('agl: { alarm: { every: 1s } }', 'rules: []'),
  rule('rate: 10/s'),
  rule('deadline: 5ms'),
  rule('answer: { id: 0x101 }, deadline: 5'),
  rule('answer: { id: 0x101 }, rate: fast'),
  rule('answer: { id: 0x101 }, rate: { burst: 3 }'),
  rule('answer: { id: 0x101 }, rate: { per-second: 0 }'),
  rule('answer: []'),
  rule('answer: [{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }, { id: 5 }, { id: 6 }]'),
  rule('expect: { in: 100# }'),
  rule('expect: [{ in: 100# }]'),
  rule('expect: [{ in: 10#, out: [] }]'),
  rule('expect: [{ in: 100#, out: [], at: 5 }]'),
  rule('expect: [{ in: 100#, out: [], live: { 64: 1 } }]'),
  matching(''),
  matching('mask: 0x7F0'),
  matching('id: 0x20000000, extended: true'),
  matching('id: 0x100, extended: yes please'),
  matching('id: 0x100, remote: some'),
  matching('id: 0x100, remote: true, data: [1]'),
  matching('id: 0x100, remote: any, length: 3'),
  matching('id: 0x100, length: 9'),
  matching('id: 0x100, length: { least: 3 }'),
  matching('id: 0x100, data: [256]'),
  matching('id: 0x100, data: [{ value: 1 }]'),
  matching('id: 0x100, data: [{ min: 1 }]'),
  matching('id: 0x100, data: [{ any: [] }]'),
  matching('id: 0x100, data: [0, 1, 2, 3, 4, 5, 6, 7, 8]'),
  matching('id: { from: 1 }'),
  matching('id: { not: { mask: 1 } }'),
  matching('id: 0x100, pgn: 0xFEDA'),
  matching('id: 0x100, message: WheelSpeed'),
  matching('id: 0x100, signals: { Speed: 1 }'),
  matching('pgn: 0x40000'),
  matching('source: 256'),
  matching('priority: 8'),
  answering('remote: true'),
  answering('length: 9'),
  answering('length: same'),
  answering('data: [256]'),
  answering('copy: { from: 0, to: 0 }'),
  answering('copy: [{ from: 0 }]'),
  answering('copy: [{ from: 0, to: 8 }]'),
  answering('live: [{ from: 64, to: 0 }]'),
  answering('bits: { from: 0, to: 64 }'),
  answering('bits: { from: 0 }'),
  answering('counter: { to: 0, count: 33 }'),
  answering('counter: { count: 4 }'),
  answering('checksum: crc8'),
  answering('checksum: { from: 0 }'),
  answering('checksum: { kind: crc8 }'),
  answering('checksum: { kind: crc8, polynomial: 1, table: [] }'),
  answering('checksum: { kind: xor, polynomial: 1 }'),
  answering('checksum: { kind: autosar, from: 8 }'),
  answering('checksum: { kind: autosar, profile: 4u8 }'),
  answering('checksum: { kind: autosar, profile-data: [1] }'),
  answering('signals: { Speed: 1 }'),
  rule('answer: { length: 8 }'),
  rule('answer: { pgn: 0xFEDA }'),
  rule('answer: { pgn: 0xFEDA, source: requester }'),
  rule('answer: { pgn: 0xFEDA, source: 1, id: 3 }'),
  rule('answer: { id: 3, priority: 6 }'),
  changing(''),
  changing('checksum: autosar'),
  changing('not: { data: [1] }'),
  changing('and: { bytes: [1] }'),
  changing('set: { length: 256 }'),
  changing('set: { id: 0x100000000 }'),
];

/** What only the compiler can refuse. */
const WRONG_BY_VALUE: readonly string[] = [
  matching('id: 0x800'),
  matching('id: 0x101, mask: 0x700'),
  matching('id: { from: 2, to: 1 }'),
  answering('counter: { to: 0, count: 4, max: 16 }'),
  answering('length: 2, data: [1, 2, 3]'),
  file('rules:', ...['a', 'a'].map((name) => `  - { name: ${name}, match: { id: 1 } }`)),
];

describe('the JSON Schema of rules files', () => {
  const examples = readdirSync('examples', { withFileTypes: true }).filter((one) =>
    one.isDirectory(),
  );
  const files = ['rules.yaml', ...examples.map(({ name }) => `examples/${name}/rules.yaml`)];

  it('takes the shipped files, which name it in their first line', () => {
    assert.ok(files.length > 10);
    for (const path of files) {
      const text = readFileSync(path, 'utf8');
      assert.equal(schemaErrors(text), undefined, path);
      const [line] = text.split('\n');
      const [, named] = /^# yaml-language-server: \$schema=(\S+)$/.exec(line) ?? [];
      assert.equal(named && join(path, '..', named), 'build/rules.schema.json', path);
    }
  });

  it('has no key that is not described', () => {
    const { definitions, properties } = rulesSchema() as {
      definitions: Record<string, { properties?: Record<string, { description?: string }> }>;
      properties: Record<string, { description?: string }>;
    };
    const all = [{ properties }, ...Object.values(definitions)].flatMap((each) =>
      Object.entries(each.properties ?? {}),
    );
    assert.ok(all.length > 60);
    for (const [key, { description = '' }] of all) assert.match(description, /^.{5,}\.$/, key);
  });

  it('and the parser refuse the same files, where a schema can', () => {
    for (const text of WRONG) {
      assert.notEqual(complaints(text), '', `the parser takes\n${text}`);
      assert.ok(schemaErrors(text) !== undefined, `the schema takes\n${text}`);
    }
    for (const text of WRONG_BY_VALUE) {
      assert.notEqual(complaints(text), '');
      assert.equal(schemaErrors(text), undefined, text);
    }
  });
});

/** An unknown key, in each map of the language: the parser then lists the keys that it knows. */
const STRANGE = 'zzzzzzzz: 1';
const MAPS: Readonly<Record<string, string>> = {
  table: file('rules: []', STRANGE),
  rule: rule(STRANGE),
  match: matching(STRANGE),
  'masked-identifier range': matching(`id: [{ ${STRANGE} }]`),
  'masked-byte byte-range byte-choice all-bytes-but': matching(`id: 1, data: [{ ${STRANGE} }]`),
  lengths: matching(`id: 1, length: { ${STRANGE} }`),
  answer: answering(STRANGE),
  copy: answering(`copy: [{ ${STRANGE} }]`),
  bits: answering(`bits: { ${STRANGE} }`),
  counter: answering(`counter: { ${STRANGE} }`),
  checksum: answering(`checksum: { ${STRANGE} }`),
  modify: changing(STRANGE),
  protect: changing(`protect: { ${STRANGE} }`),
  check: rule(`check: { ${STRANGE} }`),
  results: rule(`check: { profile: 5, data-id: 1, length: 8, on: { ${STRANGE} } }`),
  change: changing(`and: { ${STRANGE} }`),
  rate: rule(`answer: { id: 1 }, rate: { ${STRANGE} }`),
  'expected-frame': rule(`expect: [{ ${STRANGE} }]`),
  'value-range': named(`match: { message: WheelSpeed, signals: { Speed: { ${STRANGE} } } }`),
  'scaled-signal': named(
    `match: { message: WheelSpeed }, answer: { message: PanelSpeed, signals: { MilesPerHour: { ${STRANGE} } } }`,
  ),
  'counting-signal': named(
    `match: { message: WheelSpeed }, answer: { message: PanelSpeed, signals: { MilesPerHour: { counter: {}, ${STRANGE} } } }`,
  ),
  agl: file(`agl: { ${STRANGE} }`, 'rules: []'),
  alarm: file(`agl: { alarm: { ${STRANGE} } }`, 'rules: []'),
  'safe-state': file(`safe-state: { ${STRANGE} }`, 'rules: []'),
  heartbeat: file(`safe-state: { heartbeat: { ${STRANGE} } }`, 'rules: []'),
  until: file(`safe-state: { until: { ${STRANGE} } }`, 'rules: []'),
  'safe-state-frame': file(`safe-state: { frames: [{ ${STRANGE} }] }`, 'rules: []'),
  timeout: rule(`timeout: { ${STRANGE} }`),
  changes: rule(`changes: { ${STRANGE} }`),
  notice: rule(`timeout: { after: 1s, missing: { ${STRANGE} } }`),
  diagnosis: file(`diagnosis: { ${STRANGE} }`, 'rules: []'),
  'live-data': file(`diagnosis: { pids: { 1: { ${STRANGE} } } }`, 'rules: []'),
  'served-by-AGL': file(`diagnosis: { agl: { ${STRANGE} } }`, 'rules: []'),
  pending: file(`diagnosis: { agl: { services: [1], pending: { ${STRANGE} } } }`, 'rules: []'),
  'cyclic-frame': file(`cyclic: [{ ${STRANGE} }]`, 'rules: []'),
  frame: file(`cyclic: [{ name: a, every: 1ms, frame: { ${STRANGE} } }]`, 'rules: []'),
  'counter-of-a-signal': named(
    `match: { message: WheelSpeed }, answer: { message: PanelSpeed, signals: { MilesPerHour: { counter: { ${STRANGE} } } } }`,
  ),
  'live-signal': named(
    `match: { message: WheelSpeed }, answer: { message: PanelSpeed, signals: { MilesPerHour: { live: 1, ${STRANGE} } } }`,
  ),
};
/** Maps whose only key is asked for before anything else. */
const OF_ONE_KEY = ['all-identifiers-but', 'all-values-but'];
/** Their keys are names of signals, or numbers of live values, PIDs or identifiers. */
const OF_ANY_KEY = [
  ...['matched-signals', 'set-signals', 'signals-of-a-frame', 'live-values'],
  ...['pids', 'identifiers'],
];

function named(words: string): string {
  return file('dbc: car.dbc', 'rules:', `  - { name: a, ${words} }`);
}

describe('the words', () => {
  const { definitions, ...table } = rulesSchema() as {
    definitions: Record<string, { properties?: object }>;
    properties: object;
  };
  const keysOf = (name: string) =>
    Object.keys((name === 'table' ? table : definitions[name]).properties ?? {});

  it('of each map are the same in the parser and in the schema', () => {
    for (const [names, text] of Object.entries(MAPS)) {
      const [, known] = /unknown key "zzzzzzzz" in [^;]*; known: (.*)/.exec(complaints(text)) ?? [];
      assert.ok(known !== undefined, `${names}: ${complaints(text)}`);
      const keys = new Set(names.split(' ').flatMap(keysOf));
      assert.deepEqual(known.split(', ').sort(), [...keys].sort(), names);
    }
  });

  it('leave out no map of the schema', () => {
    const seen = Object.keys(MAPS).flatMap((names) => names.split(' '));
    const all = [...seen, ...OF_ONE_KEY, ...OF_ANY_KEY].filter((name) => name !== 'table');
    assert.deepEqual(all.sort(), Object.keys(definitions).sort());
  });
});
