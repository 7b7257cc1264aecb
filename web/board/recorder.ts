// SPDX-License-Identifier: MIT
/**
 * What was seen lately on the board's wires: frames, INT, SPI, steps. It keeps the last of each.
 *
 * Does not: ask the firmware.
 */
import { SpiRecorder, type SpiTransaction } from '../../lab/rig/spi-transactions.ts';
import { answerTimeline, type AnswerTimeline } from '../../lab/report/answer-timeline.ts';
import type { WireRecord } from '../../twin/bus/can-bus.ts';
import { formatFrame } from '../../twin/logs/candump/write.ts';
import type { SpiTap } from '../../twin/soc/spi-device.ts';
import type { FrameRow } from '../protocol.ts';
import type { Answered, Answers } from './answers.ts';
import { Ring } from './ring.ts';
import { SpiLines } from './spi-lines.ts';

const KEPT_FRAMES = 100_000;
const KEPT_NEAR = 400;
const KEPT_STEPS = 4_000;
/** Rows between two snapshots; nobody reads more. */
const ROWS_MOST = 60;

export class Recorder {
  /** For the export. */
  readonly history = new Ring<WireRecord>(KEPT_FRAMES);
  frames = 0;
  /** Frames that reached Linux's interface. */
  toAgl = 0;
  errors = 0;
  /** Time in which the bus was busy. */
  busyNanos = 0;
  transactionCount = 0;
  readonly lines = new SpiLines();
  readonly #cellName: string;
  readonly #answers: Answers;
  readonly #near = new Ring<WireRecord>(KEPT_NEAR);
  readonly #edges = new Ring<{ low: boolean; nanos: number }>(KEPT_NEAR);
  readonly #transactions = new Ring<SpiTransaction>(KEPT_NEAR);
  readonly #steps = new Ring<readonly [number, number]>(KEPT_STEPS);
  #spi = this.#newSpi();
  #rows: FrameRow[] = [];
  #skipped = 0;
  #lastAnswer: Answered | undefined;

  constructor(cellName: string, answers: Answers) {
    this.#cellName = cellName;
    this.#answers = answers;
  }

  /** The SPI lines' listener. */
  readonly tap: SpiTap = {
    selected: (nanos) => {
      this.#spi.selected(nanos);
      this.lines.selected(nanos);
    },
    byte: (mosi, miso, endNanos, byteNanos) => {
      this.#spi.byte(mosi, miso, endNanos);
      this.lines.byte(mosi, miso, endNanos, byteNanos);
    },
    deselected: (nanos) => {
      this.#spi.deselected(nanos);
      this.lines.deselected(nanos);
    },
  };

  interrupt(low: boolean, nanos: number): void {
    this.#edges.push({ low, nanos });
    this.lines.interrupt(low, nanos);
  }

  step(fromNanos: number, toNanos: number): void {
    this.#steps.push([fromNanos, toNanos]);
  }

  wire(record: WireRecord): void {
    this.history.push(record);
    this.#near.push(record);
    this.busyNanos += record.endNanos - record.startNanos;
    if (record.outcome === 'error') this.errors += 1;
    else this.frames += 1;
    this.#addRow(this.#rowOf(record));
  }

  /** The rows since the last call. */
  takeRows(): { rows: FrameRow[]; skipped: number } {
    const taken = { rows: this.#rows, skipped: this.#skipped };
    this.#rows = [];
    this.#skipped = 0;
    return taken;
  }

  /** The timeline of the last answer, once. */
  takeTimeline(): AnswerTimeline | undefined {
    const last = this.#lastAnswer;
    if (last === undefined) return undefined;
    this.#lastAnswer = undefined;
    return answerTimeline({
      ...last,
      wire: this.#near.toArray(),
      edges: this.#edges.toArray(),
      transactions: this.#transactions.toArray(),
      steps: this.#steps.toArray(),
    });
  }

  #rowOf(record: WireRecord): FrameRow {
    const { startNanos: nanos, sender, frame, outcome, error } = record;
    const row = { nanos, sender, text: formatFrame(frame) };
    if (outcome === 'error') return { ...row, text: `${row.text}  ${error ?? ''}`, kind: 'error' };
    if (sender !== this.#cellName) {
      const ruleName = this.#answers.requested(record);
      return ruleName === undefined
        ? { ...row, kind: 'frame' }
        : { ...row, kind: 'request', ruleName };
    }
    const answered = this.#answers.sent(record);
    if (answered === undefined) return { ...row, kind: 'agl', sender: 'AGL' };
    this.#lastAnswer = answered;
    const { latencyNanos, ruleName } = answered;
    return { ...row, kind: 'answer', latencyNanos, ruleName };
  }

  /** Of more rows than can be read the oldest go, those of requests and answers last. */
  #addRow(row: FrameRow): void {
    this.#rows.push(row);
    if (this.#rows.length <= ROWS_MOST) return;
    const plain = this.#rows.findIndex(({ kind }) => kind === 'frame' || kind === 'agl');
    this.#rows.splice(Math.max(0, plain), 1);
    this.#skipped += 1;
  }

  /** A new one after each thousand transactions, because it remembers each byte. */
  #newSpi(): SpiRecorder {
    const spi = new SpiRecorder();
    spi.onTransaction = (transaction) => {
      this.#transactions.push(transaction);
      this.transactionCount += 1;
      if (this.transactionCount % 1000 === 0) this.#spi = this.#newSpi();
    };
    return spi;
  }
}
