// SPDX-License-Identifier: MIT
/**
 * A run in which Linux is killed, frozen, rebooted and shut down at random moments while it sends live values, a node of
 * the bus asks the cell, and tables are loaded: while Linux is there, while the safe state stands, and at its edges.
 * What the safe state sends, from when to when, is judged on the wire (safe-judge.ts).
 *
 * A kill ends the bridge for a short time, a reboot for a longer one; a shutdown ends it with nothing left in its
 * hands; a freeze leaves its state as it was, and some are too short to count. Another node's stronger frames fill the
 * bus at some of the edges.
 * Does not: damage the rings (hostile-run.ts).
 */
import type { EngineName } from '../../twin/engine/engine.ts';
import { BridgeHost } from '../../twin/agl/bridge-host.ts';
import { formatFrame } from '../../twin/logs/candump/write.ts';
import { Random } from '../random/random.ts';
import { openRig } from '../rig/open-rig.ts';
import type { Rig } from '../rig/rig.ts';
import { BACK_NANOS, judge, type Sent } from './safe-judge.ts';
import { SafeSwapper } from './safe-swapper.ts';
import {
  AFTER_MILLIS,
  LIVE_BYTE,
  loadedRules,
  loadedTable,
  OTHER,
  SAFE,
  TABLES,
  type Wall,
} from './safe-tables.ts';

const MILLISECOND = 1_000_000;
/** A shorter silence is none: the last beat may be a few milliseconds old. */
const UNNOTICED_MILLIS = 60;
/** Stronger frames of another node in a row, each of at most 135 bits and the space of 3 at 500 kbit/s. */
const BURST_FRAMES = 30;
const BURST_NANOS = BURST_FRAMES * 276_000;

const ENDS = ['kill', 'freeze', 'blink', 'reboot', 'shutdown'] as const;
type End = (typeof ENDS)[number];

export interface SafeRunOptions {
  readonly engine: EngineName;
  readonly seed: number;
  readonly rounds: number;
  readonly wall: Wall;
  readonly onProgress?: (done: number) => void;
}

export interface SafeRunResult {
  readonly rounds: Readonly<Record<End, number>>;
  readonly latestBeginNanos: number;
  readonly requests: number;
  /** Tables that were taken, and that were refused. */
  readonly taken: number;
  readonly refused: number;
  readonly problems: readonly string[];
}

/** Plays the rounds one after the other on one board. */
export async function runSafeState(options: SafeRunOptions): Promise<SafeRunResult> {
  const { engine, seed, rounds, wall, onProgress } = options;
  const random = new Random(seed);
  const rig = await openRig({ engine, rules: loadedRules(wall) });
  const swapper = new SafeSwapper(rig, wall, loadedTable(wall));
  const counts = { kill: 0, freeze: 0, blink: 0, reboot: 0, shutdown: 0 };
  const problems: string[] = [];
  let [latestBeginNanos, requests, taken, refused] = [0, 0, 0, 0];
  try {
    swapper.setLive(LIVE_BYTE);
    for (let round = 0; round < rounds; round += 1) {
      const end = random.pick(ENDS);
      counts[end] += 1;
      const result = new Round(rig, swapper, random, wall, end).play();
      problems.push(...result.problems.map((problem) => `round ${round}, ${end}: ${problem}`));
      latestBeginNanos = Math.max(latestBeginNanos, result.beginNanos);
      requests += result.requests;
      const statuses = swapper.swaps.map(({ status }) => status);
      taken += statuses.filter((status) => status === 0).length;
      refused += statuses.filter((status) => status !== 0).length;
      onProgress?.(round + 1);
    }
  } finally {
    rig.close();
  }
  return { rounds: counts, latestBeginNanos, requests, taken, refused, problems };
}

class Round {
  #requests = 0;
  #isBusy = false;

  readonly #rig: Rig;
  readonly #swapper: SafeSwapper;
  readonly #random: Random;
  readonly #wall: Wall;
  readonly #end: End;

  constructor(rig: Rig, swapper: SafeSwapper, random: Random, wall: Wall, end: End) {
    this.#rig = rig;
    this.#swapper = swapper;
    this.#random = random;
    this.#wall = wall;
    this.#end = end;
  }

  play() {
    const [rig, random, swapper, end] = [this.#rig, this.#random, this.#swapper, this.#end];
    const { bridge } = rig.board;
    if (!(bridge instanceof BridgeHost)) throw new Error('the board has no bridge of its own');
    const isUnnoticed = end === 'blink';
    const isHung = end === 'freeze' || isUnnoticed;
    swapper.begin();
    rig.forget();
    const liveMillis = random.between(20, 60);
    const silentMillis = isUnnoticed
      ? random.between(1, UNNOTICED_MILLIS)
      : random.between(210, end === 'reboot' ? 500 : 250);
    this.#planTables(liveMillis, silentMillis, isHung);
    this.#live(liveMillis);
    // Somewhere in a frame, a step, a beat.
    swapper.run(random.between(0, 2 * MILLISECOND));
    if (end === 'shutdown') swapper.run(20 * MILLISECOND);
    this.#burst();
    const goneNanos = rig.now;
    if (isHung) bridge.hang();
    else bridge.stop();
    this.#silent(silentMillis);
    this.#burst();
    const backNanos = rig.now;
    if (isHung) bridge.goOn();
    else bridge.start();
    swapper.run(BACK_NANOS);
    this.#live(40);
    swapper.run(20 * MILLISECOND);
    swapper.settle();

    const sent = this.#sent();
    const problems = [
      ...judge({
        ...{ wall: this.#wall, goneNanos, backNanos, isUnnoticed, sent },
        ...{ first: swapper.first, swaps: swapper.swaps },
        busyNanos: this.#isBusy ? BURST_NANOS : 0,
      }),
      ...swapper.problems,
    ];
    const answers = sent.filter(({ text }) => text.startsWith('1A1#')).length;
    if (answers !== this.#requests)
      problems.push(`${answers} answers to ${this.#requests} requests`);
    this.#restore();
    const begin = sent.find(({ text }) => text === SAFE || text === OTHER);
    return {
      ...{ problems, requests: this.#requests },
      beginNanos: begin && this.#wall === 'locked' ? begin.startNanos - goneNanos : 0,
    };
  }

  /** Up to three tables, at the edges of the safe state or anywhere. */
  #planTables(liveMillis: number, silentMillis: number, isHung: boolean): void {
    const [random, rig] = [this.#random, this.#rig];
    const [gone, back] = [liveMillis, liveMillis + silentMillis];
    const begin = isHung ? gone + AFTER_MILLIS : gone;
    const edges = [gone, begin, back, random.between(1, back + 40)];
    for (let count = random.between(0, 3); count > 0; count -= 1) {
      const nanos =
        random.pick(edges) * MILLISECOND + random.between(-3 * MILLISECOND, 6 * MILLISECOND);
      this.#swapper.load(random.pick(TABLES), rig.now + Math.max(0, nanos));
    }
  }

  /** The loaded table is in force again; beside a locked wall not always. */
  #restore(): void {
    if (this.#wall === 'locked' && this.#random.chance(0.5)) return;
    this.#swapper.load(loadedTable(this.#wall), this.#rig.now);
    this.#swapper.settle();
  }

  /** Linux sends its value every 2 to 4 ms. */
  #live(millis: number): void {
    const [rig, random] = [this.#rig, this.#random];
    const end = rig.now + millis * MILLISECOND;
    while (rig.now < end) {
      rig.sendFromAgl({ identifier: 0x210, data: [0x77, 0x77] });
      this.#ask();
      this.#swapper.run(random.between(2 * MILLISECOND, 4 * MILLISECOND));
    }
  }

  #silent(millis: number): void {
    const [rig, random] = [this.#rig, this.#random];
    const end = rig.now + millis * MILLISECOND;
    while (rig.now < end) {
      this.#ask();
      this.#swapper.run(random.between(MILLISECOND, 8 * MILLISECOND));
    }
  }

  /** 0x1C0 has an answer in one of AGL's tables only. */
  #ask(): void {
    if (this.#random.chance(0.2)) this.#rig.send({ identifier: 0x1c0, data: [0x55] });
    if (!this.#random.chance(0.3)) return;
    this.#rig.send({ identifier: 0x1a0, data: [0] });
    this.#requests += 1;
  }

  #burst(): void {
    if (!this.#random.chance(0.3)) return;
    this.#isBusy = true;
    for (let count = 0; count < BURST_FRAMES; count += 1) {
      this.#rig.send({ identifier: 0x050, data: [0, 0, 0, 0, 0, 0, 0, 0] }, 0, 'strong');
    }
  }

  #sent(): Sent[] {
    return this.#rig.wire
      .filter(({ outcome, sender }) => outcome === 'complete' && sender === 'canwarden')
      .map(({ frame, startNanos }) => ({ text: formatFrame(frame), startNanos }));
  }
}
