// SPDX-License-Identifier: MIT
/**
 * The unplanned part of the demo traffic: switches, remote requests, diagnostic sessions.
 *
 * No rule of rules.yaml answers these frames; all go to AGL. Diagnostics follow ISO 14229-1
 * services in ISO 15765-2 frames, between a tester and the gearbox (0x7E1/0x7E9), the brakes
 * (0x7E2/0x7EA) and the trailer (29-bit 0x28).
 */
import { extended, remote, standard } from './log-entry.ts';
import type { LogEntry } from './log-entry.ts';
import type { SeededRandom } from './random.ts';

const BODY_SWITCHES = [0x420, 0x428, 0x430, 0x446, 0x452];
const UNUSED = 0xaa;

/** A switch changes. The body unit reports it three times, 20 ms apart. */
function switchEvents(durationMicros: number, random: SeededRandom): LogEntry[] {
  const entries: LogEntry[] = [];
  for (
    let atMicros = 60_000;
    atMicros < durationMicros;
    atMicros += random.between(60_000, 140_000)
  ) {
    const identifier = random.pick(BODY_SWITCHES);
    const data = [random.below(4), random.below(256), 0, 0x80 | random.below(16)];
    for (let repeat = 0; repeat < 3; repeat++) {
      const timeMicros = atMicros + repeat * 20_000 + random.below(300);
      entries.push(standard(timeMicros, 'body', identifier, data));
    }
  }
  return entries;
}

/** Remote requests that another control unit answers a moment later. */
function remoteReads(durationMicros: number, random: SeededRandom): LogEntry[] {
  const entries: LogEntry[] = [];
  for (
    let atMicros = 90_000;
    atMicros < durationMicros;
    atMicros += random.between(150_000, 250_000)
  ) {
    entries.push(remote(atMicros, 'cluster', 0x4a5, 4));
    const tyres = [random.between(96, 104), random.between(96, 104), 99, 101];
    entries.push(standard(atMicros + random.between(900, 1800), 'body', 0x4a5, tyres));
    if (random.below(3) === 0) {
      const identifier = 0x18ff50e5;
      entries.push(remote(atMicros + 7_000, 'telematics', identifier, 8, true));
      const data = [1, 2, 3, 4, 5, 6, 7, random.below(256)];
      entries.push(extended(atMicros + 8_500, 'trailer', identifier, data));
    }
  }
  return entries;
}

/** A ReadDataByIdentifier whose answer takes several frames: first frame, flow control, rest. */
function readOverSeveralFrames(atMicros: number, random: SeededRandom): LogEntry[] {
  const text = Array.from('CANWARDEN-DEMO-0001', (letter) => letter.charCodeAt(0));
  const message = [0x62, 0xf1, 0x90, ...text];
  const entries = [
    standard(atMicros, 'tester', 0x7e1, [0x03, 0x22, 0xf1, 0x90, UNUSED, UNUSED, UNUSED, UNUSED]),
    standard(atMicros + 2_100, 'gearbox', 0x7e9, [0x10, message.length, ...message.slice(0, 6)]),
    standard(atMicros + 3_000, 'tester', 0x7e1, [
      0x30,
      0,
      5,
      UNUSED,
      UNUSED,
      UNUSED,
      UNUSED,
      UNUSED,
    ]),
  ];
  let timeMicros = atMicros + 4_200;
  for (let start = 6, index = 1; start < message.length; start += 7, index++) {
    const part = message.slice(start, start + 7);
    const padding = Array<number>(7 - part.length).fill(UNUSED);
    entries.push(standard(timeMicros, 'gearbox', 0x7e9, [0x20 | index, ...part, ...padding]));
    timeMicros += 5_000 + random.below(400);
  }
  return entries;
}

/** The tester's other work: short requests, one of them to the functional address. */
function shortRequests(atMicros: number, random: SeededRandom): LogEntry[] {
  const value = random.below(256);
  switch (random.below(4)) {
    case 0: // Read DTC information
      return [
        standard(atMicros, 'tester', 0x7e2, [0x03, 0x19, 0x02, 0x0c, 0, 0, 0, 0]),
        standard(atMicros + 1_700, 'brakes', 0x7ea, [0x03, 0x59, 0x02, 0x7b, 0, 0, 0, 0]),
      ];
    case 1: // OBD engine speed, requested from every unit that knows it: here the gearbox
      return [
        standard(atMicros, 'tester', 0x7df, [0x02, 0x01, 0x0c, 0, 0, 0, 0, 0]),
        standard(atMicros + 2_300, 'gearbox', 0x7e9, [0x04, 0x41, 0x0c, 0x1a, value, 0, 0, 0]),
      ];
    case 2: // TesterPresent with the response suppressed: the rule does not match it
      return [standard(atMicros, 'tester', 0x7df, [0x02, 0x3e, 0x80, 0, 0, 0, 0, 0])];
    default: // Trailer, 29-bit addressing
      return [
        extended(atMicros, 'tester', 0x18da28f1, [0x02, 0x10, 0x03, 0, 0, 0, 0, 0]),
        extended(atMicros + 1_900, 'trailer', 0x18daf128, [0x06, 0x50, 0x03, 0, 0x32, 1, 0xf4, 0]),
      ];
  }
}

function diagnostics(durationMicros: number, random: SeededRandom): LogEntry[] {
  const entries: LogEntry[] = [];
  const lastMicros = durationMicros - 40_000;
  for (let atMicros = 200_000; atMicros < lastMicros; atMicros += random.between(45_000, 80_000)) {
    const isLong = random.below(4) === 0;
    entries.push(...(isLong ? readOverSeveralFrames : shortRequests)(atMicros, random));
  }
  return entries;
}

/** All event frames within the duration, in no particular order. */
export function eventTraffic(durationMicros: number, random: SeededRandom): LogEntry[] {
  return [
    ...switchEvents(durationMicros, random),
    ...remoteReads(durationMicros, random),
    ...diagnostics(durationMicros, random),
  ];
}
