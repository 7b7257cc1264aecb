// SPDX-License-Identifier: MIT
/**
 * The whole demo traffic: cyclic, event and urgent frames, ordered by time.
 *
 * It is the same on every machine and Node.
 */
import { cyclicTraffic } from './cyclic-messages.ts';
import { eventTraffic } from './event-messages.ts';
import { formatEntry } from './log-entry.ts';
import type { LogEntry } from './log-entry.ts';
import { SeededRandom } from './random.ts';
import { urgentTraffic } from './urgent-requests.ts';

export const DEMO_DURATION_MICROS = 10_000_000;
const SEED = 0x2515;

/**
 * All frames, ordered by time. Frames of the same moment keep the order in which they were made.
 */
export function demoTraffic(): LogEntry[] {
  const random = new SeededRandom(SEED);
  return [
    ...cyclicTraffic(DEMO_DURATION_MICROS, random),
    ...eventTraffic(DEMO_DURATION_MICROS, random),
    ...urgentTraffic(DEMO_DURATION_MICROS, random),
  ].sort((left, right) => left.timeMicros - right.timeMicros);
}

/** The demo log as the text of a candump file. */
export function demoLogText(): string {
  return demoTraffic()
    .map((entry) => `${formatEntry(entry)}\n`)
    .join('');
}
