// SPDX-License-Identifier: MIT
/**
 * Measures the latency and the rate of frames between the bus and AGL's CAN interface, in both
 * directions.
 *
 * `candump` and `cansend` stand for any program on that interface. Times are virtual: from the end
 * of a frame on the bus until the bridge hands it over, and from a frame given to the interface
 * until its start on the bus. Two times are part of the figures. It is assumed that the bridge's
 * process runs WAKE_UP_NANOS after an interrupt or a frame. It was measured elsewhere that the
 * bridge takes FRAME_NANOS for each frame (twin/agl/bridge-host.ts).
 * Does not: measure Linux.
 */
import { type CanFrame, framesEqual, makeFrame } from '../../twin/bus/can-frame.ts';
import { encodeFrame } from '../../twin/bus/frame-bits.ts';
import { StreamNode } from '../../twin/bus/stream-node.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import { type Board, CELL_SENDER } from '../../twin/board/board.ts';
import { runUntil } from '../../twin/board/cell-control.ts';
import { openBench, type Measured } from './bench.ts';
import { Random } from '../random/random.ts';

export interface AglPathCase {
  readonly engine: EngineName;
  readonly bitrate: number;
  readonly spiHertz: number;
  readonly frames: number;
  readonly seed: number;
  /** Frames of AGL back to back alone are measured. */
  readonly burstOnly?: boolean;
}

export interface AglPathResult {
  /** One value for each frame that arrived. */
  readonly latencyNanos: readonly number[];
  /** Rate while frames were arriving. */
  readonly framesPerSecond: number;
  readonly lost: number;
  /**
   * Share of the time between the first frame and the last in which frames were on the bus, intermissions
   * included.
   */
  readonly busPercent: number;
}

/**
 * The load. idle: single frames and nothing else. full: another node always has a frame pending.
 * burst: the interface always has a frame waiting, and the bus carries nothing else. answered: the
 * same, and the cell answers requests in between.
 */
export type AglPathLoad = 'idle' | 'full' | 'burst' | 'answered';

/** AGL's frames win arbitration against those of the load. */
const AGL_IDENTIFIER = 0x100;
const LOAD_IDENTIFIER = 0x600;
/**
 * The answer wins arbitration against the frames of AGL, and the request against all. Its buffer is its filter's,
 * so AGL's frames have the two others; where other rules answer as well, they have one.
 */
const RULES = `version: 1
rules:
  - { name: asked, match: { id: 0x010 }, answer: { id: 0x020, data: [1, 2, 3, 4, 5, 6, 7, 8] } }
`;
const REQUEST_IDENTIFIER = 0x010;
const INTERMISSION_BITS = 3;
/** One request for so many frames, of about so many bits. */
const ASKED_EVERY = 4;
const USUAL_BITS = 120;
/** Bit times between two single frames. Up to the same number is added at random. */
const SPACING_BITS = 800;
/** Frames waiting at the interface in a burst. */
const BURST_PENDING = 16;
const SLICE_NANOS = 200_000;
const DRAIN_NANOS = 20_000_000;

/** Frames of 8 bytes from the bus to the interface. */
export async function measureToCandump(
  firmware: Measured,
  item: AglPathCase,
  load: 'idle' | 'full',
): Promise<AglPathResult> {
  const trip = new Trips();
  const board = await boot(firmware, item, (frame, nanos) => trip.ended(frame, nanos));
  try {
    board.bus.onFrame(({ frame, endNanos }) => trip.began(frame, endNanos));
    const random = new Random(item.seed);
    const frame = (): CanFrame => randomFrame(random, LOAD_IDENTIFIER);
    if (load === 'full') streamFrames(board, item.frames, frame);
    else
      singleFrames(board, item, random, (nanos) => board.sender.enqueue(frame(), nanos, 'bench'));
    runToEnd(board, item, trip);
    return trip.result(item.frames, board.bus.bitNanos);
  } finally {
    board.engine.close();
  }
}

/** Frames of 8 bytes from the interface to the bus. */
export async function measureFromCansend(
  firmware: Measured,
  item: AglPathCase,
  load: AglPathLoad,
): Promise<AglPathResult> {
  const trip = new Trips();
  const board = await boot(firmware, item, () => {}, load === 'answered' ? RULES : undefined);
  try {
    board.bus.onFrame(({ frame, sender, startNanos, endNanos, bits }) => {
      const isOfAgl = sender === CELL_SENDER && trip.ended(frame, startNanos, endNanos);
      if (!isOfAgl) trip.carried(bits + INTERMISSION_BITS);
    });
    const random = new Random(item.seed);
    const send = (nanos: number): void => {
      const frame = randomFrame(random, AGL_IDENTIFIER);
      trip.began(frame, nanos);
      board.bridge?.send(frame);
    };
    if (load === 'full') streamFrames(board, Infinity, () => randomFrame(random, LOAD_IDENTIFIER));
    if (load === 'answered') ask(board, item.frames, random);
    if (load === 'burst' || load === 'answered') burst(board, item.frames, send);
    else singleFrames(board, item, random, (nanos) => board.clock.schedule(nanos, send));
    runToEnd(board, item, trip);
    return trip.result(item.frames, board.bus.bitNanos);
  } finally {
    board.engine.close();
  }
}

/** The frames on their way, in order. */
class Trips {
  readonly #open: { readonly frame: CanFrame; readonly nanos: number }[] = [];
  readonly #latencies: number[] = [];
  #bits = 0;
  /** Bits of other frames since the last arrival. */
  #bitsBetween = 0;
  #firstNanos = Infinity;
  #lastNanos = 0;

  get arrived(): number {
    return this.#latencies.length;
  }

  /** Another frame was on the bus for so many bits. */
  carried(bits: number): void {
    this.#bitsBetween += bits;
  }

  began(frame: CanFrame, nanos: number): void {
    this.#open.push({ frame, nanos });
  }

  /**
   * If the frame is not the next one, the frames before it are lost. `rateNanos`: the time that counts for the
   * rate. Returns whether it is one of these frames.
   */
  ended(frame: CanFrame, nanos: number, rateNanos = nanos): boolean {
    const index = this.#open.findIndex((trip) => framesEqual(trip.frame, frame));
    if (index < 0) return false;
    const [trip] = this.#open.splice(0, index + 1).slice(-1);
    this.#latencies.push(nanos - trip.nanos);
    this.#firstNanos = Math.min(this.#firstNanos, rateNanos);
    this.#lastNanos = rateNanos;
    // The time begins with the first frame.
    const bits = encodeFrame(frame).length + INTERMISSION_BITS;
    if (this.arrived > 1) this.#bits += this.#bitsBetween + bits;
    this.#bitsBetween = 0;
    return true;
  }

  result(frames: number, bitNanos: number): AglPathResult {
    const nanos = this.#lastNanos - this.#firstNanos;
    return {
      latencyNanos: this.#latencies,
      framesPerSecond: Math.floor(((this.arrived - 1) * 1e9) / nanos),
      lost: frames - this.arrived,
      busPercent: Math.round((1000 * this.#bits * bitNanos) / nanos) / 10,
    };
  }
}

/** A board that forwards everything; without `rules` it answers nothing. */
function boot(
  firmware: Measured,
  { engine, bitrate, spiHertz }: AglPathCase,
  onAglFrame: (frame: CanFrame, nanos: number) => void,
  rules?: string,
): Promise<Board> {
  return openBench(firmware, { engine, bitrate, spiHertz, onAglFrame, rules });
}

function singleFrames(
  { clock, bus }: Board,
  { frames }: AglPathCase,
  random: Random,
  plan: (nanos: number) => void,
): void {
  const spacing = SPACING_BITS * bus.bitNanos;
  let nanos = clock.now;
  for (let index = 0; index < frames; index += 1) {
    nanos += spacing + random.below(spacing);
    plan(nanos);
  }
}

function streamFrames(board: Board, frames: number, make: () => CanFrame): void {
  let made = 0;
  const next = (): CanFrame | undefined => (made++ < frames ? make() : undefined);
  new StreamNode({ bus: board.bus, name: 'load', next }).start();
}

/** Another node asks for answers while about `frames` frames are on the bus. */
function ask({ clock, bus, sender }: Board, frames: number, random: Random): void {
  for (let index = 0; index < frames / ASKED_EVERY; index += 1) {
    const nanos = clock.now + ASKED_EVERY * (index + random.next()) * USUAL_BITS * bus.bitNanos;
    const frame = makeFrame({ identifier: REQUEST_IDENTIFIER, data: [index & 0xff] });
    sender.enqueue(frame, nanos, 'bench');
  }
}

/** Keeps the interface filled until all frames are given. */
function burst({ clock, bridge }: Board, frames: number, send: (nanos: number) => void): void {
  let given = 0;
  const refill = (nanos: number): void => {
    for (; given < frames && (bridge?.pendingCount ?? 0) < BURST_PENDING; given += 1) send(nanos);
    if (given < frames) clock.schedule(nanos + SLICE_NANOS, refill);
  };
  refill(clock.now);
}

/** Runs until all frames have arrived, or until none has arrived for a while. */
function runToEnd(board: Board, { frames }: AglPathCase, trip: Trips): void {
  let arrived = 0;
  let sinceNanos = board.clock.now;
  while (trip.arrived < frames && board.clock.now - sinceNanos < DRAIN_NANOS) {
    runUntil(board, board.clock.now + SLICE_NANOS);
    if (trip.arrived === arrived) continue;
    arrived = trip.arrived;
    sinceNanos = board.clock.now;
  }
}

function randomFrame(random: Random, firstIdentifier: number): CanFrame {
  return makeFrame({ identifier: firstIdentifier + random.below(0x100), data: random.bytes(8) });
}
