// SPDX-License-Identifier: MIT
/**
 * The property run of the rules: a random table in the firmware on the emulated board, random traffic from
 * both sides, and the oracle beside it. What goes out must be what the oracle says.
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
import { liveValuesRequest, RequestWriter } from '../page/requests.ts';
import { openRig } from '../rig/open-rig.ts';
import type { Rig } from '../rig/rig.ts';
import { settledStatusPage } from '../verify/status-check.ts';
import { frameKey } from '../verify/frame-queues.ts';
import { Random } from './random.ts';
import { randomFrameFor, type RandomTable, randomRuleTable } from './rule-table.ts';

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

function play(rig: Rig, made: RandomTable, random: Random, frames: number): RuleRunReport {
  const { clock, control, chip } = rig.board;
  const oracle = new RuleOracle(made.table);
  oracle.live.set(random.bytes(LIVE_VALUES));
  if (control) new RequestWriter(control.requests).write(liveValuesRequest(0, [...oracle.live]));
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

  const report = { answers: 0, forwarded: 0, modified: 0, limited: 0, deleted: 0 };
  const verdicts = [
    ...rig.sentByOthers.map((frame) => oracle.feed(frame, 'bus')),
    ...given.map((frame) => oracle.feed(frame, 'agl')),
  ];
  for (const { answers, frame, forwarded, drop } of verdicts) {
    const count = (wanted: string): number => answers.filter(({ kind }) => kind === wanted).length;
    report.answers += count('sent');
    report.limited += count('limited');
    report.deleted += count('deleted') + (drop === 'deleted' ? 1 : 0);
    if (forwarded) report.forwarded += 1;
    if (forwarded && frameKey(forwarded) !== frameKey(frame)) report.modified += 1;
  }
  const onwards = (side: 'bus' | 'agl'): CanFrame[] =>
    verdicts.flatMap(({ from, forwarded }) => (forwarded && from === side ? [forwarded] : []));
  const [toBus, toAgl] = [
    verdicts.flatMap((verdict) => verdict.toBus),
    verdicts.flatMap((verdict) => verdict.toAgl),
  ];
  const atAgl = rig.agl.map(({ frame }) => frame);
  const onBus = rig.sentBy(chip.name);
  const isTaken = page?.rules.source === 'loaded at start';
  const problems = [
    ...(isTaken ? [] : ['the cell has not taken the table']),
    ...compare('on the bus', onBus, toBus),
    ...compare('at AGL', atAgl, toAgl),
    ...inOrder('on the bus', onBus, onwards('agl')),
    ...inOrder('at AGL', atAgl, onwards('bus')),
    ...(page ? compareCounts(page, made.table, verdicts) : ['there is no status page']),
  ];
  return { problems: problems.slice(0, PROBLEMS_MOST), ...report };
}

/** Hits of each rule, and answers that were not sent, as the cell counts them. */
function compareCounts(
  page: StatusPage,
  { rules }: RuleTable,
  verdicts: readonly Verdict[],
): string[] {
  const count = (wanted: AnswerOutcome['kind']): number =>
    verdicts.flatMap(({ answers }) => answers.filter(({ kind }) => kind === wanted)).length;
  const rows: [what: string, said: number, seen: number][] = [
    ['answers over the rate', page.counters[COUNTER.answersLimited], count('limited')],
    ['answers too long', page.counters[COUNTER.answersDeleted], count('deleted')],
    ['answers dropped', page.counters[COUNTER.answersDropped], 0],
    ...rules.map((rule, index): [string, number, number] => [
      `hits of ${rule.name}`,
      page.rules.hits[index],
      verdicts.filter((verdict) => verdict.rule === rule).length,
    ]),
  ];
  return rows.flatMap(([what, said, seen]) =>
    said === seen ? [] : [`the cell says ${what} ${said}, the oracle ${seen}`],
  );
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
