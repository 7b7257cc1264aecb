// SPDX-License-Identifier: MIT
/**
 * AGL's end of the link for a cell in another process: the minimal device or driver of lab/peers on memory that
 * QEMU writes as well.
 *
 * Does not: interrupts. Both ends poll.
 */
import type { CanFrame } from '../../twin/bus/can-frame.ts';
import { playDevice } from '../peers/minimal/minimal-device.ts';
import { playDriver } from '../peers/minimal/minimal-driver.ts';
import type { PeerContext } from '../peers/minimal/minimal-peer.ts';
import type { SharedMemory } from './stub-memory.ts';

const PROTOCOL_FRONT_END = 0x8024;
const ROOT = 0;
const CELL = 1;
/** Looks in a row before other work of this process gets its turn: more than any ring has entries. */
const LOOKS = 200;

export class StubPeer {
  readonly received: CanFrame[] = [];
  readonly problems: string[] = [];
  /** Frames on their way to the cell. */
  readonly waiting: CanFrame[] = [];
  readonly #play: Generator<number, never>;
  readonly #states: Uint32Array;

  /** `protocol`: AGL's end, as its class code says. */
  constructor({ stateTable, section }: SharedMemory, protocol: number) {
    this.#states = wordsOf(stateTable, Uint32Array);
    const context: PeerContext = {
      section: withWholeWords(section),
      waiting: this.waiting,
      wishes: [],
      withoutFeatures: 0,
      nowNanos: () => performance.now() * 1e6,
      otherState: () => Atomics.load(this.#states, CELL),
      setOwnState: (state) => void Atomics.store(this.#states, ROOT, state),
      ring: () => undefined,
      onFrame: (frame) => void this.received.push(frame),
      noteAcknowledged: () => undefined,
      noteProblem: (problem) => void this.problems.push(problem),
      noteControl: () => undefined,
    };
    this.#play = protocol === PROTOCOL_FRONT_END ? playDriver(context) : playDevice(context);
  }

  /** Whether both ends are there. */
  get isLinkUp(): boolean {
    return Atomics.load(this.#states, CELL) === 1 && Atomics.load(this.#states, ROOT) === 1;
  }

  /** Does what there is to do. Call it often. */
  look(): void {
    for (let look = 0; look < LOOKS; look++) this.#play.next();
  }
}

function wordsOf<T>(
  buffer: Buffer,
  type: new (memory: ArrayBufferLike, at: number, count: number) => T,
): T {
  const width = (type as unknown as { BYTES_PER_ELEMENT: number }).BYTES_PER_ELEMENT;
  return new type(buffer.buffer, buffer.byteOffset, buffer.length / width);
}

/**
 * A Buffer reads and writes numbers byte by byte, and the cell could change one in between. These take aligned
 * words whole.
 */
function withWholeWords(buffer: Buffer): Buffer {
  const halves = wordsOf(buffer, Uint16Array);
  const words = wordsOf(buffer, Uint32Array);
  return Object.assign(buffer, {
    readUInt16LE: (at: number) => Atomics.load(halves, at >> 1),
    readUInt32LE: (at: number) => Atomics.load(words, at >> 2),
    writeUInt16LE: (value: number, at: number) => (Atomics.store(halves, at >> 1, value), at + 2),
    writeUInt32LE: (value: number, at: number) => (Atomics.store(words, at >> 2, value), at + 4),
  });
}
