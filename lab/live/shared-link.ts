// SPDX-License-Identifier: MIT
/**
 * The memory of both links as a file that a real process, canwarden-bridge, maps as well.
 *
 * The layout is in docs/bridge.md.
 * Does not: carry interrupts: both ends poll. The twin plays the hypervisor's part where there is
 * none: it lays the file out, and takes a peer that shows no life for dead.
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
const WORD_OUTPUT = 12; // of the control link: where peer 0's is; peer 1's follows
const WORD_OUTPUT_BYTES = 13;

const STATE_TABLE_OFFSET = PAGE_BYTES;
const SECTION_OFFSET = 2 * PAGE_BYTES;

/** A bridge whose heartbeat stands still for so long is dead. */
const HEARTBEAT_LIMIT_MILLIS = 3_000;
/** What one look adds at most: while this process stood still, the bridge may have stood still, too. */
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

  /** What the states of the two ends are now. */
  get bridgeState(): number {
    return Atomics.load(this.#states, BRIDGE);
  }

  get cellState(): number {
    return Atomics.load(this.#states, CELL);
  }

  /** Counts up with each round of the bridge's loop. */
  get bridgeBeat(): number {
    return Atomics.load(this.#words, WORD_HEARTBEAT + BRIDGE);
  }

  /** Shows the bridge that the twin lives, and looks whether the bridge does. Call it often. */
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

  /** The magic comes last: from then on the bridge believes the rest. */
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

/** A PCI resource has a power of two of bytes, so the file has. */
export function fileBytes(sectionBytes: number, outputBytes: number): number {
  return 2 ** Math.ceil(Math.log2(SECTION_OFFSET + sectionBytes + PEERS * outputBytes));
}
