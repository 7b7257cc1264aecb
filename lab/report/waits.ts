// SPDX-License-Identifier: MIT
/**
 * What an answer waited for, between the end of its request and its own first bit: the cell, then the frames
 * on the bus.
 *
 * It goes by the wires alone.
 */
import type { WireRecord } from '../../twin/bus/can-bus.ts';
import { formatFrame } from '../../twin/logs/candump/write.ts';
import type { AnsweredRequest } from '../verify/judge.ts';

export interface Wait {
  readonly item: AnsweredRequest;
  /** From the end of the request to the end of the request to send. Undefined: not seen on SPI. */
  readonly cellNanos: number | undefined;
  /** From there to the answer's first bit. */
  readonly busNanos: number | undefined;
  /** Frames that were on the bus meanwhile. */
  readonly behind: readonly WireRecord[];
}

/** One for each answer. `wire` is in the order of time. */
export function waitsOf(answered: readonly AnsweredRequest[], wire: readonly WireRecord[]): Wait[] {
  return answered.map((item) => {
    const { request, answer, send } = item;
    const behind: WireRecord[] = [];
    for (let at = firstEndingAfter(wire, request.endNanos); at < wire.length; at += 1) {
      const record = wire[at];
      if (record.startNanos >= answer.startNanos) break;
      if (record !== request && record !== answer) behind.push(record);
    }
    return {
      ...{ item, behind },
      cellNanos: send && send.nanos - request.endNanos,
      busNanos: send && answer.startNanos - send.nanos,
    };
  });
}

/** How often, and for how long, the answers of one rule waited for the frames of one identifier. */
export interface WaitRow {
  readonly ruleName: string;
  readonly behind: string;
  count: number;
  totalNanos: number;
  worstNanos: number;
}

/** The longest totals first. */
export function waitRows(waits: readonly Wait[]): WaitRow[] {
  const rows = new Map<string, WaitRow>();
  for (const { item, behind } of waits) {
    for (const record of behind) {
      const nanos = record.endNanos - Math.max(record.startNanos, item.request.endNanos);
      const who = senderAndIdentifier(record);
      const key = `${item.ruleName}\n${who}`;
      const row = rows.get(key) ?? {
        ...{ ruleName: item.ruleName, behind: who, count: 0, totalNanos: 0, worstNanos: 0 },
      };
      row.count += 1;
      row.totalNanos += nanos;
      row.worstNanos = Math.max(row.worstNanos, nanos);
      rows.set(key, row);
    }
  }
  return [...rows.values()].toSorted((left, right) => right.totalNanos - left.totalNanos);
}

/** `door 050` */
export function senderAndIdentifier({ sender, frame }: WireRecord): string {
  return `${sender} ${formatFrame(frame).split('#')[0]}`;
}

function firstEndingAfter(wire: readonly WireRecord[], nanos: number): number {
  let low = 0;
  let high = wire.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (wire[middle].endNanos > nanos) high = middle;
    else low = middle + 1;
  }
  return low;
}
