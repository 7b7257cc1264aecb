// SPDX-License-Identifier: MIT
/**
 * The trace of a board's status page, as text: docs/status-page.md ("Rings"), src/page/trace-event.ts.
 *
 * Does not: wait for a refresh; the trace is not under the page's sequence number.
 */
import { FakeBoard } from './fake-board';

const HEAD: usize = 0x1f00;
const RECORDS: usize = 0x2000;
const CAPACITY: u32 = 512;

export class Trace {
  private next: u32 = 0;

  constructor(private readonly board: FakeBoard) {
    this.next = load<u32>(board.page.base + HEAD);
  }

  /** The records since the last call: `event a b`, b in hexadecimal, a bar before and behind each. */
  take(): string {
    let text = '|';
    for (; this.next !== load<u32>(this.board.page.base + HEAD); this.next++) {
      const record = this.board.page.base + RECORDS + 16 * (this.next % CAPACITY);
      const value = load<u32>(record, 12).toString(16);
      text += `${load<u16>(record, 8)} ${load<u16>(record, 10)} ${value}|`;
    }
    return text;
  }

  /** Expects that these records are among those since the last call, in this order. */
  expectIn(records: string[]): void {
    const text = this.take();
    let at = 0;
    for (let index = 0; index < records.length; index++) {
      const found = text.indexOf(`|${records[index]}|`, at);
      expect(found).toBeGreaterThan(-1, `${records[index]} in ${text} from ${at}`);
      at = max(found, 0);
    }
  }
}
