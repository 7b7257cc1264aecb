// SPDX-License-Identifier: MIT
/**
 * Marks the answers of a run in the trace of the board's lines.
 *
 * REQUEST: the request on the bus. DECISION: from the last byte that the cell read before it answered (or from
 * INT, where it reads nothing) to the begin of the instruction that loads or sends. RTS: the request to send.
 * ANSWER: the answer on the bus.
 */
import type { BoardTrace, TracedInstruction } from '../../twin/trace/board-trace.ts';
import type { AnsweredRequest } from '../verify/judge.ts';

/** READ, READ RX BUFFER, READ STATUS, RX STATUS: DS20001801J, table 12-1. */
function isRead(instruction: number): boolean {
  return (
    instruction === 0x03 ||
    instruction === 0xa0 ||
    instruction === 0xb0 ||
    (instruction & 0xf9) === 0x90
  );
}

export function markAnswers(trace: BoardTrace, answered: readonly AnsweredRequest[]): void {
  const { instructions } = trace;
  for (const { request, answer, interruptNanos, send } of answered) {
    trace.mark('REQUEST', request.startNanos, request.endNanos);
    trace.mark('ANSWER', answer.startNanos, answer.endNanos);
    if (send === undefined) continue;
    const place = placeOf(instructions, send.nanos);
    const rts = instructions[place];
    if (rts === undefined) continue;
    trace.mark('RTS', rts.selectNanos, rts.lastByteNanos);
    let first = place;
    while (first > 0) {
      const before = instructions[first - 1];
      if (isRead(before.instruction) || before.selectNanos < interruptNanos) break;
      first--;
    }
    const read = instructions[first - 1];
    const since =
      read === undefined ? interruptNanos : Math.max(read.lastByteNanos, interruptNanos);
    trace.mark('DECISION', since, Math.max(since, instructions[first].selectNanos));
  }
}

/** The instruction whose last byte ends at `nanos`. -1: none. */
function placeOf(instructions: readonly TracedInstruction[], nanos: number): number {
  let low = 0;
  let high = instructions.length - 1;
  while (low <= high) {
    const middle = (low + high) >>> 1;
    const end = instructions[middle].lastByteNanos;
    if (end === nanos) return middle;
    if (end < nanos) low = middle + 1;
    else high = middle - 1;
  }
  return -1;
}
