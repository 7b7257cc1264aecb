// SPDX-License-Identifier: MIT
/**
 * The worst tables: rules of every way in one table, asked in turn, so that each answer finds the buffers as another
 * rule has left them.
 *
 * The chip has two filters, so each table has one or two of the fast ways, and the other kinds of answers are read. A
 * table has as many rules as a worst table (latency-case.ts). Each answer is compared with the longest time that
 * `rules explain` prints for its rule, which is that of an idle cell.
 * Does not: look for the worst moment (interrupt-looks.ts).
 */
import { compileRules } from '../../rules/compile.ts';
import { assignPaths } from '../../rules/paths.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { runUntil } from '../../twin/board/cell-control.ts';
import { Random } from '../random/random.ts';
import { SpiRecorder } from '../rig/spi-transactions.ts';
import { openBench, type Measured } from './bench.ts';
import type { Figures } from './figures.ts';
import { ANSWER_IDENTIFIER, type LoadKind, REQUEST_IDENTIFIER, FILLERS } from './latency-case.ts';
import { startLoad } from './loads.ts';
import { WireLog } from './wire-log.ts';

/** The ways in which an answer can leave first in its table, and those of two filters. */
export type RotationTable =
  | 'single'
  | 'stagedSingle'
  | 'windowSingle'
  | 'filter'
  | 'looked'
  | 'staged'
  | 'window'
  | 'read'
  | 'filterAndWindow'
  | 'windowAndStaged';

/** A kind of answer: its match beside the identifier, and its content. */
interface Kind {
  readonly name: string;
  readonly match: string;
  readonly content: string;
  /** Data byte 0 that a request must have. Default: any. */
  readonly first?: number;
}

const OWN = '0x01, 0x00, 0x64, 0x00, 0x00, 0x00, 0x00, 0xA5';
const COPIED = 'length: 8, data: [0x50], copy: [{ from: 0, to: 1, count: 2 }]';
const COUNTED =
  'data: [~, ~, 0x64, 0x00, 0x00, 0x00, 0x00, 0xA5], counter: { to: 8, count: 4, max: 14 }, checksum: { kind: sae-j1850, from: 1, to: 7, result: 0 }';
const KINDS = {
  static: { name: 'static', match: '', content: `data: [${OWN}]` },
  // A filter compares the byte; that it is there must be looked at.
  looked: { name: 'looked', match: ', data: [0xA5]', content: `data: [${OWN}]`, first: 0xa5 },
  single: { name: 'single', match: ', remote: any', content: `data: [${OWN}]` },
  staged: { name: 'staged', match: '', content: COUNTED },
  stagedSingle: { name: 'stagedSingle', match: ', remote: any', content: COUNTED },
  window: { name: 'window', match: ', data: [~, ~]', content: COPIED },
  windowSingle: { name: 'windowSingle', match: ', data: [~, ~], remote: never', content: COPIED },
  computed: {
    name: 'computed',
    match: ', data: [~, ~, ~, ~, ~, ~, ~, ~]',
    content: 'length: 8, copy: [{ from: 0, to: 0, count: 8 }]',
  },
} satisfies Record<string, Kind>;
/** Kinds that a filter could serve, and that are read if another has it. */
const OTHERS: readonly Kind[] = [KINDS.static, KINDS.staged, KINDS.window, KINDS.computed];

/** The kinds of a table, the strongest answer first. */
const TABLES: Readonly<Record<RotationTable, readonly Kind[]>> = {
  single: [KINDS.single, ...OTHERS],
  stagedSingle: [KINDS.stagedSingle, ...OTHERS],
  windowSingle: [KINDS.windowSingle, ...OTHERS],
  filter: [KINDS.static, ...OTHERS],
  looked: [KINDS.looked, ...OTHERS],
  staged: [KINDS.staged, ...OTHERS],
  window: [KINDS.window, ...OTHERS],
  read: OTHERS,
  // Two filters serve two rules if no third one answers.
  filterAndWindow: [KINDS.static, KINDS.window],
  windowAndStaged: [KINDS.window, KINDS.staged],
};
export const ROTATION_TABLES = Object.keys(TABLES) as RotationTable[];

export interface RotationCase {
  readonly table: RotationTable;
  readonly load: LoadKind;
  /** Requests to each rule. */
  readonly rounds: number;
  readonly seed: number;
}

const BITRATE = 500_000;
const SPI_HERTZ = 10_000_000;
/** Bit times between two requests; up to as many are added at random. */
const SPACING_BITS = 800;
const DRAIN_BITS = 4_000;

/** The rules of a table: those that answer behind all others, so that the longest list is looked through. */
function rotationRules(table: RotationTable): string {
  const kinds = TABLES[table];
  const rules = kinds.map(
    ({ match, content }, index) =>
      `{ name: rule-${index}, match: { id: ${requestOf(index)}${match} }, answer: { id: ${answerOf(index)}, ${content} } }`,
  );
  const [first] = kinds;
  const alone = first.name.toLowerCase().endsWith('single') ? 'single' : 'auto';
  const receive = table === 'read' ? 'shared' : alone;
  const lines = [...FILLERS.slice(kinds.length), ...rules].map((rule) => `  - ${rule}`);
  return ['version: 1', 'default: forward', `receive: ${receive}`, 'rules:', ...lines, ''].join(
    '\n',
  );
}

function requestOf(index: number): number {
  return REQUEST_IDENTIFIER + 4 * index;
}

function answerOf(index: number): number {
  return ANSWER_IDENTIFIER + 4 * index;
}

/**
 * Figures `rotation.TABLE.LOAD.KIND.*`: the longest time from INT to the end of RTS, the time that is explained, and by
 * how much the one is beyond the other, in ns.
 */
export async function measureRotation(firmware: Measured, item: RotationCase): Promise<Figures> {
  const { table, load, rounds, seed } = item;
  const kinds = TABLES[table];
  const rules = rotationRules(table);
  const paths = assignPaths(compileRules(rules, 'rules.yaml').table).slice(-kinds.length);
  const logs = kinds.map((_, index) => new WireLog(requestOf(index), answerOf(index)));
  const recorder = new SpiRecorder();
  recorder.onTransaction = (transaction) => logs.forEach((log) => log.transaction(transaction));
  const board = await openBench(firmware, {
    ...{ engine: 'image', bitrate: BITRATE, spiHertz: SPI_HERTZ, rules },
    tap: recorder,
    onInterruptLine: (low, nanos) => {
      if (low) for (const { interruptFalls } of logs) interruptFalls.push(nanos);
    },
  });
  try {
    const { bitNanos } = board.bus;
    board.bus.onFrame((record) => logs.forEach((log) => log.wireRecorded(record)));
    const random = new Random(seed);
    const running = startLoad(board, { load }, random);
    let atNanos = board.clock.now;
    // One round more to warm up: the first answer of each may have to be loaded completely.
    for (let number = 0; number < (rounds + 1) * kinds.length; number++) {
      atNanos += (SPACING_BITS + random.below(SPACING_BITS)) * bitNanos;
      const index = number % kinds.length;
      const data = random.bytes(8);
      data[0] = kinds[index].first ?? data[0];
      const frame = makeFrame({ identifier: requestOf(index), data });
      board.sender.enqueue(frame, atNanos, 'request');
      running.requestPlanned(frame, atNanos);
    }
    runUntil(board, atNanos + DRAIN_BITS * bitNanos);
    const figures: Figures = {};
    kinds.forEach(({ name }, index) => {
      const samples = logs[index].pair(bitNanos);
      const times = samples.slice(1).map((sample) => sample.sendNanos - sample.interruptNanos);
      const explained = paths[index].worstMicros * 1_000;
      // A kind may be there twice, by a filter and read.
      const key = `rotation.${table}.${load}.${index === 0 ? 'first' : 'then'}-${name}`;
      figures[`${key}.interruptToSendNanosMax`] = Math.max(...times);
      figures[`${key}.explainedNanos`] = Math.round(explained);
      figures[`${key}.beyondExplainedNanos`] = Math.round(Math.max(...times) - explained);
      figures[`${key}.unanswered`] = rounds + 1 - samples.length;
    });
    return figures;
  } finally {
    board.engine.close();
  }
}
