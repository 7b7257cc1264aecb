// SPDX-License-Identifier: MIT
/**
 * The loads that keep the cell busy during a measurement: bus traffic, AGL's frames, a hostile
 * peer.
 *
 * Does not: measure.
 */
import { WAKE_UP_NANOS } from '../../twin/agl/bridge-host.ts';
import { type CanFrame, makeFrame } from '../../twin/bus/can-frame.ts';
import { encodeFrame } from '../../twin/bus/frame-bits.ts';
import { StreamNode } from '../../twin/bus/stream-node.ts';
import type { Board } from '../../twin/board/board.ts';
import { AGL_IDENTIFIER_FIRST, type LatencyCase, LOAD_IDENTIFIER_FIRST } from './latency-case.ts';
import type { Random } from '../random/random.ts';

/** While more frames than this are waiting, AGL holds its frames back. */
const AGL_PENDING_MAXIMUM = 16;
/**
 * Largest number of frames in a burst from AGL. The next burst follows within BURST_PAUSE_BITS bit
 * times.
 */
const BURST_FRAMES = 4;
const BURST_PAUSE_BITS = 2_000;
/** The same for loads in which every step of the cell should meet every other. */
const DENSE_PAUSE_BITS = 300;
/**
 * AGL's frame that should meet a request reaches the cell up to this long before the request ends.
 */
const COLLISION_PHASES_NANOS = 25_000;
/**
 * Time for which the hostile peer behaves, because its frames do most harm while the cell trusts
 * it.
 */
const HOSTILE_CALM_NANOS = 9_000_000;
/** Number of random words that it then writes, one after the other. */
const HOSTILE_WORDS = 40;
const HOSTILE_WRITE_NANOS = 11_000;
/** Size of the part of the section that it overwrites, which holds header, rings and buffers. */
const HOSTILE_BYTES = 0x8000;

/** A running load. */
export interface Load {
  /** A request will contend for the bus from `atNanos` on. */
  requestPlanned(frame: CanFrame, atNanos: number): void;
}

/**
 * Starts the load of a case on a board that is up. The load never ends. `dense`: AGL sends more.
 */
export function startLoad(
  board: Board,
  { load, dense = false }: Pick<LatencyCase, 'load'> & { readonly dense?: boolean },
  random: Random,
): Load {
  if (load === 'idle') return { requestPlanned: () => {} };
  startFullBus(board, random);
  if (load === 'aglDead') {
    board.bridge?.stop();
    return { requestPlanned: () => {} };
  }
  if (load === 'aglHostile') startHostilePeer(board, random);
  return new AglTraffic(board, random, dense ? DENSE_PAUSE_BITS : BURST_PAUSE_BITS);
}

/** Starts a node that always has a frame pending, so that the bus never idles. */
function startFullBus(board: Board, random: Random): void {
  const stream = new StreamNode({
    bus: board.bus,
    name: 'load',
    next: () => randomFrame(random, LOAD_IDENTIFIER_FIRST, random.below(9)),
  });
  stream.start();
}

/**
 * AGL sends in bursts. In addition it gives a frame of 8 bytes around the end of every request, so
 * that loading this frame meets the request in all phases. That makes the worst case.
 */
class AglTraffic {
  readonly #board: Board;
  readonly #random: Random;
  readonly #pauseBits: number;
  readonly #planned: { readonly bits: number; readonly atNanos: number }[] = [];

  constructor(board: Board, random: Random, pauseBits: number) {
    this.#board = board;
    this.#random = random;
    this.#pauseBits = pauseBits;
    board.bus.onStart((nanos) => this.#frameStarts(nanos));
    this.#burst(board.clock.now);
  }

  requestPlanned(frame: CanFrame, atNanos: number): void {
    this.#planned.push({ bits: encodeFrame(frame).length, atNanos });
  }

  /** A request wins against everything, so it is the first frame to start once it is pending. */
  #frameStarts(nanos: number): void {
    const [request] = this.#planned;
    if (request === undefined || request.atNanos > nanos) return;
    this.#planned.shift();
    const { bus, clock } = this.#board;
    const phase = this.#random.below(COLLISION_PHASES_NANOS);
    const atNanos = nanos + request.bits * bus.bitNanos - WAKE_UP_NANOS - phase;
    clock.schedule(Math.max(atNanos, nanos), () => this.#send(8));
  }

  #burst(nanos: number): void {
    const { clock, bus } = this.#board;
    for (let count = this.#random.below(BURST_FRAMES); count >= 0; count -= 1) {
      this.#send(this.#random.below(9));
    }
    const pause = this.#random.below(this.#pauseBits) * bus.bitNanos;
    clock.schedule(nanos + pause, (at) => this.#burst(at));
  }

  #send(length: number): void {
    const { bridge } = this.#board;
    if (!bridge?.isRunning || bridge.pendingCount > AGL_PENDING_MAXIMUM) return;
    bridge.send(randomFrame(this.#random, AGL_IDENTIFIER_FIRST, length));
  }
}

function startHostilePeer(board: Board, random: Random): void {
  const attack = (nanos: number, words: number): void => {
    if (words === 0) {
      board.bridge?.stop();
      board.bridge?.start();
      board.clock.schedule(nanos + HOSTILE_CALM_NANOS, (at) => attack(at, HOSTILE_WORDS));
      return;
    }
    const offset = random.below(HOSTILE_BYTES / 4) * 4;
    board.section.writeUInt32LE(random.below(2 ** 32), offset);
    board.clock.schedule(nanos + HOSTILE_WRITE_NANOS, (at) => attack(at, words - 1));
  };
  attack(board.clock.now, HOSTILE_WORDS);
}

/** A random frame. One in four is extended. */
function randomFrame(random: Random, firstIdentifier: number, length: number): CanFrame {
  const extended = random.below(4) === 0;
  const standard = firstIdentifier + random.below(0x100);
  const identifier = extended ? standard * 2 ** 18 + random.below(2 ** 18) : standard;
  return makeFrame({ identifier, extended, data: random.bytes(length) });
}
