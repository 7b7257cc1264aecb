// SPDX-License-Identifier: MIT
/**
 * What a client of diagnosis hears while AGL works on its request, by the model alone. Sources: docs/rules.md
 * ("Diagnosis"), ISO 15765-2 (kinds of frames), ISO 14229-1 (sub-functions, negative responses).
 *
 * Does not: share code with the firmware.
 */
import type { PendingResponse } from '../diagnosis/pending.ts';
import type { RuleTable } from '../model.ts';
import type { OracleFrame } from './frame.ts';

/** Services with a sub-function, whose highest bit says that no positive answer is wanted. */
const SUB_FUNCTIONS = new Set([
  0x10, 0x11, 0x19, 0x27, 0x28, 0x29, 0x2c, 0x31, 0x3e, 0x83, 0x85, 0x86, 0x87,
]);
/** Data of a first frame, and of a consecutive one. */
const [FIRST_BYTES, NEXT_BYTES] = [6, 7];

/** Whether the frame is one that keeps a client of diagnosis waiting, or gives its request up. */
export function isWait({ pending }: Pick<RuleTable, 'pending'>, frame: OracleFrame): boolean {
  const { identifier, extended, data } = frame;
  const isOwn = pending?.identifier === identifier && pending.extended === extended;
  return isOwn && data[0] === 3 && data[1] === 0x7f && (data[3] === 0x78 || data[3] === 0x10);
}

export interface DueFrame {
  readonly frame: OracleFrame;
  readonly atMicros: number;
}

export class PendingCourse {
  readonly #pending: PendingResponse | undefined;
  /** The service that waits, and what is known of its request. */
  #service: number | undefined;
  #missing = 0;
  #dueMicros = Infinity;
  #sent = 0;

  constructor(pending: PendingResponse | undefined) {
    this.#pending = pending;
  }

  /** A frame of a request. A new one waits only if AGL is there. */
  request({ data }: OracleFrame, nowMicros: number, isThere: boolean): void {
    const [kind, low] = [data[0] >> 4, data[0] & 0xf];
    if (kind === 2) {
      if (this.#missing === 0) return;
      this.#missing -= 1;
      if (this.#missing === 0) this.#wait(nowMicros);
      return;
    }
    if (kind > 1) return;
    const message = [...data.subarray(kind + 1)];
    const length = low * 256 + data[1];
    this.#missing =
      kind === 0 || !isThere ? 0 : Math.max(0, Math.ceil((length - FIRST_BYTES) / NEXT_BYTES));
    const isSilent = SUB_FUNCTIONS.has(message[0]) && (message[1] & 0x80) !== 0;
    this.#service = isSilent ? undefined : message[0];
    this.#dueMicros = Infinity;
    if (kind === 0 && isThere) this.#wait(nowMicros);
  }

  /** AGL has sent a frame that begins an answer. */
  answered({ data }: OracleFrame, nowMicros: number): void {
    if (this.#dueMicros === Infinity) return;
    const isPending = data[0] >> 4 === 0 && data[1] === 0x7f && data[3] === 0x78;
    this.#dueMicros = isPending ? nowMicros + (this.#pending?.everyMicros ?? 0) : Infinity;
  }

  /** What is due up to `micros`. */
  upTo(micros: number, isThere: (atMicros: number) => boolean): DueFrame[] {
    const pending = this.#pending;
    const due: DueFrame[] = [];
    while (pending !== undefined && this.#dueMicros <= micros) {
      const atMicros = this.#dueMicros;
      const isAlone = !isThere(atMicros);
      const isEnd = isAlone || this.#sent === pending.count;
      this.#dueMicros = isEnd ? Infinity : atMicros + pending.everyMicros;
      this.#sent += 1;
      if (isAlone && pending.isSilent) continue;
      const code = isEnd ? 0x10 : 0x78;
      const bytes = [3, 0x7f, this.#service ?? 0, code];
      const data = Uint8Array.from(
        { length: pending.length },
        (_, at) => bytes[at] ?? pending.padding,
      );
      const { identifier, extended, length } = pending;
      due.push({ atMicros, frame: { identifier, extended, remote: false, dlc: length, data } });
    }
    return due;
  }

  #wait(nowMicros: number): void {
    if (this.#pending === undefined || this.#service === undefined) return;
    this.#dueMicros = nowMicros + this.#pending.afterMicros;
    this.#sent = 0;
  }
}
