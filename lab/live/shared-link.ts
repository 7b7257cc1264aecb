// SPDX-License-Identifier: MIT
/**
 * The memory of both links, as a file that a real process, canwarden-bridge, also maps.
 *
 * The layout is in docs/bridge.md. The twin plays the part of the hypervisor: it lays the file out,
 * and it takes a peer without a heartbeat for dead.
 * Does not: carry interrupts. Both ends poll.
 */
import { mapFile } from './map-file.ts';

const PAGE_BYTES = 0x1000;
const MAGIC = 0x4d535743; // "CWSM"
const VERSION = 2;
const PEERS = 2;
const BRIDGE = 0;
const CELL = 1;

/** Words of the first page. */
const WORD_MAGIC = 0;
const WORD_VERSION = 1;
const WORD_PEERS = 2;
const WORD_PROTOCOL = 3; // of peer 0, then of peer 1
const WORD_STATE_TABLE = 5;
const WORD_SECTION = 6;
const WORD_SECTION_BYTES = 7;
const WORD_HEARTBEAT = 8; // of peer 0, then of peer 1
const WORD_OUTPUT = 12; // of the control link: the output section of peer 0; that of peer 1 follows
const WORD_OUTPUT_BYTES = 13;

const STATE_TABLE_OFFSET = PAGE_BYTES;
const SECTION_OFFSET = 2 * PAGE_BYTES;

/** A bridge whose heartbeat stands still for longer than this is dead. */
const HEARTBEAT_LIMIT_MILLIS = 3_000;
/**
 * Longest time that one call of `tend` adds. If this process stood still, the bridge may have stood
 * still as well.
 */
const LOOK_LIMIT_MILLIS = 100;

export interface SharedLinkOptions {
  readonly path: string;
  readonly sectionBytes: number;
  /** Bytes of each output section of the control link. */
  readonly outputBytes: number;
  /** Protocol numbers of the two ends, as in their class codes. */
  readonly bridgeProtocol: number;
  readonly cellProtocol: number;
}

export class SharedLink {
  readonly stateTable: Buffer;
  readonly section: Buffer;
  /** The control link: the bridge writes the requests, the cell the status page. */
  readonly control: { readonly requests: Buffer; readonly status: Buffer };
  readonly #words: Uint32Array;
  readonly #states: Uint32Array;
  #lastBeat = 0;
  #lastLookMillis = 0;
  #silentMillis = 0;

  constructor(options: SharedLinkOptions) {
    const { path, sectionBytes, outputBytes } = options;
    const bytes = mapFile(path, fileBytes(sectionBytes, outputBytes));
    this.#words = new Uint32Array(bytes.buffer, 0, PAGE_BYTES / 4);
    this.#states = new Uint32Array(bytes.buffer, STATE_TABLE_OFFSET, PEERS);
    this.stateTable = bytes.subarray(STATE_TABLE_OFFSET, STATE_TABLE_OFFSET + PAGE_BYTES);
    const outputs = SECTION_OFFSET + sectionBytes;
    this.section = bytes.subarray(SECTION_OFFSET, outputs);
    this.control = {
      requests: bytes.subarray(outputs, outputs + outputBytes),
      status: bytes.subarray(outputs + outputBytes, outputs + 2 * outputBytes),
    };
    this.#layOut(options);
  }

  /** The present states of the two ends. */
  get bridgeState(): number {
    return Atomics.load(this.#states, BRIDGE);
  }

  get cellState(): number {
    return Atomics.load(this.#states, CELL);
  }

  /** Increases with each round of the bridge's loop. */
  get bridgeBeat(): number {
    return Atomics.load(this.#words, WORD_HEARTBEAT + BRIDGE);
  }

  /**
   * Increments the twin's heartbeat for the bridge, and checks the bridge's heartbeat. Call it
   * often.
   */
  tend(nowMillis: number): void {
    Atomics.add(this.#words, WORD_HEARTBEAT + CELL, 1);
    const beat = this.bridgeBeat;
    this.#silentMillis += Math.min(nowMillis - this.#lastLookMillis, LOOK_LIMIT_MILLIS);
    this.#lastLookMillis = nowMillis;
    if (beat !== this.#lastBeat) {
      this.#lastBeat = beat;
      this.#silentMillis = 0;
    } else if (this.#silentMillis > HEARTBEAT_LIMIT_MILLIS) {
      if (this.bridgeState !== 0) Atomics.store(this.#states, BRIDGE, 0);
    }
  }

  /** The magic is written last. The bridge trusts the other words once it is there. */
  #layOut(options: SharedLinkOptions): void {
    const { sectionBytes, outputBytes, bridgeProtocol, cellProtocol } = options;
    const words = this.#words;
    Atomics.store(words, WORD_MAGIC, 0);
    words[WORD_VERSION] = VERSION;
    words[WORD_PEERS] = PEERS;
    words[WORD_PROTOCOL + BRIDGE] = bridgeProtocol;
    words[WORD_PROTOCOL + CELL] = cellProtocol;
    words[WORD_STATE_TABLE] = STATE_TABLE_OFFSET;
    words[WORD_SECTION] = SECTION_OFFSET;
    words[WORD_SECTION_BYTES] = sectionBytes;
    words[WORD_OUTPUT] = SECTION_OFFSET + sectionBytes;
    words[WORD_OUTPUT_BYTES] = outputBytes;
    Atomics.store(this.#states, CELL, 0);
    Atomics.store(words, WORD_MAGIC, MAGIC);
  }
}

/** Length of the file. It is a power of two, because the size of a PCI resource is one. */
export function fileBytes(sectionBytes: number, outputBytes: number): number {
  return 2 ** Math.ceil(Math.log2(SECTION_OFFSET + sectionBytes + PEERS * outputBytes));
}
