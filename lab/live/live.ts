// SPDX-License-Identifier: MIT
/**
 * A board that runs beside real processes: its link is a shared file, its clock is held back to
 * real time.
 *
 * Does not: repeat exactly. What the bridge does, and when, is up to the machine; a run for figures
 * or for comparison uses scenario.ts.
 */
import { performance } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import type { RunResult } from '../../twin/engine/engine.ts';
import {
  ivshmemDeviceOf,
  linkRegions,
  PROTOCOL_CONTROL,
  PROTOCOLS_CAN,
} from '../../twin/hypervisor/links.ts';
import { SharedLink } from './shared-link.ts';
import type { Board } from '../../twin/board/board.ts';
import { isSessionUp, runUntil } from '../../twin/board/cell-control.ts';
import { loadFirmware } from '../rig/firmware.ts';
import { Observations } from '../rig/observations.ts';
import { makeRig, type RigOptions } from '../rig/open-rig.ts';

/** The cell runs so long without a look at the real clock. */
const SLICE_NANOS = 200_000;
/** Behind real time by more than this, the twin does not catch up: it is a slow machine. */
const LAG_LIMIT_NANOS = 20_000_000;
/** So often other work of this process gets its turn. */
const YIELD_MILLIS = 4;

/**
 * With `waitsForBridge` the cell is never ahead of a bridge that has not come round by more than this:
 * 15 frames at 500 kbit/s, so that no ring runs full because the machine is busy.
 */
const AHEAD_LIMIT_NANOS = 3_000_000;

const PEER_READY = 1;

export interface LiveOptions extends Omit<RigOptions, 'shared' | 'tap' | 'keep' | 'withoutAgl'> {
  /** The file to share. */
  readonly sharedFile: string;
  /** Virtual seconds for each real second, at most. */
  readonly speed: number;
  /** Time stands still while a bridge that is there gets no processor time. */
  readonly waitsForBridge?: boolean;
}

export class LiveBoard {
  readonly board: Board;
  readonly shared: SharedLink;
  readonly seen: Observations;
  readonly #speed: number;
  readonly #waitsForBridge: boolean;
  /** The bridge's last beat, and when it was seen. */
  #beat = 0;
  #beatNanos = 0;
  readonly #sleeper = new Int32Array(new SharedArrayBuffer(4));

  private constructor(
    board: Board,
    shared: SharedLink,
    seen: Observations,
    { speed, waitsForBridge = false }: LiveOptions,
  ) {
    this.board = board;
    this.shared = shared;
    this.seen = seen;
    this.#speed = speed;
    this.#waitsForBridge = waitsForBridge;
  }

  /** Lays the file out and creates the cell; nothing runs yet. */
  static async create(options: LiveOptions): Promise<LiveBoard> {
    const firmware = options.firmware ?? loadFirmware(options.engine);
    const cell = options.changeCell?.(firmware.cell) ?? firmware.cell;
    const { rootCell } = options.changeSystem?.(firmware.system) ?? firmware.system;
    const root = ivshmemDeviceOf(rootCell, ...PROTOCOLS_CAN);
    const control = ivshmemDeviceOf(rootCell, PROTOCOL_CONTROL);
    const shared = new SharedLink({
      path: options.sharedFile,
      sectionBytes: linkRegions(rootCell, root).section.size,
      outputBytes: linkRegions(rootCell, control).outputs[0].size,
      bridgeProtocol: root.shmemProtocol,
      cellProtocol: ivshmemDeviceOf(cell, ...PROTOCOLS_CAN).shmemProtocol,
    });
    const seen = new Observations();
    const { board } = await makeRig({
      ...options,
      firmware: { ...firmware, files: { ...firmware.files, bridgeWasm: undefined } },
      shared,
      keep: false,
      ...seen.listeners,
    });
    return new LiveBoard(board, shared, seen, options);
  }

  /** Both ends are ready and the driver has finished setting up. */
  get isLinkUp(): boolean {
    return isSessionUp(this.board);
  }

  /** Runs while `goOn` says so; it is asked every few milliseconds. */
  async runWhile(goOn: () => boolean): Promise<RunResult> {
    const { clock } = this.board;
    let baseNanos = clock.now;
    let baseMillis = performance.now();
    let yieldedMillis = baseMillis;
    let result: RunResult = 'running';
    while (result === 'running') {
      const nowMillis = performance.now();
      const allowedNanos = baseNanos + (nowMillis - baseMillis) * 1e6 * this.#speed;
      if (allowedNanos - clock.now > LAG_LIMIT_NANOS) {
        baseNanos = clock.now;
        baseMillis = nowMillis;
      }
      if (clock.now < allowedNanos && !this.#isAhead()) {
        result = runUntil(this.board, Math.floor(Math.min(clock.now + SLICE_NANOS, allowedNanos)));
      } else {
        Atomics.wait(this.#sleeper, 0, 0, SLICE_NANOS / 1e6);
      }
      if (nowMillis - yieldedMillis < YIELD_MILLIS) continue;
      yieldedMillis = nowMillis;
      this.shared.tend(nowMillis);
      await setImmediate();
      if (!goOn()) break;
    }
    return result;
  }

  /** Whether the cell has to let the bridge, which is not taken for dead, come round first. */
  #isAhead(): boolean {
    if (!this.#waitsForBridge || this.shared.bridgeState !== PEER_READY) return false;
    const beat = this.shared.bridgeBeat;
    if (beat !== this.#beat) {
      this.#beat = beat;
      this.#beatNanos = this.board.clock.now;
    }
    return this.board.clock.now - this.#beatNanos > AHEAD_LIMIT_NANOS;
  }

  /** Runs until `isDone`, at most `limitSeconds` real seconds; false when they are over. */
  async runUntilDone(isDone: () => boolean, limitSeconds: number): Promise<boolean> {
    const endMillis = performance.now() + limitSeconds * 1000;
    const result = await this.runWhile(() => !isDone() && performance.now() < endMillis);
    return result === 'running' && isDone();
  }
}
