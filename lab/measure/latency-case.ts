// SPDX-License-Identifier: MIT
/**
 * The cases of the latency figures: the answer, the load and the rates.
 *
 * Does not: run anything.
 */
import type { EngineName } from '../../twin/engine/engine.ts';
import type { IdleKind } from '../rig/firmware.ts';

/**
 * The rule that answers.
 *
 * - `static`: by hardware filter, with the answer preloaded.
 * - `computed`: bytes of the request are copied; one rule, and the request is read.
 * - `window`: the same by hardware filter: what is copied is read, and what changes is written.
 * - `windowSingle`: as `window`, and INT tells of the request alone.
 * - `computedWorst`: the same in the most expensive table. Another rule has a filter, so RX STATUS
 *   comes first. The previous answer was of a rule with another header, so all of the answer is
 *   loaded. All 8 bytes are copied. The rule is the last of 64.
 * - `single`: as `static`, and INT tells of the request alone.
 * - `staticWorst`: the rule with the filter in a similar table, where answers of the other rule may
 *   wait to be loaded.
 * - `staged`, `stagedSingle`: as `static` and `single`, with a counter and a CRC-8, made ahead.
 */
export type AnswerKind =
  | 'static'
  | 'single'
  | 'window'
  | 'windowSingle'
  | 'computed'
  | 'computedWorst'
  | 'staticWorst'
  | 'staged'
  | 'stagedSingle';

/**
 * What goes on beside the requests.
 *
 * - idle: nothing.
 * - forwarding: a full bus, forwarded to AGL, and AGL sends all the time.
 * - aglDead: the full bus, and no peer on the link.
 * - aglHostile: as forwarding, and the peer writes garbage into the shared section all the time.
 */
export type LoadKind = 'idle' | 'forwarding' | 'aglDead' | 'aglHostile';

/** The kinds with a table of one rule. */
export const ANSWER_KINDS: readonly AnswerKind[] = ['static', 'computed'];
/** The kind of a request that INT alone tells. */
export const SINGLE_KINDS: readonly AnswerKind[] = ['single'];
/** The kinds of answers that are made ahead. */
export const STAGED_KINDS: readonly AnswerKind[] = ['staged', 'stagedSingle'];
/** The kinds of which only the bytes that are needed are read. */
export const WINDOW_KINDS: readonly AnswerKind[] = ['window', 'windowSingle'];
/** The kinds with the most expensive tables. */
export const WORST_KINDS: readonly AnswerKind[] = ['staticWorst', 'computedWorst'];
export const LOAD_KINDS: readonly LoadKind[] = ['idle', 'forwarding', 'aglDead', 'aglHostile'];
export const BITRATES: readonly number[] = [125_000, 250_000, 500_000, 1_000_000];
export const SPI_RATES: readonly number[] = [1_000_000, 2_000_000, 10_000_000];

/** Of the three usual crystals, the only one that can make all four bit rates. */
export const OSCILLATOR_HERTZ = 16_000_000;

export interface LatencyCase {
  readonly engine: EngineName;
  readonly answer: AnswerKind;
  readonly load: LoadKind;
  readonly bitrate: number;
  readonly spiHertz: number;
  /** What the core does between the requests. Default: `poll`. Needs a firmware loaded for it. */
  readonly idle?: IdleKind;
  /** Number of requests that are sent. */
  readonly requests: number;
  /** Seed of the pseudo-random phases and frames. */
  readonly seed: number;
}

/**
 * Identifiers in arbitration order: requests and answers first, then AGL's frames, then the load.
 */
export const REQUEST_IDENTIFIER = 0x010;
export const ANSWER_IDENTIFIER = 0x011;
/** The request of the rule whose answer goes before each answer of a worst table. */
export const OTHER_REQUEST_IDENTIFIER = 0x012;
export const AGL_IDENTIFIER_FIRST = 0x100;
export const LOAD_IDENTIFIER_FIRST = 0x200;

/** The most rules that a table can have (docs/rules.md). */
const RULES_MAXIMUM = 64;
/** It has another form and length, and an identifier that wins against every load. */
const OTHER_RULE =
  '{ name: other, match: { id: 0x012, data: [~] }, answer: { id: 0x004C0000, extended: true, length: 7, copy: [{ from: 0, to: 0, count: 1 }] } }';
const STATIC_RULE =
  '{ name: request, match: { id: 0x010 }, answer: { id: 0x011, data: [0x01, 0x00, 0x64, 0x00, 0x00, 0x00, 0x00, 0xA5] } }';
/** Eight bytes: a checksum over all others, and a counter. */
const stagedRule = (match: string): string =>
  `{ name: request, match: { ${match} }, answer: { id: 0x011, data: [~, ~, 0x64, 0x00, 0x00, 0x00, 0x00, 0xA5], counter: { to: 8, count: 4, max: 14 }, checksum: { kind: sae-j1850, from: 1, to: 7, result: 0 } } }`;
const COPY_RULE =
  '{ name: request, match: { id: 0x010, data: [~, ~] }, answer: { id: 0x011, length: 8, data: [0x50], copy: [{ from: 0, to: 1, count: 2 }] } }';
export const FILLERS = Array.from(
  { length: RULES_MAXIMUM - 3 },
  (_, index) => `{ name: filler-${index}, match: { id: ${0x400 + index} }, action: drop }`,
);
const RULES: Readonly<Record<AnswerKind, readonly string[]>> = {
  static: [STATIC_RULE],
  single: [STATIC_RULE.replace('{ id: 0x010 }', '{ id: 0x010, remote: any }')],
  staged: [stagedRule('id: 0x010')],
  stagedSingle: [stagedRule('id: 0x010, remote: any')],
  computed: [COPY_RULE],
  window: [COPY_RULE],
  windowSingle: [COPY_RULE.replace('id: 0x010,', 'id: 0x010, remote: never,')],
  staticWorst: [OTHER_RULE, ...FILLERS, STATIC_RULE],
  computedWorst: [
    '{ name: filtered, match: { id: 0x008 }, answer: { id: 0x009, data: [0x01] } }',
    OTHER_RULE,
    ...FILLERS,
    '{ name: request, match: { id: 0x010, data: [~, ~, ~, ~, ~, ~, ~, ~] }, answer: { id: 0x011, length: 8, copy: [{ from: 0, to: 0, count: 8 }] } }',
  ],
};

/** The rule table of a case. Every other frame goes to AGL. */
export function rulesOf(answer: AnswerKind): string {
  const rules = RULES[answer].map((rule) => `  - ${rule}`);
  const receive = answer === 'computed' ? 'shared' : 'auto';
  return ['version: 1', 'default: forward', `receive: ${receive}`, 'rules:', ...rules, ''].join(
    '\n',
  );
}
