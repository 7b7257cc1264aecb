// SPDX-License-Identifier: MIT
/**
 * A rule table as text for people.
 */
import { describeMatch } from './describe-match.ts';
import { describeRate, describeSteps } from './describe-steps.ts';
import { describeSafeState, describeTimer, describeWatch } from './describe-timer.ts';
import { describePending } from './diagnosis/pending.ts';
import { describeCheck } from './e2e/describe.ts';
import type { Rule, RuleAnswer, RuleTable } from './model.ts';
import {
  formatByte,
  formatFilter,
  formatIdentifier,
  isStaticAnswer,
  liveValueOf,
  rateOf,
  SAME_AS_REQUEST,
  timerOf,
} from './model.ts';

/** The table: a line for each rule, and below it its answers, what it changes, and its rate. */
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
  if (table.safeState !== undefined) lines.push(describeSafeState(table.safeState));
  if (table.pending !== undefined) lines.push(describePending(table.pending));
  if (table.receive !== undefined) lines.push(`receive buffers: ${table.receive}`);
  return lines.join('\n');
}

function describeRule(rule: Rule): string[] {
  const { match, answer, moreAnswers = [], modify, check, watch, forward, from, when } = rule;
  const rate = rateOf(rule);
  const isNotice = when === 'notice';
  const origin = from === undefined ? '' : ' of AGL';
  const timer = timerOf(rule);
  const head =
    rule.when === 'alarm'
      ? `${rule.name}: a frame of AGL was refused`
      : isNotice
        ? `${rule.name}: a notice to ${from === 'agl' ? 'AGL' : 'the bus'}`
        : `${rule.name}: ${timer ? describeTimer(timer) : `${describeMatch(match)}${origin}`}`;
  const next =
    answer === null ? ` -> ${forward ? 'forward' : 'drop'}` : forward ? ' -> forward, and' : '';
  const answers = answer === null ? [] : [answer, ...moreAnswers];
  return [
    `${head}${next}`,
    ...(check === undefined ? [] : describeCheck(check, describeSteps)),
    ...(watch === undefined ? [] : [`  watch: ${describeWatch(watch)}`]),
    ...(modify === undefined ? [] : [`  -> changed: ${describeSteps(modify).join('; ')}`]),
    ...answers.map((one) => {
      const kind = isStaticAnswer(one) ? 'static' : 'computed';
      return `  -> ${kind} ${timer || isNotice ? 'frame' : 'answer'} ${describeAnswer(one)}`;
    }),
    ...describeWithoutAgl(rule),
    ...((answer === null && rate === undefined) || timer || isNotice
      ? []
      : [`  rate: ${describeRate(rate)}`]),
  ];
}

function describeWithoutAgl({ withoutAgl, diagnosis }: Rule): string[] {
  const waits = {
    request: '  -> a client waits for AGL',
    answer: '  -> the client has its answer',
  };
  const waiting = diagnosis === undefined ? [] : [waits[diagnosis]];
  if (withoutAgl === undefined) return waiting;
  const alone = withoutAgl === 'nothing' ? withoutAgl : describeAnswer(withoutAgl);
  return [...waiting, `  -> without AGL ${alone}`];
}

function describeAnswer(answer: RuleAnswer): string {
  const same = answer.length === SAME_AS_REQUEST;
  const length = answer.length === SAME_AS_REQUEST ? 8 : answer.length;
  const bytes = answer.data
    .slice(0, length)
    .map((byte, index) => describeByte(byte, answer.source[index]));
  const cut = same ? ' cut to the length of the request' : '';
  const steps = describeSteps(answer.steps ?? []);
  const made = steps.length === 0 ? '' : `: ${steps.join('; ')}`;
  return `${formatIdentifier(answer.identifier, answer.extended)} [${bytes.join(' ')}]${cut}${made}`;
}

function describeByte(own: number, source: number | null): string {
  if (source === null) return formatByte(own);
  const live = liveValueOf(source);
  return live === undefined ? `request[${source}]` : `live[${live}]`;
}
