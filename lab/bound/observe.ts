// SPDX-License-Identifier: MIT
/**
 * Runs the image on the emulated board and looks whether it keeps what the source declares: no loop goes round more
 * often, no function is entered more often, nothing that is "not counted" is executed. Also the longest step of each
 * task.
 *
 * Does not: choose what is played (scenes.ts).
 */
import { runUntil } from '../../twin/board/cell-control.ts';
import type { Board } from '../../twin/board/board.ts';
import type { PeerSurroundings } from '../../twin/board/options.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { ImageEngine } from '../../twin/engine/image.ts';
import { compileRules } from '../../rules/compile.ts';
import { ConsoleLoad } from '../measure/console-load.ts';
import { loadMeasured, type Measured } from '../measure/bench.ts';
import { OSCILLATOR_HERTZ, REQUEST_IDENTIFIER } from '../measure/latency-case.ts';
import { startLoad } from '../measure/loads.ts';
import { RequestWriter, ruleTableRequest } from '../page/requests.ts';
import { Random } from '../random/random.ts';
import { openRig } from '../rig/open-rig.ts';
import { EXCHANGED_ROLES } from '../rig/roles.ts';
import { MinimalPeer } from '../peers/minimal/minimal-peer.ts';
import type { StepBounds } from './bound.ts';
import { playChains } from './chain-driver.ts';
import { LoopCounter } from './counts.ts';
import { type Scene, SCENES } from './scenes.ts';
import type { Step, StepEntries } from './step-entries.ts';
import { faultsOf } from './step-limits.ts';

export interface Observed {
  /** The longest step of each task. */
  readonly longest: ReadonlyMap<string, Step>;
  readonly faults: readonly string[];
  /** Steps that were counted. */
  readonly steps: number;
}

const BITRATE = 500_000;
const SPI_HERTZ = 10_000_000;
const REQUESTS = 5;
const STALL_NANOS = 200_000;
const REQUEST_SPACING_NANOS = 900_000;
/** Time for a new table to be checked and taken. */
const SWAP_NANOS = 8_000_000;

/** `bounds` has computed all tasks of `tasks`. */
export async function observe(
  bounds: StepBounds,
  tasks: readonly string[],
  scenes: readonly Scene[] = SCENES,
): Promise<Observed> {
  const firmware = loadMeasured('image');
  const counter = new LoopCounter(bounds);
  const watch = new StepWatch(bounds, tasks, counter.entries);
  for (const scene of scenes) {
    counter.begin();
    const board = await open(firmware, scene, counter);
    if (scene.stalls !== true) attach(board, counter);
    play(board, scene);
    board.engine.close();
  }
  const nameAt = (address: number): string => bounds.nameAt(address);
  const faults = [...counter.faults(nameAt), ...watch.faults()];
  return { steps: counter.steps, longest: counter.entries.longest, faults };
}

/** Counts on `board` from its first step on. `stallNanos`: time that passes in the second step, which does not count. */
export function attach(board: Board, counter: LoopCounter, stallNanos = 0): void {
  const { engine, clock } = board;
  if (!(engine instanceof ImageEngine)) throw new Error('the board does not run the image');
  engine.watchBlocks((address, bytes) => counter.entered(address, bytes));
  let isStalled = stallNanos === 0;
  engine.onStep = (start) => {
    counter.entries.stepEnded(clock.now - start);
    if (isStalled) return;
    isStalled = true;
    counter.entries.disturb();
    clock.advanceTo(clock.now + stallNanos);
  };
}

/** Compares each step with the facts about its task. */
export class StepWatch {
  readonly #bounds: StepBounds;
  readonly #entries: StepEntries;
  readonly #faults = new Set<string>();

  constructor(bounds: StepBounds, tasks: readonly string[], entries: StepEntries) {
    this.#bounds = bounds;
    this.#entries = entries;
    const limits = new Map(tasks.map((task) => [task, bounds.limitsOf(task)]));
    entries.onStep = (task, step) => {
      const facts = limits.get(task);
      if (facts === undefined) return;
      for (const fault of faultsOf(task, facts, step, (at) => bounds.nameAt(at)))
        this.#faults.add(fault);
    };
  }

  /** What was against a fact, and what has taken longer to refuse than is declared. */
  faults(): string[] {
    const refusals = [...this.#entries.refusals].flatMap(([task, nanos]) => {
      const declared = this.#bounds.refusalOf(task)?.nanos;
      if (declared === undefined || nanos <= declared) return [];
      return [
        `"${task}" took ${nanos} ns to refuse, ${declared} are declared (lab/bound/tasks.ts)`,
      ];
    });
    return [...this.#faults, ...refusals];
  }
}

const chainingPeer = (surroundings: PeerSurroundings): MinimalPeer =>
  new MinimalPeer({ ...surroundings, playDriver: playChains });

async function open(
  firmware: Measured,
  { rules, settings = '', isTalking, isDevice, isChaining, stalls }: Scene,
  counter: LoopCounter,
): Promise<Board> {
  const words = `bitrate=${BITRATE} osc=${OSCILLATOR_HERTZ} spi=${SPI_HERTZ} ${settings}`;
  const { board } = await openRig({
    ...{ engine: 'image', firmware, bitrate: BITRATE, oscillatorHertz: OSCILLATOR_HERTZ },
    ...(isDevice === undefined ? {} : EXCHANGED_ROLES),
    ...(isChaining === undefined ? {} : { makePeer: chainingPeer }),
    commandLine: `${words} idle=poll ${isTalking === undefined ? '' : 'console=on'}`,
    ...{ rules, keep: false },
    beforeBoot: stalls === true ? (one) => attach(one, counter, STALL_NANOS) : undefined,
    tap: { selected: () => {}, byte: () => counter.entries.clocked(), deselected: () => {} },
  });
  return board;
}

function play(board: Board, { load, isTalking, next, act }: Scene): void {
  const random = new Random(1);
  if (isTalking === true) new ConsoleLoad().start(board);
  startLoad(board, { load }, random);
  for (let request = 0; request < REQUESTS; request += 1) {
    const frame = makeFrame({ identifier: REQUEST_IDENTIFIER, data: random.bytes(8) });
    board.sender.enqueue(frame, board.clock.now + random.below(REQUEST_SPACING_NANOS), 'request');
    runUntil(board, board.clock.now + REQUEST_SPACING_NANOS);
  }
  if (next !== undefined && board.control !== undefined) {
    const image = typeof next === 'string' ? compileRules(next, 'rules.yaml').image : next;
    new RequestWriter(board.control.requests).write(ruleTableRequest(image));
    runUntil(board, board.clock.now + SWAP_NANOS);
  }
  act?.(board);
}
