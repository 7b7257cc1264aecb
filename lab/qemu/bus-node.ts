// SPDX-License-Identifier: MIT
/**
 * The far end of the emulated bus: QEMU's can-chardev-node by its lines (docs/system/devices/can.rst of the
 * patches).
 */
import type { TimedFrame } from '../play/log-input.ts';
import { canLine, readReport, type ReportedFrame } from './can-line.ts';
import type { LineSocket } from './line-socket.ts';

/** Lines sent before their answers are waited for. */
const LINES_AT_ONCE = 500;

export class BusNode {
  readonly #lines: LineSocket;
  readonly #onFrame: (report: ReportedFrame) => void;

  constructor(lines: LineSocket, onFrame: (report: ReportedFrame) => void) {
    this.#lines = lines;
    this.#onFrame = onFrame;
  }

  /** Hands on the frames that were on the bus since the last look. */
  look(): void {
    for (const line of this.#lines.lines.splice(0)) this.#report(line);
  }

  /** Reports have times from now on. */
  async start(): Promise<void> {
    await this.#tell(['Z1']);
  }

  /** Hands frames over; their times begin `leadNanos` from now, and so do those of the reports. */
  async play(frames: readonly TimedFrame[], leadNanos: number): Promise<void> {
    await this.#tell(['B']);
    for (let at = 0; at < frames.length; at += LINES_AT_ONCE) {
      const part = frames.slice(at, at + LINES_AT_ONCE);
      await this.#tell(part.map(({ frame, nanos }) => `@${leadNanos + nanos} ${canLine(frame)}`));
    }
  }

  end(): void {
    this.#lines.end();
  }

  async #tell(lines: readonly string[]): Promise<void> {
    this.look();
    this.#lines.send(lines.map((line) => `${line}\n`).join(''));
    for (let understood = 0; understood < lines.length;) {
      const [line] = await this.#lines.take(1);
      if (line === 'ok') understood++;
      else this.#report(line);
    }
  }

  #report(line: string): void {
    const report = readReport(line);
    if (report === undefined) throw new Error(`the node on the bus said "${line}"`);
    this.#onFrame(report);
  }
}
