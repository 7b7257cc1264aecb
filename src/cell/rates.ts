// SPDX-License-Identifier: MIT
/**
 * Rates: charges the answers of rules, and opens the buffer kept for an answer again when its rate allows one.
 *
 * A rule whose rate is used up loses its filter, so that its requests are read before they are answered. The
 * timer gives it back.
 * Does not: refuse answers (RuleActions).
 */
import { URGENT_FILTERS } from '../driver/mcp2515/acceptance';
import { PATH_SOFTWARE, Rule } from '../responder/rule';
import { Counter } from '../rt/counters';
import { NEVER } from '../rt/software-timer';
import { Task } from '../rt/task';
import { AnyParts } from './parts';
import { UrgentAnswers } from './urgent/answers';
import { armFilters } from './urgent/receive-layout';

@final
export class Rates<Parts extends AnyParts> extends Task {
  constructor(
    private readonly parts: Parts,
    private readonly answers: UrgentAnswers<Parts>,
  ) {
    super();
  }

  /** An answer of the rule that matched last was sent, or waits. */
  charge(nowTicks: u64): void {
    const parts = this.parts;
    if (!parts.responder.charge(nowTicks, parts.settings.bitrate)) return;
    if (parts.responder.matchedPath !== PATH_SOFTWARE) this.plan(nowTicks);
  }

  /** Asks the rate of `rule`, which matched last, and charges it. False: refused and counted. */
  isAllowed(rule: Rule, nowTicks: u64): bool {
    const parts = this.parts;
    const wasLimited = rule.isLimited;
    if (!parts.responder.allows(nowTicks, parts.settings.bitrate)) {
      parts.counters.count(Counter.AnswersLimited);
      return false;
    }
    parts.responder.charge(nowTicks, parts.settings.bitrate);
    const isKept = parts.responder.matchedPath !== PATH_SOFTWARE;
    if (isKept && wasLimited !== rule.isLimited) this.plan(nowTicks);
    return true;
  }

  /** The rate of a rule with a filter is used up, or not any more, or the table is new. */
  plan(nowTicks: u64): void {
    const parts = this.parts;
    const table = parts.responder.table;
    let next = NEVER;
    for (let filter: u32 = 0; filter < URGENT_FILTERS; filter++) {
      const index = table.ruleRecognised(filter);
      if (index < 0) continue;
      const rule = table.rule(index);
      if (!rule.isLimited) continue;
      const ticks = parts.responder.allowedTicks(index, parts.settings.bitrate);
      if (ticks <= nowTicks) rule.isLimited = false;
      else next = min<u64>(next, ticks);
    }
    // While a new table is staged, the buffers hold its answers.
    if (!this.answers.disturbed) armFilters(parts);
    if (next === NEVER) this.timer.stop();
    else this.timer.start(nowTicks, next - nowTicks);
  }

  override run(nowTicks: u64): bool {
    this.plan(nowTicks);
    return true;
  }
}
