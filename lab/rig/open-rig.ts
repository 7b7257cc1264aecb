// SPDX-License-Identifier: MIT
/**
 * The one way to open a board: the built firmware on an emulated board, as the options say.
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

/** What the board can be told (bit rate 500 kbit/s and crystal 16 MHz if not said), and more. */
export interface RigOptions extends Partial<
  Omit<BoardOptions, 'engine' | 'cell' | 'system' | 'files'>
> {
  readonly engine: EngineName;
  /** The built files, if not those of build/ with `idle=poll`. */
  readonly firmware?: Firmware;
  /** Added to the command line, which else says the truth about bit rate and crystal. */
  readonly settings?: string;
  /** Text of a rules file, or a rule image; none: the firmware forwards everything. */
  readonly rules?: string | Uint8Array;
  /** AGL's side does not start. */
  readonly withoutAgl?: boolean;
  /**
   * AGL's side runs already when the cell is started, and the start drops the shared lines: the state
   * table then holds these states, by peer (`loseSharedLines`).
   */
  readonly statesAfterLoss?: readonly number[];
  /** Changes the configurations before the cell is created. */
  readonly changeCell?: (cell: Cell) => Cell;
  readonly changeSystem?: (system: System) => System;
  /** False: the rig collects nothing (long runs, and those that collect for themselves). */
  readonly keep?: boolean;
  readonly onWire?: (record: WireRecord) => void;
  /** Called before the cell's first instruction. */
  readonly beforeBoot?: (board: Board) => void;
}

const MILLISECOND = 1_000_000;
/** Longer than AGL's side takes to announce itself. */
const AGL_LEAD_NANOS = 5 * MILLISECOND;
/** From cell start to the first input frame: reset and set-up of chip and link. */
const BOOT_NANOS = 50 * MILLISECOND;
/** The longest the first frame waits for the link. */
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

/** Until there is a session, but not for ever. */
function waitForLink(board: Board): void {
  const limitNanos = board.clock.now + LINK_LIMIT_NANOS;
  while (!isSessionUp(board) && board.clock.now < limitNanos) {
    runUntil(board, board.clock.now + MILLISECOND);
  }
  runUntil(board, board.clock.now + LINK_SETTLE_NANOS);
}

/** Read once; none of it is written to by a board. */
function builtFirmware(engine: EngineName): Firmware {
  const firmware = loaded.get(engine) ?? loadFirmware(engine);
  loaded.set(engine, firmware);
  return firmware;
}

function imageOf(rules: string): Uint8Array {
  return compileRules(rules, 'rules.yaml').image;
}

/** Listeners that collect, and then tell those of `options`. */
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

/** One tap that tells two. */
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
