// SPDX-License-Identifier: MIT
/**
 * Tables of which each program takes as long as the cell lets it: checksums over all bytes, as many as a rule may have.
 * One is locked from the start, and what the other says must pass it.
 *
 * Does not: say what is played with them (heavy-scenes.ts).
 */
import { RULE_COSTS } from '../../formats/rule-costs.ts';
import { compileRules } from '../../rules/compile.ts';
import { encodeRules } from '../../rules/image/encode.ts';
import type { Rule, RuleAnswer, Step } from '../../rules/model.ts';
import { BYTES, numbered, SAFE_FRAMES } from './scene-rules.ts';

/** The slowest step. */
const CHECKSUM: Step = { kind: 'checksum-e2e16', result: 0, dataId: 0x1234 };
const CHECKSUMS = Math.floor(
  RULE_COSTS.RULE_PROGRAMS_NANOS_MAXIMUM / RULE_COSTS.CHECKSUM_STEP_NANOS,
);
const many = (count: number): Step[] => Array<Step>(count).fill(CHECKSUM);
/** Stands for a program in the text. */
const PROGRAM = 'checksum: { kind: sae-j1850, from: 1, to: 7, result: 0 }';

/** Every program of a rule's answers, or of what it changes, is as long as all of them may be. */
function heavier(text: string): Uint8Array {
  const { table } = compileRules(text, 'rules.yaml');
  return encodeRules({ ...table, rules: table.rules.map(heavierRule) });
}

function heavierRule(rule: Rule): Rule {
  const { answer, moreAnswers = [], modify } = rule;
  if (answer?.steps === undefined && modify === undefined) return rule;
  const answers = answer === null ? 0 : 1 + moreAnswers.length;
  // Of both, the answers have one each.
  const each = modify === undefined ? Math.floor(CHECKSUMS / answers) : 1;
  const made = (one: RuleAnswer): RuleAnswer => ({ ...one, steps: many(each) });
  return {
    ...rule,
    answer: answer === null ? null : made(answer),
    ...(moreAnswers.length === 0 ? {} : { moreAnswers: moreAnswers.map(made) }),
    ...(modify === undefined ? {} : { modify: many(CHECKSUMS - answers) }),
  };
}

/** Rules that a frame is compared with in vain: as long as a list may take. */
const fillers = (name: string, match: string): string =>
  numbered(
    Math.floor(
      RULE_COSTS.LIST_NANOS_MAXIMUM / (RULE_COSTS.LISTED_RULE_NANOS + RULE_COSTS.CONDITION_NANOS),
    ) - 1,
    (at) =>
      `  - { name: ${name}-${at}, from: agl, match: { ${match}, data: [~, ~, ~, ~, ~, { min: 0xF0, max: 0x${(0xf1 + at).toString(16)} }] } }`,
  ).join('\n');

const ALARM = (identifier: string): string =>
  `alarm: { answer: { id: ${identifier}, length: 8, data: ${BYTES}, ${PROGRAM} }, every: 1ms }`;
/** Frames of AGL's that change on their way. One of them is refused when it comes too often. */
const FROM_AGL = `
${fillers('often', 'id: 0x211')}
  - { name: often, from: agl, match: { id: 0x211 }, rate: { per-second: 1, burst: 1 } }
  - { name: free, from: agl, match: { id: 0x006 }, rate: none }
  - { name: speed, from: agl, match: { id: 0x210 }, forward: true, rate: none, modify: { and: { data: [0x0F] }, ${PROGRAM} } }
${fillers('answers', 'id: { from: 0x002, to: 0x1FF }')}
  - { name: answers, from: agl, match: { id: { from: 0x002, to: 0x1FF } }, forward: true, rate: none, modify: { and: { data: [0x0F] }, ${PROGRAM} } }`;

const ANSWERS = [0x101, 0x102, 0x103, 0x104, 0x105].map(
  (identifier) =>
    `{ id: 0x${identifier.toString(16)}, length: 8, data: ${BYTES.replace('0x11, 0x22', '~, ~')}, copy: [{ from: 0, to: 1, count: 1 }], ${PROGRAM} }`,
);

/** The table of the start, whose wall stays. */
export const HEAVY_WALL = heavier(`version: 1
agl: { default: deny, wall: locked, ${ALARM('0x005')} }
rules: ${FROM_AGL}
${SAFE_FRAMES}
`);

/** What follows it. `more`: further parts of the table. */
const beside = (more: string): Uint8Array =>
  heavier(`version: 1
agl: { ${ALARM('0x006')} }
rules:
${fillers('gate', 'id: { from: 0x210, to: 0x211 }')}
  - { name: gate, from: agl, match: { id: { from: 0x210, to: 0x211 } }, answer: [${ANSWERS.slice(1).join(', ')}], forward: true, rate: none, modify: { and: { data: [0x1F] }, ${PROGRAM} } }
  - { name: five, match: { id: 0x001 }, rate: none, forward: true, answer: [${ANSWERS.join(', ')}] }
  - { name: kept, match: { id: 0x004 }, answer: { id: 0x006, data: [1, 2, 3] } }
${more}${SAFE_FRAMES}
`);

export const FIVE_ANSWERS = beside('');

/** The same, with frames of the cell's own, and a client that is kept waiting. */
export const FIVE_AND_TIMERS = beside(`cyclic:
${Array.from({ length: 12 }, (_, at) => `  - { name: cyclic-${at}, every: 3ms, frame: { id: 0x${(0x110 + at).toString(16)}, length: 8, data: ${BYTES.replace('0x11', '~')}, ${PROGRAM} } }`).join('\n')}
diagnosis:
  physical: 0x000
  answer: 0x003
  agl: { services: [0x31], pending: { at-most: 255, after: 1ms, every: 1ms } }
`);
