// SPDX-License-Identifier: MIT
/**
 * The scenes that are played to look at steps: what a step rests on must hold in them, and they should meet each task's
 * longest step, or one that is near it.
 *
 * Does not: judge.
 */
import type { AnswerKind, LoadKind } from '../measure/latency-case.ts';

export interface Scene {
  readonly answer: AnswerKind;
  readonly load: LoadKind;
  /** Added to the table. */
  readonly more?: string;
  /** Added to the command line. */
  readonly settings?: string;
  /** A line goes out on the console all the time. */
  readonly isTalking?: true;
  /** The cell is the back-end, as the peer of Linux's own driver. */
  readonly isDevice?: true;
  /** AGL loads this table. */
  readonly next?: AnswerKind;
}

/** Frames that the cell sends by itself, and a safe state of frames that AGL sends, too. */
const TIMERS = [
  'cyclic:',
  ...Array.from({ length: 24 }, (_, at) => timed(`cyclic-${at}`, 0x300 + at, 3)),
  'safe-state:',
  '  after: 10ms',
  '  frames:',
  ...Array.from({ length: 16 }, (_, at) => `  ${timed(`safe-${at}`, 0x100 + at, 5)}`),
  '',
].join('\n');

/** READ STATUS in each step, whatever task it counts for. */
const NO_LINE = { settings: 'int=spi' };

const WITH_LINE: readonly Scene[] = [
  { answer: 'computed', load: 'forwarding' },
  { answer: 'computed', load: 'aglDead', more: TIMERS },
  { answer: 'computedWorst', load: 'aglHostile', isTalking: true },
  { answer: 'staged', load: 'forwarding', next: 'computedWorst' },
  { answer: 'windowSingle', load: 'forwarding', more: TIMERS, isDevice: true, next: 'staged' },
];

export const SCENES: readonly Scene[] = [
  ...WITH_LINE,
  ...WITH_LINE.map((scene) => ({ ...scene, ...NO_LINE })),
];

function timed(name: string, identifier: number, millis: number): string {
  const frame = `{ id: 0x${identifier.toString(16)}, data: [0, 1, 2, 3, 4, 5, 6, 7] }`;
  return `  - { name: ${name}, every: ${millis}ms, frame: ${frame} }`;
}
