// SPDX-License-Identifier: MIT
/**
 * The part of the demo traffic that the rules of rules.yaml match: requests that the cell answers
 * itself, and the noise that it drops.
 *
 * The identifiers are those of rules.yaml. Most requests come alone. Some come at the same moment
 * from several senders, and some twice from one sender.
 */
import { extended, remote, standard } from './log-entry.ts';
import type { LogEntry } from './log-entry.ts';
import type { SeededRandom } from './random.ts';

type Request = (atMicros: number, random: SeededRandom) => LogEntry;

// brake-status: static answer
const brakeStatus: Request = (atMicros, random) =>
  standard(atMicros, 'stability', 0x1a0, [0x01, random.below(256)].slice(0, random.between(1, 2)));

// gear-position: computed answer from bytes 0 and 1
const gearPosition: Request = (atMicros, random) =>
  standard(atMicros, 'gearbox', 0x2b0, [random.below(8), random.below(256), 0x0f]);

// tester-present: matched by data
const testerPresent: Request = (atMicros) =>
  standard(atMicros, 'tester', 0x7df, [0x02, 0x3e, 0x00, 0, 0, 0, 0, 0]);

// read-data-pending: 29-bit identifier, matched by data
const readData: Request = (atMicros, random) =>
  extended(atMicros, 'tester', 0x18da10f1, [
    0x03,
    0x22,
    0xf1,
    random.pick([0x87, 0x8c, 0x90]),
    0,
    0,
    0,
    0,
  ]);

// lock-state: remote request
const lockState: Request = (atMicros) => remote(atMicros, 'door', 0x3c0, 0);

// logger-noise: sixteen identifiers, dropped
const loggerNoise: Request = (atMicros, random) => {
  const data = Array.from({ length: random.between(0, 8) }, () => random.below(256));
  return standard(atMicros, 'logger', 0x7f0 + random.below(16), data);
};

/** Each request with its least and greatest gap. */
const REPEATED: readonly (readonly [Request, leastMicros: number, mostMicros: number])[] = [
  [brakeStatus, 60_000, 110_000],
  [gearPosition, 50_000, 90_000],
  [testerPresent, 80_000, 140_000],
  [readData, 120_000, 220_000],
  [lockState, 150_000, 300_000],
  [loggerNoise, 30_000, 70_000],
];

/** Requests that are queued at the same moment. Arbitration puts them on the bus back to back. */
const BURSTS: readonly (readonly Request[])[] = [
  [brakeStatus, gearPosition, lockState, testerPresent, readData],
  [brakeStatus, brakeStatus],
  [gearPosition, gearPosition, gearPosition],
  [testerPresent, readData],
  [lockState, lockState],
];

/** All requests within the duration, in no particular order. */
export function urgentTraffic(durationMicros: number, random: SeededRandom): LogEntry[] {
  const entries: LogEntry[] = [];
  for (const [request, leastMicros, mostMicros] of REPEATED) {
    for (
      let atMicros = random.between(20_000, mostMicros);
      atMicros < durationMicros;
      atMicros += random.between(leastMicros, mostMicros)
    ) {
      entries.push(request(atMicros, random));
    }
  }
  let burst = 0;
  for (let atMicros = 400_000; atMicros < durationMicros; atMicros += 480_000) {
    for (const request of BURSTS[burst % BURSTS.length]) entries.push(request(atMicros, random));
    burst += 1;
  }
  return entries;
}
