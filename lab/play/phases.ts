// SPDX-License-Identifier: MIT
/**
 * The phases of a run on a board: bring it up, play the logs, drain.
 *
 * Does not: judge, or shut the cell down (cell-control.ts).
 */
import type { RunResult } from '../../twin/engine/engine.ts';
import { CELL_SENDER, type Board } from '../../twin/board/board.ts';
import { runUntil } from '../../twin/board/cell-control.ts';
import type { RunInput } from './log-input.ts';
import type { Observations } from '../rig/observations.ts';
import { bringUp } from '../rig/open-rig.ts';

/** The logs and events that are played onto a board. */
export interface PlayOptions {
  readonly input: RunInput;
  /** False: AGL never starts. */
  readonly agl: boolean;
  /** Times at which the AGL side dies and returns, in seconds after the first input frame. */
  readonly aglStopAtSeconds?: number;
  readonly aglRestartAtSeconds?: number;
  readonly onProgress?: (progress: Progress) => void;
  /** Called beside it, with what was seen so far. What it throws ends the run. */
  readonly onLook?: (board: Board, seen: Observations) => void;
}

export interface Progress {
  /** Log frames that have been on the wire so far, and the number of all. */
  readonly played: number;
  readonly total: number;
  /** Virtual time since the first input frame. */
  readonly seconds: number;
}

export interface PlayResult {
  /** State of the cell at the end. */
  readonly cellEnd: RunResult;
  /** Virtual time of the first input frame. */
  readonly startNanos: number;
  /** How long the core has stood at WFI since that time. */
  readonly sleptNanos: number;
  /** Frames of the bus log that were never on the wire. */
  readonly unsentFrames: number;
}

const MILLISECOND = 1_000_000;
const SLICE_NANOS = 10 * MILLISECOND;
/**
 * The run ends after this time without any event. It also ends after DRAIN_LIMIT_NANOS without
 * progress.
 */
const QUIET_NANOS = 20 * MILLISECOND;
const DRAIN_LIMIT_NANOS = 1_000 * MILLISECOND;

/** Boots, plays and drains. A cell that ends by itself ends the run. */
export function play(options: PlayOptions, board: Board, seen: Observations): PlayResult {
  startAgl(options, board, seen);
  const bootEnd = bringUp(board);
  const startNanos = board.clock.now;
  const sleptBefore = board.machine.sleptNanos;
  if (bootEnd !== 'running') {
    return { cellEnd: bootEnd, startNanos, sleptNanos: 0, unsentFrames: options.input.bus.length };
  }
  const lastInputNanos = schedule(options, board, seen, startNanos);
  const cellEnd = playAndDrain(options, board, seen, startNanos, lastInputNanos);
  return {
    cellEnd,
    startNanos,
    sleptNanos: board.machine.sleptNanos - sleptBefore,
    unsentFrames: board.sender.pendingCount,
  };
}

function startAgl(options: PlayOptions, board: Board, seen: Observations): void {
  if (options.agl && board.bridge) board.bridge.start();
  else seen.aglPresent(false, 0);
}

/**
 * Schedules every input frame, and the stop and return of AGL. Returns the time of the last of
 * them.
 */
function schedule(
  { input, aglStopAtSeconds, aglRestartAtSeconds }: PlayOptions,
  board: Board,
  seen: Observations,
  startNanos: number,
): number {
  const { clock, bridge } = board;
  let lastNanos = startNanos;
  const at = (nanos: number, action: (eventNanos: number) => void): void => {
    clock.schedule(startNanos + nanos, action);
    lastNanos = Math.max(lastNanos, startNanos + nanos);
  };
  // The units that sent the recorded frames acknowledged each other.
  board.sender.isSeveralUnits = true;
  for (const { frame, nanos, interfaceName, isLate } of input.bus) {
    board.sender.enqueue(frame, startNanos + nanos, interfaceName, isLate);
    lastNanos = Math.max(lastNanos, startNanos + nanos);
  }
  for (const { frame, nanos } of input.agl) {
    at(nanos, (eventNanos) => {
      const accepted = bridge?.send(frame) ?? false;
      seen.aglGiven.push({ frame, nanos: eventNanos, accepted });
    });
  }
  if (aglStopAtSeconds !== undefined) {
    at(aglStopAtSeconds * 1e9, (eventNanos) => {
      bridge?.stop();
      seen.aglPresent(false, eventNanos);
    });
  }
  if (aglRestartAtSeconds !== undefined) {
    at(aglRestartAtSeconds * 1e9, (eventNanos) => {
      bridge?.start();
      seen.aglPresent(true, eventNanos);
    });
  }
  return lastNanos;
}

function playAndDrain(
  options: PlayOptions,
  board: Board,
  seen: Observations,
  startNanos: number,
  lastInputNanos: number,
): RunResult {
  const { clock, sender, bridge } = board;
  const total = options.input.bus.length;
  let result = runUntil(board, clock.now);
  let quietSince = clock.now;
  let usefulSince = clock.now;
  let activity = -1;
  let useful = -1;
  // Frames of the wire that were looked at, and those of other nodes among them.
  let [looked, others] = [0, 0];
  let foreign = -1;
  let foreignSince = clock.now;
  while (result === 'running') {
    result = runUntil(board, clock.now + SLICE_NANOS);
    // A frame that is taken repeatedly, because it never ends on the wire, is no progress.
    const arrived = Math.min(seen.aglReceived.length, seen.wire.length);
    const nowUseful = seen.wire.length + arrived + seen.aglGiven.length;
    const nowActivity =
      seen.wire.length + seen.aglReceived.length + seen.aglGiven.length + seen.wireErrors;
    if (nowActivity !== activity) quietSince = clock.now;
    if (nowUseful !== useful) usefulSince = clock.now;
    activity = nowActivity;
    useful = nowUseful;
    const seconds = (clock.now - startNanos) / 1e9;
    options.onProgress?.({ played: total - sender.pendingCount, total, seconds });
    options.onLook?.(board, seen);
    if (clock.now < lastInputNanos) continue;
    const pending = sender.pendingCount + (bridge?.pendingCount ?? 0);
    if (pending === 0 && clock.now - quietSince >= QUIET_NANOS) break;
    // A cell with cyclic frames sends for ever.
    for (; looked < seen.wire.length; looked += 1) {
      if (seen.wire[looked].sender !== CELL_SENDER) others += 1;
    }
    const nowForeign = others + seen.aglReceived.length + seen.aglGiven.length;
    if (nowForeign !== foreign) foreignSince = clock.now;
    foreign = nowForeign;
    if (pending === 0 && clock.now - foreignSince >= DRAIN_LIMIT_NANOS) break;
    if (clock.now - Math.max(usefulSince, lastInputNanos) >= DRAIN_LIMIT_NANOS) break;
  }
  return result;
}
