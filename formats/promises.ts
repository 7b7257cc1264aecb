// SPDX-License-Identifier: MIT
/**
 * The promised times of docs/timing-budget.md, and how each of them follows from the constants of a board.
 *
 * A worst case is the longest of several ways, and each way is a sum: so many instructions, device accesses, bytes on
 * SPI. So it grows at most by the largest count of each over all ways. `atShipped` is the worst case with the shipped
 * model (lab/model/raspberry-pi-4.json), a little above what the twin shows; the counts say how much more it is for
 * each nanosecond that a constant is above the model's. A constant below it makes no bound smaller.
 * Counts and `atShipped` are of this firmware, seen on the twin with each constant raised alone; `npm run bench --
 * --check` compares with what the twin shows on four boards (lab/measure/bound-goals.ts).
 *
 * Made from it: the helper's table (promises.txt) and the table of docs/timing-budget.md.
 * Does not: know a board.
 */

/** What a count can be of: a constant of lab/model/model-file.ts, or a byte on SPI. */
export const COUNTED = [
  ...['nanosPerInstruction', 'deviceReadNanos', 'deviceWriteNanos', 'counterReadNanos'],
  ...['trappedAccessNanos', 'hypercallNanos', 'interruptExitNanos', 'wakeUpNanos', 'spiByte'],
] as const;

export interface Way {
  /** The worst case with the shipped constants, in nanoseconds. */
  readonly atShipped: number;
  /** How often the constants of COUNTED are in it at most, in their order; absent ones: never. */
  readonly counts: readonly number[];
}

export interface Promised extends Way {
  readonly what: string;
  /** The promise, in nanoseconds. */
  readonly most: number;
  /** Another way that has counts of its own: the longer of the two is the worst case. */
  readonly or?: Way;
  /** Figures of the bench that must not be above the bound, as keys of lab/measure/figures.ts. */
  readonly seen: readonly string[];
}

/** What measured values are compared with, beside the constants of the model. */
export const EXPECTED = {
  /** Nine clocks of 10 MHz: spi=10000000, for which all times are promised. */
  spiByte: 900,
  /** As trappedAccessNanos: one access that the hypervisor emulates. */
  doorbellNanos: 900,
} as const;

/**
 * The round of the loop that the image of the self test times (src/selftest/round.ts): counts as above. What it takes
 * beside its accesses is what instructions like the cell's take on this core.
 */
export const ROUND_COUNTS: readonly number[] = [572, 1, 0, 1];

const BUSY = ['forwarding', 'aglFlood', 'aglDead', 'aglHostile'];
const looks = (answers: readonly string[], loads: readonly string[]): string[] =>
  answers.flatMap((answer) => loads.map((load) => `looks.${answer}.${load}.worstCaseNanos`));

// prettier-ignore
const STATIC_BUSY = { atShipped: 5_600, counts: [1_560, 7, 9, 3, 1, 0, 0, 0, 4], seen: looks(['static', 'staticWorst'], BUSY) };
// prettier-ignore
const WINDOW_BUSY = { atShipped: 14_450, counts: [1_850, 11, 14, 3, 1, 0, 0, 0, 13], seen: looks(['window'], BUSY) };
// prettier-ignore
const COMPUTED_BUSY = { atShipped: 36_500, counts: [2_900, 13, 16, 4, 1, 0, 0, 0, 33], seen: looks(['computed', 'computedWorst'], BUSY) };

/** By name. The sentences are those of docs/timing-budget.md. */
// prettier-ignore
export const PROMISES = {
  staticIdle: { what: 'static answer, idle', most: 5_000, atShipped: 4_950, counts: [1_090, 8, 9, 2, 0, 0, 0, 0, 4], seen: looks(['static'], ['idle']) },
  staticSlot500k: { what: 'static answer, first slot of 500 kbit/s, busy', most: 6_000, ...STATIC_BUSY },
  staticSlot250k: { what: 'static answer, first slot of 250 kbit/s, busy', most: 12_000, ...STATIC_BUSY },
  staticBusy: { what: 'static answer, busy', most: 20_000, ...STATIC_BUSY },
  staticSlot125k: { what: 'static answer, first slot of 125 kbit/s, busy', most: 24_000, ...STATIC_BUSY },
  stagedIdle: { what: 'staged answer, idle', most: 5_000, atShipped: 4_950, counts: [1_090, 8, 9, 2, 0, 0, 0, 0, 4], seen: looks(['staged'], ['idle']) },
  stagedSlot500k: { what: 'staged answer, first slot of 500 kbit/s, busy', most: 6_000, atShipped: 5_600, counts: [1_560, 7, 9, 3, 1, 0, 0, 0, 4], seen: looks(['staged'], BUSY) },
  singleIdle: { what: 'single, idle, no poll on the wire', most: 2_200, atShipped: 2_170, counts: [960, 3, 3, 1, 0, 0, 0, 0, 1], seen: ['looks.single.idle.betweenNanos'] },
  singleWorst: { what: 'single, worst moment, AGL not hostile', most: 2_700, atShipped: 2_699, counts: [1_160, 4, 6, 1, 0, 0, 0, 0, 2], or: { atShipped: 2_400, counts: [1_160, 4, 6, 1, 1, 0, 0, 0, 1] }, seen: looks(['single', 'stagedSingle'], ['idle', 'forwarding', 'aglFlood']) },
  singleSlot1000k: { what: 'single, first slot of 1 Mbit/s, AGL hostile', most: 3_000, atShipped: 2_900, counts: [1_610, 4, 6, 4, 1, 0, 0, 0, 2], seen: looks(['single', 'stagedSingle'], ['aglHostile']) },
  windowIdle: { what: 'window, idle', most: 14_000, atShipped: 13_960, counts: [1_400, 11, 14, 2, 0, 0, 0, 0, 13], seen: looks(['window'], ['idle']) },
  windowWorst: { what: 'window, busy', most: 17_000, ...WINDOW_BUSY },
  windowSlot125k: { what: 'window, first slot of 125 kbit/s, busy', most: 24_000, ...WINDOW_BUSY },
  windowSingle: { what: 'window with single, first slot of 250 kbit/s, idle', most: 12_000, atShipped: 11_780, counts: [1_280, 8, 11, 2, 0, 0, 0, 0, 11], seen: looks(['windowSingle'], ['idle']) },
  computedIdle: { what: 'computed answer, one rule, idle', most: 30_000, atShipped: 25_300, counts: [1_660, 10, 13, 2, 0, 0, 0, 0, 25], seen: looks(['computed'], ['idle']) },
  computedWorstIdle: { what: 'computed answer, worst table, idle', most: 33_000, atShipped: 32_200, counts: [2_130, 12, 15, 2, 0, 0, 0, 0, 32], seen: looks(['computedWorst'], ['idle']) },
  computedBusy: { what: 'computed answer, busy', most: 45_000, ...COMPUTED_BUSY },
  consoleStatic: { what: 'static answer, idle, with a line on the console', most: 5_000, atShipped: 4_950, counts: [1_570, 8, 9, 2, 1, 1, 0, 0, 4], seen: ['console.looks.static.idle.worstCaseNanos'] },
  consoleSingle: { what: 'single, first slot of 1 Mbit/s, with a line on the console', most: 3_000, atShipped: 2_900, counts: [1_450, 5, 6, 2, 1, 1, 0, 0, 2], seen: ['console.looks.single.*.worstCaseNanos'] },
  asleepStatic: { what: 'static answer of a core that sleeps', most: 20_000, atShipped: 10_600, counts: [2_900, 9, 9, 2, 1, 0, 3, 1, 4], seen: ['latencyWfi.static.*.500k.spi10M.interruptToSendNanosMax'] },
  asleepComputed: { what: 'computed answer of a core that sleeps', most: 45_000, atShipped: 31_200, counts: [3_600, 12, 16, 2, 1, 0, 3, 1, 25], seen: ['latencyWfi.computed.*.500k.spi10M.interruptToSendNanosMax'] },
  explained: { what: 'rules explain: what this board adds to its times', most: 100, atShipped: 0, counts: COMPUTED_BUSY.counts, seen: [] },
  strongest: { what: 'the strongest frame takes part, S', most: 60_000, atShipped: 59_100, counts: [11_000, 65, 80, 40, 0, 0, 0, 0, 49], seen: [] },
  lossless: { what: 'shortest frames at 1 Mbit/s, none lost: time for each', most: 47_000, atShipped: 20_000, counts: [2_000, 20, 25, 10, 2, 0, 0, 0, 10], seen: [] },
  stepPlain: { what: 'a step without SPI and ring', most: 4_000, atShipped: 1_120, counts: [940, 2, 2, 3, 0, 0, 0, 0, 0], seen: ['task.image.status-page.worstNanos', 'task.image.messages.worstNanos', 'task.image.link-report.worstNanos', 'task.image.late-report.worstNanos'] },
  stepRing: { what: 'a step with a ring entry and a doorbell', most: 6_000, atShipped: 1_650, counts: [1_530, 2, 2, 5], or: { atShipped: 1_740, counts: [840, 2, 2, 5, 1] }, seen: ['task.image.session.worstNanos', 'task.image.forward.worstNanos', 'task.image.from-AGL.worstNanos'] },
  stepCharacter: { what: 'a step that puts a character out', most: 5_000, atShipped: 1_680, counts: [540, 3, 2, 2, 1, 1], seen: ['task.image.console.worstNanos'] },
  stepLongest: { what: 'the longest step', most: 56_000, atShipped: 33_700, counts: [2_320, 10, 14, 3, 0, 0, 0, 0, 33], seen: ['task.image.receive.worstNanos'] },
} as const satisfies Record<string, Promised>;
