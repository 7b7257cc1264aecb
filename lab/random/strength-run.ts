// SPDX-License-Identifier: MIT
/**
 * Plays a random plan and judges the strength of what was on the wire: with the cell, or with an ideal node in
 * its place.
 *
 * Does not: look into the firmware. Requests count from their end on the wire, frames of AGL's from when the
 * bridge has taken them.
 */
import { compileRules } from '../../rules/compile.ts';
import type { RuleTable } from '../../rules/model.ts';
import { RuleOracle } from '../../rules/oracle/oracle.ts';
import { aglBuffersOf, assignPaths } from '../../rules/paths.ts';
import type { Participant, WireFault } from '../../twin/bus/attempt.ts';
import { CanBus } from '../../twin/bus/can-bus.ts';
import type { CanFrame } from '../../twin/bus/can-frame.ts';
import type { CanNode } from '../../twin/bus/can-node.ts';
import { LogNode } from '../../twin/bus/log-node.ts';
import { VirtualClock } from '../../twin/clock.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import { COUNTER } from '../page/counters.ts';
import { RequestWriter, ruleTableRequest } from '../page/requests.ts';
import { readStatusPage } from '../page/status-page.ts';
import { openRig } from '../rig/open-rig.ts';
import type { Rig } from '../rig/rig.ts';
import { type Attempt, AttemptWatch } from '../verify/attempts.ts';
import { type Due, type Owed, owedOf } from '../verify/owed.ts';
import { demandOf } from '../verify/rule-oracle.ts';
import { settledStatusPage } from '../verify/status-check.ts';
import { type Lateness, latenessOf } from '../verify/strength.ts';
import { IdealNode, type IdealOptions } from './ideal-node.ts';
import { Random } from './random.ts';
import { randomFault } from './random-traffic.ts';
import { type AglSide, openAglSide, type Role } from './strength-agl.ts';
import { type StrengthPlan, strengthPlan, UNDISTURBED } from './strength-plan.ts';

export interface StrengthReport extends Lateness {
  readonly plan: StrengthPlan;
  readonly problems: readonly string[];
  readonly owed: readonly Owed[];
  readonly attempts: readonly Attempt[];
  readonly dropped: number;
  readonly absences: number;
}

/** What the executive promises at SPI 10 MHz: a frame decided so long ago takes part. */
export const S_NANOS = 60_000;
/** The longest step of the cell, after which it looks at AGL's ring (docs/timing-budget.md, "The loop's bound"). */
const STEP_NANOS = 56_000;
const CRYSTAL = 16_000_000;
const MILLISECOND = 1_000_000;
const LIMIT_NANOS = 2_000 * MILLISECOND;
/** The bus was idle for so long: nothing is owed any more. */
const REST_NANOS = 4 * MILLISECOND;
/** The cell looks so often whether a frame has left (src/cell/cell.ts). */
const LOOK_BITS = 16;
/** After bus-off the cell looks once a millisecond, and sets the chip up again. */
const RETURN_NANOS = 2 * MILLISECOND;

/** What a run collects. */
class Collected {
  readonly answers: Due[] = [];
  readonly fromAgl: Due[] = [];
  readonly problems: string[] = [];
  aglLookNanos: number | undefined;
  /** Two filters keep two transmit buffers (docs/timing-budget.md, "Where there is one buffer"). */
  hasTwoFilters = false;
  /** Tables are swapped. */
  isSwapped = false;
  /** From AGL's ring until the node has the frame. */
  takingNanos = 0;
  readonly watch: AttemptWatch;
  readonly #plan: StrengthPlan;
  readonly #bus: CanBus;

  constructor(plan: StrengthPlan, bus: CanBus, node: CanNode, nodes: readonly CanNode[]) {
    this.#plan = plan;
    this.#bus = bus;
    const faults = Random.of(plan.seed, 3);
    const disturb = (participants: readonly Participant[]): WireFault[] =>
      plan.faultRate === 0 ? [] : randomFault(faults, plan.faultRate, participants, nodes);
    this.watch = new AttemptWatch(bus, node, disturb);
  }

  /** Notes what the frames demand that `node` receives, and are not in `lost`. */
  listen(table: RuleTable, node: CanNode, lost?: ReadonlySet<CanFrame>): void {
    const receive = node.received.bind(node);
    const oracle = new RuleOracle(table);
    node.received = (frame, nanos) => {
      receive(frame, nanos);
      if (lost?.has(frame)) return;
      const { rule, answers } = demandOf(oracle.feed(frame));
      // The frame is good one bit before it ends.
      const times = { nanos: nanos + this.#bus.bitNanos, rule: rule?.name };
      this.answers.push(...answers.map((answer) => ({ frame: answer, ...times })));
    };
  }

  report(counted?: number): StrengthReport {
    const { attempts, absences } = this.watch;
    const { oneShot, aglSorted, timeoutNanos } = this.#plan;
    const { answers, fromAgl } = this;
    const result = owedOf({
      ...{ attempts, absences, answers, fromAgl },
      ...{ oneShot, aglSorted, aglLookNanos: this.aglLookNanos, timeoutNanos },
    });
    const problems = [...this.problems, ...result.problems];
    if (counted !== undefined && counted !== result.dropped && this.#plan.settings === '') {
      problems.push(`${result.dropped} answers were dropped, ${counted} counted`);
    }
    const isExcused = (nanos: number): boolean =>
      absences.some(
        ({ fromNanos, toNanos }) => nanos >= fromNanos && nanos <= toNanos + RETURN_NANOS,
      );
    const { bitNanos } = this.#bus;
    const graceNanos = S_NANOS;
    const lookNanos = LOOK_BITS * bitNanos;
    const gapNanos = this.hasTwoFilters ? lookNanos : 0;
    const aglGapNanos = this.isSwapped ? lookNanos : 0;
    return {
      ...latenessOf({
        ...{ attempts, owed: result.owed, isExcused, bitNanos },
        ...{ graceNanos, gapNanos, aglGapNanos, takingNanos: this.takingNanos },
      }),
      ...{ plan: this.#plan, problems, owed: result.owed, dropped: result.dropped },
      ...{ attempts, absences: absences.length },
    };
  }

  /** Whether nothing was on the wire for a while. */
  isAtRest(nanos: number): boolean {
    return nanos - (this.watch.attempts.at(-1)?.endNanos ?? 0) > REST_NANOS;
  }
}

/** Plays the plan of `seed` with the cell. */
export async function runStrength(
  engine: EngineName,
  seed: number,
  frames: number,
  role: Role = 'driver',
): Promise<StrengthReport> {
  const plan = strengthPlan(seed, frames);
  const { bitrate, rules, settings } = plan;
  // Chips of which TXREQ falls with the end of an aborted frame, and at once.
  const faults = { abortClearsRequest: seed % 2 === 1 };
  const { rig, agl } = await openAglSide(role, seed, (options) =>
    openRig({
      ...{ engine, bitrate, rules, settings, oscillatorHertz: CRYSTAL, faults, keep: false },
      ...options,
    }),
  );
  try {
    return playCell(rig, agl, plan);
  } finally {
    rig.close();
  }
}

function playCell(rig: Rig, agl: AglSide, plan: StrengthPlan): StrengthReport {
  const { clock, bus, chip, sender } = rig.board;
  const witness = new LogNode({ clock, bus, name: 'witness' });
  const { table } = compileRules(plan.rules, 'rules.yaml');
  const collected = new Collected(plan, bus, chip, [chip, sender, witness]);
  if (aglBuffersOf(table) === 1 || plan.swaps) collected.aglLookNanos = LOOK_BITS * rig.bitNanos;
  const tables = [plan.rules, plan.swaps?.rules ?? plan.rules].map(
    (text) => compileRules(text, 'rules.yaml').table,
  );
  const paths = tables.flatMap((each) => assignPaths(each));
  collected.takingNanos = STEP_NANOS;
  collected.hasTwoFilters = paths.some(({ number }) => number === 2);
  collected.isSwapped = plan.swaps !== undefined;
  if (plan.swaps) swapTables(rig, plan, collected.problems);
  const overflowed = new Set<CanFrame>();
  chip.onOverflow = (frame) => void overflowed.add(frame);
  collected.listen(table, chip, overflowed);
  const start = clock.now;
  for (const { frame, nanos } of plan.traffic) rig.send(frame, nanos);
  for (const { frame, nanos } of plan.fromAgl) {
    clock.schedule(start + nanos, (now) => agl.give(frame, now));
  }
  rig.run(lastOf(plan));
  while (clock.now < start + LIMIT_NANOS) {
    rig.run(MILLISECOND);
    if (sender.pendingCount === 0 && collected.isAtRest(clock.now)) break;
  }
  const page = settledStatusPage(rig.board);
  collected.fromAgl.push(...agl.expected(collected.watch.attempts));
  collected.problems.push(...agl.problems);
  return collected.report(page?.counters[COUNTER.answersDropped] ?? -1);
}

/** Has the two tables change places now and then, until all of the traffic was on the wire. */
function swapTables(rig: Rig, plan: StrengthPlan, problems: string[]): void {
  const { control, clock, sender } = rig.board;
  if (!plan.swaps || !control) return;
  const { rules, everyNanos } = plan.swaps;
  const images = [rules, plan.rules].map((text) => compileRules(text, 'rules.yaml').image);
  const writer = new RequestWriter(control.requests);
  let sequence = 0;
  const swap = (nanos: number): void => {
    const request = readStatusPage(control.status)?.request;
    if (sequence === 0 || request?.sequence === sequence) {
      if (request && request.status !== 0) problems.push(`a table was refused: ${request.status}`);
      sequence = writer.write(ruleTableRequest(images[sequence % 2]));
    }
    if (sender.pendingCount > 0) clock.schedule(nanos + everyNanos, swap);
  };
  clock.schedule(clock.now + everyNanos, swap);
}

/** When the last frame is due. */
function lastOf({ traffic, fromAgl }: StrengthPlan): number {
  return Math.max(...[...traffic, ...fromAgl].map(({ nanos }) => nanos));
}

/** Plays the plan of `seed` with an ideal node, or one that `options` make worse. */
export function runIdeal(
  seed: number,
  frames: number,
  options: Omit<IdealOptions, 'bus' | 'table'> = {},
): StrengthReport {
  const plan = { ...strengthPlan(seed, frames), ...UNDISTURBED };
  const clock = new VirtualClock();
  const bus = new CanBus({ clock, bitrate: plan.bitrate });
  const { table } = compileRules(plan.rules, 'rules.yaml');
  const ideal = new IdealNode({ bus, table, ...options });
  const sender = new LogNode({ clock, bus, name: 'ecu' });
  const collected = new Collected(plan, bus, ideal, []);
  collected.listen(table, ideal);
  for (const { frame, nanos } of plan.traffic) sender.enqueue(frame, nanos, 'ecu');
  for (const { frame, nanos } of plan.fromAgl) {
    clock.schedule(nanos, (now) => {
      collected.fromAgl.push({ frame, nanos: now });
      ideal.give(frame);
    });
  }
  clock.advanceTo(lastOf(plan));
  while (clock.now < LIMIT_NANOS) {
    clock.advanceTo(clock.now + MILLISECOND);
    if (sender.pendingCount === 0 && collected.isAtRest(clock.now)) break;
  }
  return collected.report();
}
