// SPDX-License-Identifier: MIT
/**
 * The property run of the rules: a random table in the firmware on the emulated board, another that takes its
 * place, random traffic from both sides, and the oracle beside it. What goes out must be what the oracle says,
 * and the state of rules that both tables have must survive.
 *
 * Does not: overload the cell. Each frame has time for its answers.
 */
import { encodeRules } from '../../rules/image/encode.ts';
import type { RuleTable } from '../../rules/model.ts';
import { type AnswerOutcome, RuleOracle, type Verdict } from '../../rules/oracle/oracle.ts';
import type { CanFrame } from '../../twin/bus/can-frame.ts';
import { formatFrame } from '../../twin/logs/candump/write.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import { COUNTER } from '../page/counters.ts';
import type { StatusPage } from '../page/status-page.ts';
import { liveValuesRequest, RequestWriter, ruleTableRequest } from '../page/requests.ts';
import { openRig } from '../rig/open-rig.ts';
import type { Rig } from '../rig/rig.ts';
import { settledStatusPage } from '../verify/status-check.ts';
import { frameKey } from '../verify/frame-queues.ts';
import { Random } from './random.ts';
import {
  randomFrameFor,
  randomRuleTable,
  randomSuccessor,
  type RandomTable,
} from './rule-table.ts';

export interface RuleRunOptions {
  readonly engine: EngineName;
  readonly seed: number;
  /** Frames of both sides together. */
  readonly frames: number;
}

export interface RuleRunReport {
  readonly problems: readonly string[];
  readonly answers: number;
  readonly forwarded: number;
  readonly modified: number;
  readonly limited: number;
  readonly deleted: number;
}

const MILLISECOND = 1_000_000;
const LIVE_VALUES = 64;
/** A frame, and four frames that the cell sends for it, at 500 kbit/s. */
const SPACING_NANOS = 1.5 * MILLISECOND;
const SETTLE_NANOS = 20 * MILLISECOND;
const PROBLEMS_MOST = 5;

/** Plays one seed. */
export async function runRules({ engine, seed, frames }: RuleRunOptions): Promise<RuleRunReport> {
  const random = new Random(seed);
  const made = randomRuleTable(random);
  const rig = await openRig({ engine, rules: encodeRules(made.table) });
  try {
    return play(rig, made, random, frames);
  } finally {
    rig.close();
  }
}

/** Half of the frames come to the first table, half to another that takes its place. */
function play(rig: Rig, first: RandomTable, random: Random, frames: number): RuleRunReport {
  const { control } = rig.board;
  if (control === undefined) throw new Error('the board has no status page');
  const writer = new RequestWriter(control.requests);
  const before = new RuleOracle(first.table);
  before.live.set(random.bytes(LIVE_VALUES));
  writer.write(liveValuesRequest(0, [...before.live]));
  const half = Math.ceil(frames / 2);
  const one = playTable(rig, first, before, random, half);
  const second = randomSuccessor(random, first);
  writer.write(ruleTableRequest(encodeRules(second.table)));
  const other = playTable(rig, second, new RuleOracle(second.table, before), random, half);
  const verdicts = [...one.verdicts, ...other.verdicts];
  const problems = [
    ...one.problems,
    ...other.problems.map((problem) => `after the swap, ${problem}`),
    ...compareSums(settledStatusPage(rig.board), verdicts),
  ];
  return { problems: problems.slice(0, PROBLEMS_MOST), ...sumsOf(verdicts) };
}

function sumsOf(verdicts: readonly Verdict[]): Omit<RuleRunReport, 'problems'> {
  const sums = { answers: 0, forwarded: 0, modified: 0, limited: 0, deleted: 0 };
  for (const { answers, frame, forwarded, drop } of verdicts) {
    const count = (wanted: string): number => answers.filter(({ kind }) => kind === wanted).length;
    sums.answers += count('sent');
    sums.limited += count('limited');
    sums.deleted += count('deleted') + (drop === 'deleted' ? 1 : 0);
    if (forwarded) sums.forwarded += 1;
    if (forwarded && frameKey(forwarded) !== frameKey(frame)) sums.modified += 1;
  }
  return sums;
}

/** Plays frames to a table that has been given to the cell, and compares what becomes of them. */
function playTable(
  rig: Rig,
  made: RandomTable,
  oracle: RuleOracle,
  random: Random,
  frames: number,
): { verdicts: Verdict[]; problems: string[] } {
  const { clock, chip } = rig.board;
  rig.run(SETTLE_NANOS);
  rig.forget();
  const given: CanFrame[] = [];
  for (let index = 0; index < frames; index++) {
    const at = index * SPACING_NANOS + random.below(SPACING_NANOS / 2);
    if (random.chance(0.7)) rig.send(randomFrameFor(random, made, 'bus'), at);
    else {
      const frame = randomFrameFor(random, made, 'agl');
      clock.schedule(clock.now + at, () => given.push(rig.sendFromAgl(frame)));
    }
  }
  rig.run(frames * SPACING_NANOS + SETTLE_NANOS);
  const page = settledStatusPage(rig.board);
  const verdicts = [
    ...rig.sentByOthers.map((frame) => oracle.feed(frame, 'bus')),
    ...given.map((frame) => oracle.feed(frame, 'agl')),
  ];
  const onwards = (side: 'bus' | 'agl'): CanFrame[] =>
    verdicts.flatMap(({ from, forwarded }) => (forwarded && from === side ? [forwarded] : []));
  const atAgl = rig.agl.map(({ frame }) => frame);
  const onBus = rig.sentBy(chip.name);
  const toBus = verdicts.flatMap((verdict) => verdict.toBus);
  const toAgl = verdicts.flatMap((verdict) => verdict.toAgl);
  const problems = [
    ...(page?.rules.count === made.table.rules.length ? [] : ['the cell has not taken the table']),
    ...compare('on the bus', onBus, toBus),
    ...compare('at AGL', atAgl, toAgl),
    ...inOrder('on the bus', onBus, onwards('agl')),
    ...inOrder('at AGL', atAgl, onwards('bus')),
    ...compareHits(page, made.table, verdicts),
  ];
  return { verdicts, problems };
}

type Row = [what: string, said: number | undefined, seen: number];

function differences(rows: readonly Row[]): string[] {
  return rows.flatMap(([what, said, seen]) =>
    said === seen ? [] : [`the cell says ${what} ${said}, the oracle ${seen}`],
  );
}

/** Hits of each rule since its table is in force. */
function compareHits(
  page: StatusPage | undefined,
  { rules }: RuleTable,
  verdicts: readonly Verdict[],
): string[] {
  return differences(
    rules.map((rule, index) => [
      `hits of ${rule.name}`,
      page?.rules.hits[index],
      verdicts.filter((verdict) => verdict.rule === rule).length,
    ]),
  );
}

/** Answers that were not sent, as the cell counts them. */
function compareSums(page: StatusPage | undefined, verdicts: readonly Verdict[]): string[] {
  const count = (wanted: AnswerOutcome['kind']): number =>
    verdicts.flatMap(({ answers }) => answers.filter(({ kind }) => kind === wanted)).length;
  const refused = (wanted: string): number => verdicts.filter(({ drop }) => drop === wanted).length;
  const counters = page?.counters;
  return differences([
    ['frames of AGL not listed', counters?.[COUNTER.fromAglUnlisted], refused('unlisted')],
    [
      'frames of AGL with a wrong length',
      counters?.[COUNTER.fromAglWrongLength],
      refused('length'),
    ],
    ['frames of AGL with a wrong value', counters?.[COUNTER.fromAglWrongValue], refused('value')],
    ['frames of AGL over the rate', counters?.[COUNTER.fromAglOverRate], refused('rate')],
    ['answers over the rate', page?.counters[COUNTER.answersLimited], count('limited')],
    ['answers too long', page?.counters[COUNTER.answersDeleted], count('deleted')],
    ['answers dropped', page?.counters[COUNTER.answersDropped], 0],
  ]);
}

/** The frames that are too many or too few, whatever their order. */
function compare(where: string, got: readonly CanFrame[], wanted: readonly CanFrame[]): string[] {
  const balance = new Map<string, { frame: CanFrame; count: number }>();
  const add = (frame: CanFrame, by: number): void => {
    const entry = balance.get(frameKey(frame)) ?? { frame, count: 0 };
    entry.count += by;
    balance.set(frameKey(frame), entry);
  };
  for (const frame of got) add(frame, 1);
  for (const frame of wanted) add(frame, -1);
  return [...balance.values()].flatMap(({ frame, count }) =>
    count === 0
      ? []
      : [`${where}: ${formatFrame(frame)} is ${Math.abs(count)} too ${count > 0 ? 'many' : 'few'}`],
  );
}

/** Forwarded frames keep their order, whatever else is between them. */
function inOrder(where: string, got: readonly CanFrame[], wanted: readonly CanFrame[]): string[] {
  let place = 0;
  for (const frame of wanted) {
    const found = got.findIndex(
      (one, index) => index >= place && frameKey(one) === frameKey(frame),
    );
    if (found < 0) return [`${where}: ${formatFrame(frame)} is out of order or missing`];
    place = found + 1;
  }
  return [];
}

/** What went wrong, and how to reproduce it. */
export function describeRuleFailure(
  { seed, frames }: RuleRunOptions,
  { problems }: RuleRunReport,
): string {
  return [
    `seed ${seed}, ${frames} frames:`,
    ...problems.map((problem) => `  ${problem}`),
    `  again: SEED=${seed} node --import tsx --test tests/cases/rules-random.test.ts`,
  ].join('\n');
}
