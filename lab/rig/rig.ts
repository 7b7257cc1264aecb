// SPDX-License-Identifier: MIT
/**
 * A running board that can be steered while it runs: send, disturb, stall, look.
 *
 * Everything is collected from the wires and from AGL's interface.
 * Does not: judge.
 */
import type { ErrorMessage } from '../../twin/agl/can-frame-layout.ts';
import type { Board } from '../../twin/board/board.ts';
import { runUntil } from '../../twin/board/cell-control.ts';
import type { WireRecord } from '../../twin/bus/can-bus.ts';
import { type CanFrame, makeFrame } from '../../twin/bus/can-frame.ts';
import type { RunResult } from '../../twin/engine/engine.ts';
import type { SpiTransaction } from './spi-transactions.ts';

/** A frame or an error frame with the time at which it reached AGL's interface. */
export interface Arrival {
  readonly frame: CanFrame;
  readonly nanos: number;
}

export interface ErrorArrival extends ErrorMessage {
  readonly nanos: number;
}

/** What a rig collects, and the listeners that it calls. */
export interface Seen {
  readonly wire: WireRecord[];
  readonly agl: Arrival[];
  readonly errors: ErrorArrival[];
  readonly transactions: SpiTransaction[];
  readonly interruptEdges: { low: boolean; nanos: number }[];
  interrupt?: (low: boolean, nanos: number) => void;
  transaction?: (transaction: SpiTransaction) => void;
}

/** The rig. Make it with `openRig`, and `close` it at the end. */
export class Rig {
  readonly board: Board;
  /** Attempts on the wire, successful or not. */
  readonly wire: WireRecord[];
  readonly agl: Arrival[];
  readonly errors: ErrorArrival[];
  readonly transactions: SpiTransaction[];
  /** Levels of INT at the chip, from start. */
  readonly interruptEdges: { readonly low: boolean; readonly nanos: number }[];
  /**
   * Called at each edge of INT at the chip, and at the end of each transaction. May call
   * `stallUntil`.
   */
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

  /** Lets the board run for `nanos`. */
  run(nanos: number): RunResult {
    return runUntil(this.board, this.now + nanos);
  }

  /** Runs until `condition` holds, for at most `limitNanos`. Returns whether it holds. */
  runUntil(condition: () => boolean, limitNanos: number, stepNanos = 20_000): boolean {
    const end = this.now + limitNanos;
    while (!condition() && this.now < end) this.run(stepNanos);
    return condition();
  }

  /** Another node offers the frame `afterNanos` from now. */
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

  /** The cell's core stands still for `nanos` from `atNanos` on, in the middle of any work. */
  stall(atNanos: number, nanos: number): void {
    this.board.clock.schedule(atNanos, () => this.board.clock.elapse(Math.ceil(nanos)));
  }

  /**
   * The core stands still until `untilNanos`. Call it only from inside an event or one of the two
   * callbacks.
   */
  stallUntil(untilNanos: number): void {
    const { clock } = this.board;
    if (untilNanos > clock.now) clock.elapse(Math.ceil(untilNanos - clock.now));
  }

  /** A register of the chip, read behind the cell's back. */
  register(address: number): number {
    return this.board.chip.readRegister(address);
  }

  /** Discards everything collected so far. */
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
