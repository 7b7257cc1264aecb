// SPDX-License-Identifier: MIT
/**
 * Puts a rig together from firmware that is at hand, and lets its cell boot.
 *
 * Does not: read files or compile rules (open-rig.ts), so that a web page can do it, too.
 */
import type { Cell, System } from '../../cell-config/format/model.ts';
import { type Board, createBoard } from '../../twin/board/board.ts';
import { isSessionUp, loseSharedLines, runUntil } from '../../twin/board/cell-control.ts';
import type { BoardFiles, BoardOptions } from '../../twin/board/options.ts';
import type { WireRecord } from '../../twin/bus/can-bus.ts';
import type { EngineName, RunResult } from '../../twin/engine/engine.ts';
import type { SpiTap } from '../../twin/soc/spi-device.ts';
import { Rig, type Seen } from './rig.ts';
import { SpiRecorder } from './spi-transactions.ts';

/** The two cells, and the programs. */
export interface Firmware {
  readonly cell: Cell;
  readonly system: System;
  /** Everything except the rule table. */
  readonly files: BoardFiles;
}

/**
 * The options of the board and of the rig. Bit rate and crystal default to 500 kbit/s and 16 MHz.
 */
export interface RigParts extends Partial<
  Omit<BoardOptions, 'engine' | 'cell' | 'system' | 'files'>
> {
  readonly engine: EngineName;
  readonly firmware: Firmware;
  /** Added to the command line, which otherwise states the actual bit rate and crystal. */
  readonly settings?: string;
  /** A rule image. Absent: the firmware forwards everything. */
  readonly rules?: Uint8Array;
  /** AGL's side does not start. */
  readonly withoutAgl?: boolean;
  /**
   * AGL's side already runs when the cell starts, and the start drops the shared lines. The state
   * table then holds these states, by peer (`loseSharedLines`).
   */
  readonly statesAfterLoss?: readonly number[];
  /** Changes the configuration before the cell is created. */
  readonly changeCell?: (cell: Cell) => Cell;
  readonly changeSystem?: (system: System) => System;
  /**
   * False: the rig collects nothing. Meant for long runs, and for runs that collect for themselves.
   */
  readonly keep?: boolean;
  readonly onWire?: (record: WireRecord) => void;
  /** Called before the cell's first instruction. */
  readonly beforeBoot?: (board: Board) => void;
}

const MILLISECOND = 1_000_000;
/** Longer than AGL's side needs to announce itself. */
const AGL_LEAD_NANOS = 5 * MILLISECOND;
/** From cell start to the first input frame: reset and set-up of chip and link. */
const BOOT_NANOS = 50 * MILLISECOND;
/** The longest time for which the first frame waits for the link. */
const LINK_LIMIT_NANOS = 1_000 * MILLISECOND;
/** From DRIVER_OK to the first frame: time for the control queue. */
const LINK_SETTLE_NANOS = 10 * MILLISECOND;

/** A board before the cell's first instruction; AGL's bridge runs. */
export async function assembleRig(options: RigParts): Promise<Rig> {
  const { rules, settings, onWire, keep = true } = options;
  const { cell, system, files } = options.firmware;
  const { bitrate = 500_000, oscillatorHertz = 16_000_000 } = options;
  const told = options.commandLine ?? `bitrate=${bitrate} osc=${oscillatorHertz} spi=10000000`;
  const seen: Seen = { wire: [], agl: [], errors: [], transactions: [], interruptEdges: [] };
  const board = await createBoard({
    ...options,
    cell: options.changeCell?.(cell) ?? cell,
    system: options.changeSystem?.(system) ?? system,
    files: { ...files, rules },
    bitrate,
    oscillatorHertz,
    commandLine: settings === undefined ? told : `${told} ${settings}`,
    ...(keep ? collectInto(seen, options) : {}),
  });
  if (keep) board.bus.onFrame((record) => seen.wire.push(record));
  if (onWire) board.bus.onFrame(onWire);
  options.beforeBoot?.(board);
  if (options.withoutAgl !== true) board.bridge?.start();
  if (options.statesAfterLoss !== undefined) {
    board.clock.advanceTo(board.clock.now + AGL_LEAD_NANOS);
    loseSharedLines(board, options.statesAfterLoss);
  }
  return new Rig(board, seen);
}

/** Lets the cell boot, then waits for the link if AGL's bridge runs. */
export function bringUp(board: Board): RunResult {
  const bootEnd = runUntil(board, BOOT_NANOS);
  if (bootEnd === 'running' && board.bridge?.isRunning) waitForLink(board);
  return bootEnd;
}

/** Waits until there is a session, within a limit. */
function waitForLink(board: Board): void {
  const limitNanos = board.clock.now + LINK_LIMIT_NANOS;
  while (!isSessionUp(board) && board.clock.now < limitNanos) {
    runUntil(board, board.clock.now + MILLISECOND);
  }
  runUntil(board, board.clock.now + LINK_SETTLE_NANOS);
}

/** Listeners that collect, and then call those of `options`. */
function collectInto(
  seen: Seen,
  { tap, onInterruptLine, onAglFrame, onAglErrorMessage }: RigParts,
) {
  const recorder = new SpiRecorder();
  recorder.onTransaction = (transaction) => {
    seen.transactions.push(transaction);
    seen.transaction?.(transaction);
  };
  return {
    tap: tap === undefined ? recorder : bothTaps(recorder, tap),
    onInterruptLine: (low, nanos) => {
      seen.interruptEdges.push({ low, nanos });
      seen.interrupt?.(low, nanos);
      onInterruptLine?.(low, nanos);
    },
    onAglFrame: (frame, nanos) => {
      seen.agl.push({ frame, nanos });
      onAglFrame?.(frame, nanos);
    },
    onAglErrorMessage: (message, nanos) => {
      seen.errors.push({ ...message, nanos });
      onAglErrorMessage?.(message, nanos);
    },
  } satisfies Partial<BoardOptions>;
}

/** One tap that calls two. */
export function bothTaps(first: SpiTap, second: SpiTap): SpiTap {
  return {
    selected(nanos) {
      first.selected(nanos);
      second.selected(nanos);
    },
    byte(...byte) {
      first.byte(...byte);
      second.byte(...byte);
    },
    deselected(nanos) {
      first.deselected(nanos);
      second.deselected(nanos);
    },
  };
}
