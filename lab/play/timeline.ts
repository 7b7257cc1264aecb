// SPDX-License-Identifier: MIT
/**
 * One answered request step by step, as text: the events on the CAN wire and on SPI with their
 * times.
 */
import { formatLogLine } from '../../twin/logs/candump/write.ts';
import type { AnsweredRequest } from '../verify/judge.ts';
import type { Observations } from '../rig/observations.ts';
import { instructionText } from '../rig/spi-names.ts';
import type { SpiTransaction } from '../rig/spi-transactions.ts';

interface Step {
  readonly nanos: number;
  readonly text: string;
}

/** Lines of the timeline up to the answer. Microseconds count from the end of the request. */
export function timelineOf(item: AnsweredRequest, seen: Observations): string[] {
  const { request, answer } = item;
  const lastSpiNanos = item.send?.nanos ?? answer.startNanos;
  const steps: Step[] = [
    { nanos: request.startNanos, text: `CAN  request starts: ${wireText(request)}` },
    { nanos: item.interruptNanos, text: 'INT  falls: the chip has the request' },
    { nanos: request.endNanos, text: 'CAN  request ends' },
    ...seen.transactions
      .filter(({ selectNanos: start }) => start >= item.interruptNanos && start <= lastSpiNanos)
      .map(spiStep),
    { nanos: answer.startNanos, text: `CAN  answer starts: ${wireText(answer)}` },
    { nanos: answer.endNanos, text: 'CAN  answer ends' },
  ];
  return steps
    .toSorted((left, right) => left.nanos - right.nanos)
    .map(({ nanos, text }) => `${micros(nanos - request.endNanos)} us  ${text}`);
}

/** An answered request whose SPI traffic was kept. A computed answer is preferred. */
export function chooseForTimeline(
  answered: readonly AnsweredRequest[],
  seen: Observations,
): AnsweredRequest | undefined {
  const lastKept = seen.transactions.at(-1)?.deselectNanos ?? 0;
  const kept = answered.filter(({ answer }) => answer.endNanos <= lastKept);
  return kept.find(({ isStatic }) => !isStatic) ?? kept[0] ?? answered[0];
}

function spiStep(transaction: SpiTransaction): Step {
  const { selectNanos, lastByteNanos } = transaction;
  const duration = ((lastByteNanos - selectNanos) / 1000).toFixed(1);
  return { nanos: selectNanos, text: `SPI  ${instructionText(transaction)}  (${duration} us)` };
}

function wireText(record: AnsweredRequest['request']): string {
  // The time of the log line is left out, because the timeline has its own.
  const [, ...rest] = formatLogLine(0, record.sender, record.frame).split(' ');
  return rest.join(' ');
}

function micros(nanos: number): string {
  const text = (nanos / 1000).toFixed(1);
  return (nanos < 0 ? text : `+${text}`).padStart(8);
}
