// SPDX-License-Identifier: MIT
/**
 * Opens a board: the built firmware on an emulated board, as the options say. Every board of the
 * laboratory is opened here.
 *
 * Does not: build the firmware, or play anything.
 */
import type { Cell, System } from '../../cell-config/format/model.ts';
import { compileRules } from '../../rules/compile.ts';
import { type Board, createBoard } from '../../twin/board/board.ts';
import { isSessionUp, loseSharedLines, runUntil } from '../../twin/board/cell-control.ts';
import type { BoardOptions } from '../../twin/board/options.ts';
import type { WireRecord } from '../../twin/bus/can-bus.ts';
import type { EngineName, RunResult } from '../../twin/engine/engine.ts';
import type { SpiTap } from '../../twin/soc/spi-device.ts';
import { type Firmware, loadFirmware } from './firmware.ts';
import { Rig, type Seen } from './rig.ts';
import { SpiRecorder } from './spi-transactions.ts';

/**
 * The options of the board and of the rig. Bit rate and crystal default to 500 kbit/s and 16 MHz.
 */
export interface RigOptions extends Partial<
  Omit<BoardOptions, 'engine' | 'cell' | 'system' | 'files'>
> {
  readonly engine: EngineName;
  /** The built files. Absent: those of build/ with `idle=poll`. */
  readonly firmware?: Firmware;
  /** Added to the command line, which otherwise states the actual bit rate and crystal. */
  readonly settings?: string;
  /** Text of a rules file, or a rule image. Absent: the firmware forwards everything. */
  readonly rules?: string | Uint8Array;
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

const loaded = new Map<EngineName, Firmware>();

/** A board whose cell has booted and, unless `withoutAgl`, has its session with AGL. */
export async function openRig(options: RigOptions): Promise<Rig> {
  const rig = await makeRig(options);
  const result = bringUp(rig.board);
  if (result !== 'running') {
    throw new Error(`the cell ${result} by itself: ${rig.lines.at(-1) ?? 'it printed nothing'}`);
  }
  return rig;
}

/** The same board before the cell's first instruction; AGL's bridge runs. */
export async function makeRig(options: RigOptions): Promise<Rig> {
  const { engine, rules, settings, onWire, keep = true } = options;
  const { cell, system, files } = options.firmware ?? builtFirmware(engine);
  const { bitrate = 500_000, oscillatorHertz = 16_000_000 } = options;
  const told = options.commandLine ?? `bitrate=${bitrate} osc=${oscillatorHertz} spi=10000000`;
  const seen: Seen = { wire: [], agl: [], errors: [], transactions: [], interruptEdges: [] };
  const board = await createBoard({
    ...options,
    cell: options.changeCell?.(cell) ?? cell,
    system: options.changeSystem?.(system) ?? system,
    files: { ...files, rules: typeof rules === 'string' ? imageOf(rules) : rules },
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

/** The built firmware, read once. A board does not write to it. */
function builtFirmware(engine: EngineName): Firmware {
  const firmware = loaded.get(engine) ?? loadFirmware(engine);
  loaded.set(engine, firmware);
  return firmware;
}

function imageOf(rules: string): Uint8Array {
  return compileRules(rules, 'rules.yaml').image;
}

/** Listeners that collect, and then call those of `options`. */
function collectInto(
  seen: Seen,
  { tap, onInterruptLine, onAglFrame, onAglErrorMessage }: RigOptions,
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
