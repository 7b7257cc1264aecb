// SPDX-License-Identifier: MIT
/**
 * A rule table as text for people.
 */
import { describeMatch } from './describe-match.ts';
import type { Rule, RuleAnswer, RuleTable } from './model.ts';
import {
  formatByte,
  formatFilter,
  formatIdentifier,
  isStaticAnswer,
  liveValueOf,
  SAME_AS_REQUEST,
} from './model.ts';

/** The table, one or two lines per rule. */
export function describeTable(table: RuleTable): string {
  const lines = table.rules.flatMap(describeRule);
  const filters = table.filters?.map(formatFilter).join(' ');
  lines.push(
    filters === undefined
      ? `any other frame: ${table.defaultAction}`
      : `any other frame: forward if it passes ${filters}, else drop`,
  );
  if (table.agl?.deny) lines.push('any other frame of AGL: refused');
  if (table.agl?.locked) lines.push('rules about frames of AGL stay in force beside a later table');
  if (table.receive !== undefined) lines.push(`receive buffers: ${table.receive}`);
  return lines.join('\n');
}

function describeRule(rule: Rule): string[] {
  const { match, answer, forward, from, rate } = rule;
  if (rule.when === 'alarm' && answer !== null) {
    const every = rate === undefined ? '' : `, once in ${rate.intervalMicros / 1000} ms at most`;
    return [`${rule.name}: a frame of AGL was refused${every}`, `  -> ${describeAnswer(answer)}`];
  }
  const origin = from === undefined ? '' : ' of AGL';
  if (answer === null) {
    return [`${rule.name}: ${describeMatch(match)}${origin} -> ${forward ? 'forward' : 'drop'}`];
  }
  const kind = isStaticAnswer(answer) ? 'static' : 'computed';
  return [
    `${rule.name}: ${describeMatch(match)}${origin}${forward ? ' -> forward, and' : ''}`,
    `  -> ${kind} answer ${describeAnswer(answer)}`,
  ];
}

function describeAnswer(answer: RuleAnswer): string {
  const same = answer.length === SAME_AS_REQUEST;
  const length = answer.length === SAME_AS_REQUEST ? 8 : answer.length;
  const bytes = answer.data
    .slice(0, length)
    .map((byte, index) => describeByte(byte, answer.source[index]));
  const cut = same ? ' cut to the length of the request' : '';
  return `${formatIdentifier(answer.identifier, answer.extended)} [${bytes.join(' ')}]${cut}`;
}

function describeByte(own: number, source: number | null): string {
  if (source === null) return formatByte(own);
  const live = liveValueOf(source);
  return live === undefined ? `request[${source}]` : `live[${live}]`;
}
