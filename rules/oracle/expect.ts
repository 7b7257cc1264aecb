// SPDX-License-Identifier: MIT
/** Plays the expectations of a rules file to the oracle, and words what comes out otherwise. */
import type { RuleTable } from '../model.ts';
import { frameOutcome } from './account.ts';
import { writeFrameText } from './frame-text.ts';
import { RuleOracle } from './oracle.ts';
import type { Side, SidedFrame } from './oracle.ts';
import type { Expectation, ExpectedStep } from './parse-expect.ts';

/** One frame of an expectation whose outcome is another. */
export interface ExpectFailure {
  /** `file:line:column`. */
  readonly place: string;
  /** Name of the rule beside which it is written. */
  readonly ruleName?: string;
  readonly in: string;
  /** Frames with their side. */
  readonly expected: readonly string[];
  readonly got: readonly string[];
  /** What decided: a rule and what it did, or a default. */
  readonly why: string;
}

/** All failures, in the order of the file. */
export function checkExpectations(
  table: RuleTable,
  expectations: readonly Expectation[],
): ExpectFailure[] {
  return expectations.flatMap(({ ruleName, steps }) => {
    const oracle = new RuleOracle(table);
    const seen: SidedFrame[] = [];
    return steps.flatMap((step) => {
      const failure = checkStep(oracle, step, seen);
      return failure ? [ruleName === undefined ? failure : { ...failure, ruleName }] : [];
    });
  });
}

/** `seen`: what timers and watches have sent since the last look. */
function checkStep(
  oracle: RuleOracle,
  step: ExpectedStep,
  seen: SidedFrame[],
): ExpectFailure | undefined {
  for (const [number, byte] of step.live) oracle.live[number] = byte;
  const { frame } = step;
  if (frame === undefined) return checkLook(oracle, step, seen);
  seen.push(...oracle.timed(step.atMicros));
  const verdict = oracle.feed(frame, step.from, step.atMicros);
  const side = (name: Side): string[] =>
    (step.out ?? []).filter((out) => out.side === name).map((out) => writeFrameText(out.frame));
  const expected = [...side('bus').map(toBus), ...side('agl').map(toAgl)];
  const got = [
    ...verdict.toBus.map(writeFrameText).map(toBus),
    ...verdict.toAgl.map(writeFrameText).map(toAgl),
  ];
  if (expected.join() === got.join()) return undefined;
  const incoming = `${writeFrameText(frame)} from ${step.from === 'bus' ? 'the bus' : 'AGL'}`;
  return { place: step.place, in: incoming, expected, got, why: frameOutcome(verdict) };
}

/** What timers have sent since the last look, and what AGL does then. */
function checkLook(
  oracle: RuleOracle,
  { place, atMicros, agl, out }: ExpectedStep,
  seen: SidedFrame[],
): ExpectFailure | undefined {
  const frames = [...seen, ...oracle.timed(atMicros)];
  if (agl !== undefined) oracle.turn(agl, atMicros);
  seen.length = 0;
  if (out === undefined) {
    seen.push(...frames);
    return undefined;
  }
  const [expected, got] = [out, frames].map((all) =>
    all.map(({ side, frame }) => `${side} ${writeFrameText(frame)}`),
  );
  if (expected.join() === got.join()) return undefined;
  const why = 'timers and watches have sent this since the step without "in" before';
  return { place, in: `up to ${atMicros / 1000} ms`, expected, got, why };
}

function toBus(text: string): string {
  return `bus ${text}`;
}

function toAgl(text: string): string {
  return `agl ${text}`;
}

/** A failure as lines of text. */
export function formatFailure({
  place,
  ruleName,
  expected,
  got,
  why,
  ...rest
}: ExpectFailure): string {
  const list = (frames: readonly string[]): string => frames.join(', ') || 'nothing';
  const named = ruleName === undefined ? '' : `rule "${ruleName}": `;
  return [
    `${place} ${named}${rest.in}`,
    `  expected  ${list(expected)}`,
    `  got       ${list(got)}`,
    `  because   ${why}`,
  ].join('\n');
}
