/**
 * A running board that a test can steer while it runs: send, disturb, stall, look.
 *
 * Does not: judge. Everything is collected from the wires and from AGL's interface, unless `keep` is false.
 */
import type { Cell, System } from '../../cell-config/format/model.ts';
import { compileRules } from '../../rules/compile.ts';
import type { ErrorMessage } from '../../twin/agl/can-frame-layout.ts';
import type { WireRecord } from '../../twin/bus/can-bus.ts';
import { type CanFrame, makeFrame } from '../../twin/bus/can-frame.ts';
import type { EngineName, RunResult } from '../../twin/engine/engine.ts';
import type { SpiTap } from '../../twin/soc/spi-device.ts';
import { type Artifacts, loadArtifacts } from './artifacts.ts';
import { type Board, createBoard } from '../../twin/board/board.ts';
import type { BoardFaults, BoardOptions } from '../../twin/board/options.ts';
import { loseSharedLines, runUntil } from '../../twin/board/cell-control.ts';
import { bringUp } from './phases.ts';
import { SpiRecorder, type SpiTransaction } from './spi-transactions.ts';

export interface BenchOptions {
  readonly engine: EngineName;
  readonly bitrate?: number;
  readonly oscillatorHertz?: number;
  /** What the command line says, if not the truth. */
  readonly commandLine?: string;
  /** Added to the command line. */
  readonly settings?: string;
  /** Text of a rules file; none: the firmware forwards everything. */
  readonly rules?: string;
  readonly withoutAgl?: boolean;
  /**
   * AGL's side runs already when the cell is started, and the start drops the shared lines: the state
   * table then holds these states, by peer (`loseSharedLines`).
   */
  readonly statesAfterLoss?: readonly number[];
  readonly faults?: BoardFaults;
  readonly timing?: BoardOptions['timing'];
  readonly trapsExpected?: BoardOptions['trapsExpected'];
  readonly spi0?: BoardOptions['spi0'];
  readonly coreClockHertz?: number;
  /** Plays the AGL side instead of the built bridge. */
  readonly makePeer?: BoardOptions['makePeer'];
  /** Changes the configurations before the cell is created. */
  readonly changeCell?: (cell: Cell) => Cell;
  readonly changeSystem?: (system: System) => System;
  /** False: nothing is collected (long runs). */
  readonly keep?: boolean;
  readonly onWire?: (record: WireRecord) => void;
  readonly onAglFrame?: (frame: CanFrame, nanos: number) => void;
  /** Called before the cell's first instruction. */
  readonly beforeBoot?: (board: Board) => void;
}

/** A frame or message with the time it reached AGL's interface. */
export interface Arrival {
  readonly frame: CanFrame;
  readonly nanos: number;
}

export interface ErrorArrival extends ErrorMessage {
  readonly nanos: number;
}

/** Longer than AGL's side takes to announce itself. */
const AGL_LEAD_NANOS = 5_000_000;

const SILENT: SpiTap = { selected() {}, byte() {}, deselected() {} };
const loaded = new Map<EngineName, Artifacts>();

/** The bench. Make it with `startBench`; `close` it at the end. */
export class Bench {
  readonly board: Board;
  /** Attempts on the wire, good or not. */
  readonly wire: WireRecord[];
  readonly agl: Arrival[];
  readonly errors: ErrorArrival[];
  readonly transactions: SpiTransaction[];
  /** Levels of INT at the chip, from start. */
  readonly interruptEdges: { readonly low: boolean; readonly nanos: number }[];
  /** Called at each edge of INT at the chip, and at the end of each transaction; may call `stallUntil`. */
  onInterrupt?: (low: boolean, nanos: number) => void;
  onTransaction?: (transaction: SpiTransaction) => void;

  constructor(board: Board, seen: Seen) {
    this.board = board;
    seen.interrupt = (low, nanos) => this.onInterrupt?.(low, nanos);
    seen.transaction = (transaction) => this.onTransaction?.(transaction);
    this.wire = seen.wire;
    this.agl = seen.agl;
    this.errors = seen.errors;
    this.transactions = seen.transactions;
    this.interruptEdges = seen.interruptEdges;
  }

  get now(): number {
    return this.board.clock.now;
  }

  get bitNanos(): number {
    return this.board.bus.bitNanos;
  }

  /** What the cell has printed. */
  get lines(): string[] {
    return this.board.console.lines
      .filter(({ source }) => source === 'cell')
      .map(({ text }) => text);
  }

  /** Lets the board run for so long. */
  run(nanos: number): RunResult {
    return runUntil(this.board, this.now + nanos);
  }

  /** Runs until `condition` holds, at most `limitNanos`. Whether it came to hold. */
  runUntil(condition: () => boolean, limitNanos: number, stepNanos = 20_000): boolean {
    const end = this.now + limitNanos;
    while (!condition() && this.now < end) this.run(stepNanos);
    return condition();
  }

  /** Another node wants the frame on the wire `afterNanos` from now. */
  send(
    frame: CanFrame | Parameters<typeof makeFrame>[0],
    afterNanos = 0,
    sender = 'ecu',
  ): CanFrame {
    const made = makeFrame(frame);
    this.board.sender.enqueue(made, this.now + afterNanos, sender);
    return made;
  }

  /** AGL gives a frame to its CAN interface now. */
  sendFromAgl(frame: Parameters<typeof makeFrame>[0]): CanFrame {
    const made = makeFrame(frame);
    if (this.board.bridge?.send(made) !== true) throw new Error('the bridge does not run');
    return made;
  }

  /** The cell's core stands still for so long from `atNanos` on, in the middle of whatever it does. */
  stall(atNanos: number, nanos: number): void {
    this.board.clock.schedule(atNanos, () => this.board.clock.elapse(Math.ceil(nanos)));
  }

  /** The core stands still until `untilNanos`. From inside an event or one of the two callbacks only. */
  stallUntil(untilNanos: number): void {
    const { clock } = this.board;
    if (untilNanos > clock.now) clock.elapse(Math.ceil(untilNanos - clock.now));
  }

  /** A register of the chip, read behind the cell's back. */
  register(address: number): number {
    return this.board.chip.readRegister(address);
  }

  /** Forgets what has been collected so far. */
  forget(): void {
    for (const list of [this.wire, this.agl, this.errors, this.transactions]) list.length = 0;
    this.interruptEdges.length = 0;
  }

  /** Good frames on the wire, by sender. */
  sentBy(sender: string): CanFrame[] {
    return this.wire
      .filter((record) => record.outcome === 'complete' && record.sender === sender)
      .map(({ frame }) => frame);
  }

  /** Good frames on the wire that the cell did not send. */
  get sentByOthers(): CanFrame[] {
    return this.wire
      .filter(({ outcome, sender }) => outcome === 'complete' && sender !== this.board.chip.name)
      .map(({ frame }) => frame);
  }

  /** The bytes on MOSI of every transaction. */
  get mosi(): (readonly number[])[] {
    return this.transactions.map(({ mosi }) => mosi);
  }

  close(): void {
    this.board.engine.close();
  }
}

interface Seen {
  readonly wire: WireRecord[];
  readonly agl: Arrival[];
  readonly errors: ErrorArrival[];
  readonly transactions: SpiTransaction[];
  readonly interruptEdges: { low: boolean; nanos: number }[];
  interrupt?: (low: boolean, nanos: number) => void;
  transaction?: (transaction: SpiTransaction) => void;
}

/** A board whose cell has booted and, unless `withoutAgl`, has its session with AGL. */
export async function startBench(options: BenchOptions): Promise<Bench> {
  const bench = await makeBench(options);
  const result = bringUp(bench.board);
  if (result !== 'running') {
    throw new Error(`the cell ${result} by itself: ${bench.lines.at(-1) ?? 'it printed nothing'}`);
  }
  return bench;
}

/** The same board before the cell's first instruction; AGL's bridge runs. */
export async function makeBench(options: BenchOptions): Promise<Bench> {
  const artifacts = loaded.get(options.engine) ?? loadArtifacts(options.engine);
  loaded.set(options.engine, artifacts);
  const { bitrate = 500_000, oscillatorHertz = 16_000_000, keep = true } = options;
  const rules = options.rules === undefined ? undefined : compileRules(options.rules, 'rules.yaml');
  const told = options.commandLine ?? `bitrate=${bitrate} osc=${oscillatorHertz} spi=10000000`;
  const seen: Seen = { wire: [], agl: [], errors: [], transactions: [], interruptEdges: [] };
  const recorder = new SpiRecorder();
  recorder.onTransaction = (transaction) => {
    seen.transactions.push(transaction);
    seen.transaction?.(transaction);
  };
  const board = await createBoard({
    engine: options.engine,
    cell: options.changeCell?.(artifacts.cell) ?? artifacts.cell,
    system: options.changeSystem?.(artifacts.system) ?? artifacts.system,
    files: { ...artifacts.files, rules: rules?.image },
    makePeer: options.makePeer,
    bitrate,
    oscillatorHertz,
    commandLine: options.settings === undefined ? told : `${told} ${options.settings}`,
    tap: keep ? recorder : SILENT,
    onInterruptLine: (low, nanos) => {
      if (keep) seen.interruptEdges.push({ low, nanos });
      seen.interrupt?.(low, nanos);
    },
    onAglFrame: (frame, nanos) => {
      if (keep) seen.agl.push({ frame, nanos });
      options.onAglFrame?.(frame, nanos);
    },
    onAglErrorMessage: (message, nanos) => void seen.errors.push({ ...message, nanos }),
    faults: options.faults,
    timing: options.timing,
    trapsExpected: options.trapsExpected,
    spi0: options.spi0,
    coreClockHertz: options.coreClockHertz,
  });
  board.bus.onFrame((record) => {
    if (keep) seen.wire.push(record);
    options.onWire?.(record);
  });
  options.beforeBoot?.(board);
  if (options.withoutAgl !== true) board.bridge?.start();
  if (options.statesAfterLoss !== undefined) {
    board.clock.advanceTo(board.clock.now + AGL_LEAD_NANOS);
    loseSharedLines(board, options.statesAfterLoss);
  }
  return new Bench(board, seen);
}
