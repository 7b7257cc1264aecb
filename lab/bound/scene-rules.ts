// SPDX-License-Identifier: MIT
/**
 * Rules of the scenes (scenes.ts): the largest tables of their kind that the compiler takes.
 *
 * Does not: say what is played with them.
 */

export const BYTES = '[0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88]';

/** A frame by a timer. */
function timed(name: string, identifier: number, millis: number, frame = `data: ${BYTES}`): string {
  return `  - { name: ${name}, every: ${millis}ms, frame: { id: 0x${identifier.toString(16)}, ${frame} } }`;
}

export const numbered = (many: number, line: (at: number) => string): string[] =>
  Array.from({ length: many }, (_, at) => line(at));

/** Frames that the cell sends by itself, and a safe state of frames that AGL sends, too. */
export const TIMERS = [
  'cyclic:',
  ...numbered(24, (at) => timed(`cyclic-${at}`, 0x300 + at, 3)),
  'safe-state:',
  '  after: 10ms',
  '  frames:',
  ...numbered(16, (at) => `  ${timed(`safe-${at}`, 0x100 + at, 5)}`),
  '',
].join('\n');

/** Two answers, each in a buffer of its own. */
const kept = (first: string): string => `version: 1
rules:
  - { name: one, match: { id: 0x010 }, answer: { id: 0x011, data: ${BYTES} } }
  - { name: two, match: { id: 0x012 }, answer: { id: 0x013, data: ${first} } }
`;
export const KEPT = kept(BYTES);
/** The same requests, and other bytes and identifiers of the answers. */
export const KEPT_OTHER = KEPT.replaceAll('0x011', '0x7F0')
  .replaceAll('0x013', '0x7F1')
  .replaceAll('0x55', '0xAA');

/** A rate that a few requests use up. */
export const LIMITED = `version: 1
rules:
  - { name: one, match: { id: 0x010 }, answer: { id: 0x011, data: ${BYTES} }, rate: { per-second: 100, burst: 2 } }
`;

/** A counter and a checksum over all other bytes. */
const PROGRAM = `length: 8, data: ${BYTES}, counter: { to: 8, count: 4, max: 14 }, checksum: { kind: sae-j1850, from: 1, to: 7, result: 0 }`;

export const CALCULATED = `version: 1
rules:
  - { name: one, match: { id: 0x010 }, answer: { id: 0x011, ${PROGRAM} } }
  - { name: two, match: { id: 0x012 }, answer: { id: 0x013, ${PROGRAM} } }
`;

/** As many frames of the safe state as there may be. */
export const SAFE_FRAMES = `safe-state:
  after: 80ms
  frames:
${numbered(32, (at) => `  ${timed(`safe-${at}`, 0x300 + at, 100)}`).join('\n')}`;

/** What AGL may say, for ever. */
export const WALL = `version: 1
agl: { default: deny, wall: locked, alarm: { answer: { id: 0x7A0, data: [0xA1] }, every: 1ms } }
rules:
  - { name: speed, from: agl, match: { id: 0x210 }, forward: true, modify: { and: { data: [0x0F] }, checksum: { kind: sae-j1850, from: 1, to: 7, result: 0 } } }
  - { name: answers, from: agl, match: { id: { from: 0x001, to: 0x0FF } }, forward: true, modify: { and: { data: [0x0F] }, checksum: { kind: sae-j1850, from: 1, to: 7, result: 0 } } }
${SAFE_FRAMES}
`;

/** Loaded beside it. */
export const GATE = `version: 1
agl: { alarm: { answer: { id: 0x7A1, data: [0xA2] }, every: 1ms } }
rules:
  - { name: gate, from: agl, match: { id: 0x210 }, forward: true, modify: { and: { data: [0x1F] }, checksum: { kind: sae-j1850, from: 1, to: 7, result: 0 } } }
  - { name: one, match: { id: 0x010 }, answer: { id: 0x011, length: 8, copy: [{ from: 0, to: 0, count: 8 }] } }
${SAFE_FRAMES}
`;
