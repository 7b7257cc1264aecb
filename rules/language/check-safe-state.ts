// SPDX-License-Identifier: MIT
/**
 * What a safe state and the rules beside it say about each other: rules that it names exist, its frames are none that
 * the wall keeps from AGL, and no answer has values of AGL's under an identifier of its own.
 */
import { closestWord } from '../diagnostics.ts';
import type { Rule, RuleAnswer, SafeState } from '../model.ts';
import { formatIdentifier, liveValueOf, timerOf } from '../model.ts';
import { frameOf, targetOf } from '../oracle/frame.ts';
import type { OracleFrame } from '../oracle/frame.ts';
import { matches } from '../oracle/match.ts';
import { runProgram } from '../oracle/program.ts';
import { refusalOf } from '../oracle/refusal.ts';
import type { ParsedTimed } from './parse-cyclic.ts';
import type { ParsedRule } from './parse-rule.ts';
import type { ParsedSafeState } from './parse-safe-state.ts';
import type { Entries, YamlReader } from './yaml-reader.ts';

/** `rules`: those of the list, `parsed` with their places. */
export function checkSafeState(
  reader: YamlReader,
  { safeState, frames, entries }: ParsedSafeState,
  parsed: readonly Pick<ParsedRule, 'rule' | 'matchOffset'>[],
): void {
  if (safeState === undefined || entries === undefined) return;
  const rules = parsed.flatMap(({ rule }) => rule ?? []);
  checkNames(reader, safeState, entries, rules);
  const timed = frames.filter(({ rule }) => rule !== undefined && timerOf(rule) !== undefined);
  for (const frame of timed) checkFrame(reader, frame, rules);
  const own = timed.flatMap(({ rule }) => rule?.answer ?? []);
  for (const { rule, matchOffset } of parsed) {
    const clashing = rule && rule.from === undefined ? liveAnswerOf(rule, own) : undefined;
    if (rule === undefined || clashing === undefined) continue;
    const id = formatIdentifier(clashing.identifier, clashing.extended);
    const reason = `rule "${rule.name}" answers ${id} with live values, which are AGL's, and the safe state sends ${id} without AGL: a bus would see both`;
    reader.diagnostics.error(matchOffset, reason);
  }
}

function checkNames(
  reader: YamlReader,
  { heartbeat, until }: SafeState,
  entries: Entries,
  rules: readonly Rule[],
): void {
  const find = (key: string, name: string, from: Rule['from'], what: string): void => {
    const offset = entries.byKey.get(key)?.offset ?? entries.offset;
    const known = rules.filter((rule) => rule.from === from).map((rule) => rule.name);
    if (known.includes(name)) return;
    const close = closestWord(name, known);
    const hint = close === undefined ? '' : `; did you mean "${close}"?`;
    const reason = rules.some((rule) => rule.name === name)
      ? `${key} names rule "${name}", which is not one ${what}`
      : `${key} names rule "${name}", which is not there${hint}`;
    reader.diagnostics.error(offset, reason);
  };
  if (heartbeat !== undefined) find('heartbeat', heartbeat.rule, 'agl', 'from: agl');
  if (typeof until === 'object') find('until', until.rule, undefined, 'about frames of the bus');
}

/** It has no values of AGL's, and is one that AGL may send if AGL may send its identifier. */
function checkFrame(
  reader: YamlReader,
  { rule, nameOffset }: ParsedTimed,
  rules: readonly Rule[],
): void {
  const answer = rule?.answer;
  if (rule === undefined || answer === null || answer === undefined) return;
  if (hasLiveValues(answer)) {
    const reason = `safe-state frame "${rule.name}" has live values, which nobody sets while AGL is gone`;
    reader.diagnostics.error(nameOffset, reason);
    return;
  }
  const frame = firstFrame(answer);
  const taking = rules.find((one) => one.from === 'agl' && matches(one, frame));
  const known = refusalOf(rules, frame);
  if (taking?.forward || (taking === undefined && known === 'unlisted')) return;
  const id = formatIdentifier(frame.identifier, frame.extended);
  const why = taking
    ? `rule "${taking.name}" drops it`
    : `the rules about ${id} take no frame of this ${known === 'length' ? 'length' : 'data'}`;
  const reason = `safe-state frame "${rule.name}" is one that the rules from: agl keep from the bus: ${why}`;
  reader.diagnostics.error(nameOffset, reason);
}

/** With its counter at 0. */
function firstFrame(answer: RuleAnswer): OracleFrame {
  const length = typeof answer.length === 'number' ? answer.length : 0;
  const { identifier, extended } = answer;
  const data = Uint8Array.from(answer.data.slice(0, length));
  const frame = { identifier, extended, remote: false, dlc: length, data };
  const target = targetOf(frame);
  const context = { request: frame, live: new Uint8Array(64), counter: { value: 0 } };
  runProgram(answer.steps ?? [], target, context);
  return frameOf(target) ?? frame;
}

/** An answer of the rule with live values that has an identifier of `own`. */
function liveAnswerOf(rule: Rule, own: readonly RuleAnswer[]): RuleAnswer | undefined {
  const answers = rule.answer === null ? [] : [rule.answer, ...(rule.moreAnswers ?? [])];
  return answers.find(
    (answer) => hasLiveValues(answer) && own.some((one) => isSameId(one, answer)),
  );
}

function isSameId(one: RuleAnswer, other: RuleAnswer): boolean {
  return one.identifier === other.identifier && one.extended === other.extended;
}

function hasLiveValues({ source, steps = [] }: RuleAnswer): boolean {
  return (
    source.some((byte) => liveValueOf(byte) !== undefined) ||
    steps.some(({ kind }) => kind === 'load-live')
  );
}
