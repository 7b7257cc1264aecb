// SPDX-License-Identifier: MIT
/**
 * A board that runs beside real processes. Its link is a shared file, and its clock is held back to
 * real time.
 *
 * Does not: repeat exactly. The machine decides what the bridge does, and when. A run for figures
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

/** Virtual time for which the cell runs between two readings of the real clock. */
const SLICE_NANOS = 200_000;
/**
 * If the twin is further behind real time than this, it does not catch up, because the machine is
 * slow.
 */
const LAG_LIMIT_NANOS = 20_000_000;
/** Interval after which the other work of this process gets its turn. */
const YIELD_MILLIS = 4;

/**
 * With `waitsForBridge`, the longest time by which the cell runs ahead of a bridge whose loop has
 * not come round. It is 15 frames at 500 kbit/s, so that no ring runs full because the machine is
 * busy.
 */
const AHEAD_LIMIT_NANOS = 3_000_000;

const PEER_READY = 1;

export interface LiveOptions extends Omit<RigOptions, 'shared' | 'tap' | 'keep' | 'withoutAgl'> {
  /** The shared file. */
  readonly sharedFile: string;
  /** Upper limit of virtual seconds in one real second. */
  readonly speed: number;
  /** Virtual time stands still while a running bridge gets no processor time. */
  readonly waitsForBridge?: boolean;
}

export class LiveBoard {
  readonly board: Board;
  readonly shared: SharedLink;
  readonly seen: Observations;
  readonly #speed: number;
  readonly #waitsForBridge: boolean;
  /** The bridge's last heartbeat, and the time at which it was seen. */
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

  /** Lays the file out and creates the cell. Nothing runs yet. */
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

  /** Runs while `goOn` returns true. It is called every few milliseconds. */
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

  /**
   * Whether the cell has to wait until the loop of the bridge has come round. False if the bridge
   * is taken for dead.
   */
  #isAhead(): boolean {
    if (!this.#waitsForBridge || this.shared.bridgeState !== PEER_READY) return false;
    const beat = this.shared.bridgeBeat;
    if (beat !== this.#beat) {
      this.#beat = beat;
      this.#beatNanos = this.board.clock.now;
    }
    return this.board.clock.now - this.#beatNanos > AHEAD_LIMIT_NANOS;
  }
}
