// SPDX-License-Identifier: MIT
/**
 * A cell that is only a shared file with a status page, written by hand: what the bridge says about a
 * page is held against what stands in it.
 *
 * Layout: docs/bridge.md, docs/status-page.md. Shares nothing with src/.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mapFile } from '../../lab/live/map-file.ts';

const FILE_BYTES = 1 << 20;
const STATE_TABLE = 0x1000;
const REQUESTS = 0x42000;
const PAGE = 0x62000;
const SECTION_BYTES = 0x40000;
const OUTPUT_BYTES = 0x20000;

/** 54 MHz, as the Raspberry Pi 4 has. */
export const TICKS_PER_SECOND = 54_000_000;
export const TRACE_CAPACITY = 1024;
export const RECORDER_CAPACITY = 4096;

const TRACE_HEAD = 0x1f00;
const RECORDER_HEAD = 0x1f08;

/** A request as the cell finds it. */
export interface FoundRequest {
  readonly sequence: number;
  readonly kind: number;
  readonly argument: number;
  readonly crc32: number;
  readonly payload: Buffer;
}

export class FakeCell {
  readonly folder = mkdtempSync(join(tmpdir(), 'canwarden-page-'));
  readonly sharedFile = join(this.folder, 'link');
  readonly socket = join(this.folder, 'bridge.sock');
  /** The status page. */
  readonly page: Buffer;
  readonly #file: Buffer;
  #heart: NodeJS.Timeout | undefined;
  #lastBeatMillis = 0;
  #longestPauseMillis = 0;

  constructor(version = 2) {
    this.#file = mapFile(this.sharedFile, FILE_BYTES);
    this.page = this.#file.subarray(PAGE, PAGE + OUTPUT_BYTES);
    const words: readonly (readonly [offset: number, value: number])[] = [
      [0x04, version],
      [0x08, 2],
      [0x0c, 0xc024],
      [0x10, 0x8024],
      [0x14, STATE_TABLE],
      [0x18, 0x2000],
      [0x1c, SECTION_BYTES],
      [0x30, version === 2 ? REQUESTS : 0],
      [0x34, version === 2 ? OUTPUT_BYTES : 0],
      [0x00, 0x4d535743],
    ];
    for (const [offset, value] of words) this.#file.writeUInt32LE(value, offset);
  }

  /** An empty page of a cell that has just started. */
  start(): this {
    this.set(0x18, TICKS_PER_SECOND);
    this.set(0x1c, 500_000);
    this.page.write('9.8.7', 0x20, 'latin1');
    this.set(0x84, 64);
    this.set(0x88, 128);
    this.set(0x8c, 3);
    this.set(0x1f04, TRACE_CAPACITY);
    this.set(0x1f0c, RECORDER_CAPACITY);
    this.page.writeUInt16LE(1, 4);
    this.set(0, 0x54535743);
    return this;
  }

  set(offset: number, value: number): this {
    this.page.writeUInt32LE(value >>> 0, offset);
    return this;
  }

  /** Refreshes the page as if it were `ticks` now. */
  refresh(ticks: bigint): void {
    const sequence = this.page.readUInt32LE(8);
    this.set(8, sequence + 1);
    this.page.writeBigUInt64LE(ticks, 0x10);
    this.set(0x0c, this.page.readUInt32LE(0x0c) + 1);
    this.set(8, sequence + 2);
  }

  /** Refreshes every 20 ms; a second of the cell is a second here. */
  live(startTicks = 0n): this {
    const startMillis = performance.now();
    this.#lastBeatMillis = startMillis;
    this.#heart = setInterval(() => {
      const millis = performance.now() - startMillis;
      this.#notePause();
      this.refresh(startTicks + BigInt(Math.round((millis * TICKS_PER_SECOND) / 1000)));
    }, 20);
    return this;
  }

  /** The longest time without a beat since the last call: a busy machine gives no time to beat. */
  takeLongestPause(): number {
    this.#notePause();
    const millis = this.#longestPauseMillis;
    this.#longestPauseMillis = 0;
    return millis;
  }

  #notePause(): void {
    const nowMillis = performance.now();
    const pauseMillis = nowMillis - this.#lastBeatMillis;
    this.#longestPauseMillis = Math.max(this.#longestPauseMillis, pauseMillis);
    this.#lastBeatMillis = nowMillis;
  }

  die(): void {
    clearInterval(this.#heart);
  }

  trace(ticks: bigint, code: number, a: number, b: number): void {
    const head = this.page.readUInt32LE(TRACE_HEAD);
    const at = 0x2000 + (head % TRACE_CAPACITY) * 16;
    this.page.writeBigUInt64LE(ticks, at);
    this.page.writeUInt16LE(code, at + 8);
    this.page.writeUInt16LE(a, at + 10);
    this.page.writeUInt32LE(b, at + 12);
    this.set(TRACE_HEAD, head + 1);
  }

  /** Records a frame; `direction`: 0 received, 1 sent for AGL, 2 answered. */
  record(
    ticks: bigint,
    direction: number,
    canId: number,
    data: readonly number[],
    dlc?: number,
  ): void {
    const head = this.page.readUInt32LE(RECORDER_HEAD);
    const at = 0x8000 + (head % RECORDER_CAPACITY) * 24;
    this.page.fill(0, at, at + 24);
    this.page.writeBigUInt64LE(ticks | (BigInt(direction) << 62n), at);
    this.page.writeUInt32LE(canId, at + 8);
    this.page.writeUInt8(Math.min(dlc ?? data.length, 8), at + 12);
    this.page.writeUInt8((dlc ?? 0) > 8 ? (dlc ?? 0) : 0, at + 15);
    Buffer.from(data).copy(this.page, at + 16);
    this.set(RECORDER_HEAD, head + 1);
  }

  /** How often the bridge has looked whether this cell lives. */
  get bridgeLooks(): number {
    return this.#file.readUInt32LE(0x20);
  }

  /** The bridge's heartbeat for the cell, and how long the cell may miss it; 0: there is none. */
  get bridgeBeat(): { readonly beat: number; readonly limitMillis: number } {
    const at = (offset: number): number => this.#file.readUInt32LE(REQUESTS + offset);
    return { beat: at(0x20), limitMillis: at(0x24) };
  }

  /** The bridge's word of the state table. */
  get bridgeState(): number {
    return this.#file.readUInt32LE(STATE_TABLE);
  }

  /** This cell's word of the state table. */
  get state(): number {
    return this.#file.readUInt32LE(STATE_TABLE + 4);
  }

  set state(value: number) {
    this.#file.writeUInt32LE(value, STATE_TABLE + 4);
  }

  /** The request that is not finished; undefined while there is none. */
  request(): FoundRequest | undefined {
    const at = (offset: number): number => this.#file.readUInt32LE(REQUESTS + offset);
    if (at(0) !== 0x51525743 || at(4) !== 1) return undefined;
    if (at(8) === this.page.readUInt32LE(0x68)) return undefined;
    const start = REQUESTS + 0x40;
    return {
      sequence: at(0x08),
      kind: at(0x0c),
      argument: at(0x18),
      crc32: at(0x14),
      payload: Buffer.from(this.#file.subarray(start, start + at(0x10))),
    };
  }

  /** Finishes a request. */
  finish({ sequence }: FoundRequest, status: number, detail = 0, waiting = 0): void {
    const lock = this.page.readUInt32LE(8);
    this.set(8, lock + 1)
      .set(0x6c, status)
      .set(0x70, detail)
      .set(0x74, waiting)
      .set(0x68, sequence);
    this.set(8, lock + 2);
  }

  remove(): void {
    this.die();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
