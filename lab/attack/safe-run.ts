// SPDX-License-Identifier: MIT
/**
 * A run in which Linux is killed, frozen, rebooted and shut down at random moments while it sends live values, and a
 * node of the bus asks the cell: what the safe state sends, from when to when, is judged on the wire.
 *
 * A kill ends the bridge for a short time, a reboot for a longer one; a shutdown ends it with nothing left in its
 * hands; a freeze leaves its state as it was, and some are too short to count.
 * Does not: damage the rings (hostile-run.ts).
 */
import type { EngineName } from '../../twin/engine/engine.ts';
import { BridgeHost } from '../../twin/agl/bridge-host.ts';
import { formatFrame } from '../../twin/logs/candump/write.ts';
import { Random } from '../random/random.ts';
import { openRig } from '../rig/open-rig.ts';
import type { Rig } from '../rig/rig.ts';

const MILLISECOND = 1_000_000;
const AFTER_MILLIS = 80;
/** A shorter silence is none: the last beat may be a few milliseconds old. */
const UNNOTICED_MILLIS = 60;
const RULES = `version: 1
rules:
  - { name: asked, match: { id: 0x1A0 }, answer: { id: 0x1A1, data: [1] } }
cyclic:
  - { name: own, every: 7ms, frame: { id: 0x220, length: 1, live: [{ from: 0, to: 0 }] } }
safe-state:
  after: ${AFTER_MILLIS}ms
  grace: 100ms
  frames:
    - { name: stop, every: 10ms, frame: { id: 0x210, data: [0, 0] } }
    - { name: hold, every: 20ms, frame: { id: 0x220, data: [0] } }
`;
const SAFE = '210#0000';
const LIVE = '210#7777';

/** The first frame of the safe state begins so long after Linux was there last, by the issue. */
const BEGIN_NANOS = 200 * MILLISECOND;
/** Linux is back: its session is set up anew, at most two polls and the cell's looks. */
const BACK_NANOS = 60 * MILLISECOND;
/** Two frames of 135 bits at 500 kbit/s, and S. */
const JITTER_NANOS = 2 * 270_000 + 300_000;

const ENDS = ['kill', 'freeze', 'blink', 'reboot', 'shutdown'] as const;
type End = (typeof ENDS)[number];

export interface SafeRunOptions {
  readonly engine: EngineName;
  readonly seed: number;
  readonly rounds: number;
  readonly onProgress?: (done: number) => void;
}

export interface SafeRunResult {
  readonly rounds: Readonly<Record<End, number>>;
  readonly latestBeginNanos: number;
  readonly requests: number;
  readonly problems: readonly string[];
}

/** Plays the rounds one after the other on one board. */
export async function runSafeState(options: SafeRunOptions): Promise<SafeRunResult> {
  const { engine, seed, rounds, onProgress } = options;
  const random = new Random(seed);
  const rig = await openRig({ engine, rules: RULES });
  const counts = { kill: 0, freeze: 0, blink: 0, reboot: 0, shutdown: 0 };
  const problems: string[] = [];
  let [latestBeginNanos, requests] = [0, 0];
  try {
    for (let round = 0; round < rounds; round += 1) {
      const end = random.pick(ENDS);
      counts[end] += 1;
      const result = playRound(rig, random, end);
      problems.push(...result.problems.map((problem) => `round ${round}, ${end}: ${problem}`));
      latestBeginNanos = Math.max(latestBeginNanos, result.beginNanos);
      requests += result.requests;
      onProgress?.(round + 1);
    }
  } finally {
    rig.close();
  }
  return { rounds: counts, latestBeginNanos, requests, problems };
}

function playRound(rig: Rig, random: Random, end: End) {
  const { bridge } = rig.board;
  if (!(bridge instanceof BridgeHost)) throw new Error('the board has no bridge of its own');
  rig.forget();
  let requests = live(rig, random, random.between(20, 60));
  // Somewhere in a frame, a step, a beat.
  rig.run(random.between(0, 2 * MILLISECOND));
  if (end === 'shutdown') rig.run(20 * MILLISECOND);
  const goneNanos = rig.now;
  if (end === 'freeze' || end === 'blink') bridge.hang();
  else bridge.stop();
  const longest = end === 'blink' ? UNNOTICED_MILLIS : end === 'reboot' ? 500 : 250;
  requests += silent(rig, random, random.between(end === 'blink' ? 1 : 210, longest));
  const backNanos = rig.now;
  if (end === 'freeze' || end === 'blink') bridge.goOn();
  else bridge.start();
  rig.run(BACK_NANOS);
  requests += live(rig, random, 40);
  rig.run(10 * MILLISECOND);
  const problems = judge(rig, end, goneNanos, backNanos);
  const answers = framesOf(rig, '1A1').length;
  if (answers !== requests) problems.push(`${answers} answers to ${requests} requests`);
  const first = framesOf(rig, '210').find(({ text }) => text === SAFE);
  return { problems, requests, beginNanos: first ? first.startNanos - goneNanos : 0 };
}

/** Linux sends its value every 2 to 4 ms. Returns the requests. */
function live(rig: Rig, random: Random, millis: number): number {
  let requests = 0;
  const end = rig.now + millis * MILLISECOND;
  while (rig.now < end) {
    rig.sendFromAgl({ identifier: 0x210, data: [0x77, 0x77] });
    requests += ask(rig, random);
    rig.run(random.between(2 * MILLISECOND, 4 * MILLISECOND));
  }
  return requests;
}

function silent(rig: Rig, random: Random, millis: number): number {
  let requests = 0;
  const end = rig.now + millis * MILLISECOND;
  while (rig.now < end) {
    requests += ask(rig, random);
    rig.run(random.between(MILLISECOND, 8 * MILLISECOND));
  }
  return requests;
}

function ask(rig: Rig, random: Random): number {
  if (!random.chance(0.3)) return 0;
  rig.send({ identifier: 0x1a0 });
  return 1;
}

interface Sent {
  readonly text: string;
  readonly startNanos: number;
}

/** Frames of the cell with that identifier, in their order. */
function framesOf(rig: Rig, identifier: string): Sent[] {
  return rig.wire
    .filter(({ outcome, sender }) => outcome === 'complete' && sender === 'canwarden')
    .map(({ frame, startNanos }) => ({ text: formatFrame(frame), startNanos }))
    .filter(({ text }) => text.startsWith(`${identifier}#`));
}

function judge(rig: Rig, end: End, goneNanos: number, backNanos: number): string[] {
  const all = framesOf(rig, '210');
  const safe = all.filter(({ text }) => text === SAFE);
  const problems: string[] = [];
  if (all.some(({ text }) => text !== SAFE && text !== LIVE)) problems.push('an unknown frame');
  if (!all.some(({ text, startNanos }) => text === LIVE && startNanos > backNanos)) {
    problems.push('Linux did not come back');
  }
  if (end === 'blink') {
    return safe.length === 0 ? problems : [...problems, 'a silence too short to count did'];
  }
  const [first, last] = [safe.at(0), safe.at(-1)];
  if (first === undefined || last === undefined) return [...problems, 'no safe state'];
  const begin = first.startNanos - goneNanos;
  if (begin > BEGIN_NANOS) problems.push(`begins after ${begin} ns`);
  if (last.startNanos > backNanos + BACK_NANOS) problems.push('goes on though Linux is back');
  const between = all.slice(all.indexOf(first), all.indexOf(last) + 1);
  if (between.some(({ text }) => text !== SAFE)) problems.push('a live value among safe ones');
  // The table's own frame with live values pauses as well.
  const held = framesOf(rig, '220').filter(
    ({ startNanos }) => startNanos >= first.startNanos && startNanos <= last.startNanos,
  );
  if (held.length === 0) problems.push('the second frame is missing');
  safe.slice(1).forEach(({ startNanos }, index) => {
    const gap = startNanos - safe[index].startNanos;
    if (Math.abs(gap - 10 * MILLISECOND) > JITTER_NANOS) problems.push(`a gap of ${gap} ns`);
  });
  return problems;
}
