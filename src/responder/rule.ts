// SPDX-License-Identifier: MIT
/**
 * Rule: one entry of the rule table, in rules.bin (little-endian) and in memory. A Rule is a view on 64
 * bytes: `changetype<Rule>(address)`. rule-check.ts checks it.
 *
 * The layout: formats/rule-image.ts, formats/rule-image-2.ts.
 */

import {
  ANSWER_LENGTH_OF_REQUEST,
  RULE_NEVER_REMOTE,
  RuleFields,
} from '../../build/generated/rule-image';
import { IDENTIFIER_REMOTE } from '../can/frame';

export {
  ANSWER_LENGTH_OF_REQUEST,
  LIVE_VALUES,
  PATH_FILTER_0,
  PATH_FILTER_1,
  PATH_SOFTWARE,
  RULE_ANSWER,
  RULE_BYTES,
  RULE_FORWARD,
  RULE_FROM_AGL,
  RULE_NEVER_REMOTE,
  RULE_TIMED,
  SOURCE_LIVE,
  SOURCE_OWN,
} from '../../build/generated/rule-image';

/** answerSources: every byte comes from answerData. */
export const SOURCES_ALL_OWN: u64 = u64.MAX_VALUE;

/** In each byte of answerSources: not from the request. */
const NOT_OF_REQUEST: u64 = 0x8080808080808080;

/** In stepCount while the rule is in force: its rate is used up, see rate.ts. */
const LIMITED: u8 = 0x80;
/** In stepCount likewise: its answers are looked at one by one, see `isTied`. */
const TIED: u8 = 0x40;

@unmanaged
export class Rule extends RuleFields {
  /** True if conditions or a limit of the length are to be looked at. In two bytes beside each other. */
  get hasConditions(): bool {
    return load<u16>(changetype<usize>(this), offsetof<Rule>('conditionCount')) !== 0;
  }

  /** True if a match is more than an answer by the record: steps, actions, or a rate that is used up. */
  get hasMore(): bool {
    return load<u16>(changetype<usize>(this), offsetof<Rule>('stepCount')) !== 0;
  }

  /** Steps of the first answer. */
  get steps(): u32 {
    return this.stepCount & ~(LIMITED | TIED);
  }

  get hasSteps(): bool {
    return this.steps !== 0;
  }

  get isLimited(): bool {
    return (this.stepCount & LIMITED) !== 0;
  }

  /** Only for a rule in force: its image is the cell's own copy, and was checked. */
  set isLimited(value: bool) {
    this.stepCount = value ? this.stepCount | LIMITED : this.stepCount & ~LIMITED;
  }

  /**
   * True if its answers can have different identifiers, and must not overtake each other (RuleOrder); or if they ask the
   * locked wall, if there is one (LockedWall), which may change them.
   */
  get isTied(): bool {
    return (this.stepCount & TIED) !== 0;
  }

  /** Only for a rule of the cell's own copy of an image, which was checked. */
  tie(): void {
    this.stepCount |= TIED;
  }

  /** True if every frame with a matching identifier matches: data and remote, of any length. */
  get takesAnyFrame(): bool {
    return (this.matchMask & IDENTIFIER_REMOTE) === 0;
  }

  /**
   * True if INT alone can tell its requests from other frames in a buffer that its filter keeps for them: nothing else
   * is to be looked at, or only what an answer with bytes of the request reads anyway.
   */
  get isToldByLine(): bool {
    if (this.takesAnyFrame) return true;
    if ((this.flags & RULE_NEVER_REMOTE) === 0) return false;
    return this.minimumLength === 0 || !this.isAlone;
  }

  /** Data bytes that a request must have, and that are to be looked at before an answer that needs nothing of it. */
  get lengthLooked(): u32 {
    return this.isAlone ? this.minimumLength : 0;
  }

  /** True if `other` has the same answer, which is static, and both take any frame. */
  hasAnswerOf(other: Rule): bool {
    return (
      this.takesAnyFrame &&
      other.takesAnyFrame &&
      this.isStatic &&
      other.isStatic &&
      this.answerIdentifier === other.answerIdentifier &&
      this.answerLength === other.answerLength &&
      this.answerData === other.answerData
    );
  }

  /** True if the record takes nothing from the request. Of its steps: isIndependent (program-check.ts). */
  get isAlone(): bool {
    return (
      (this.answerSources & NOT_OF_REQUEST) === NOT_OF_REQUEST &&
      (this.answerLength as u32) !== ANSWER_LENGTH_OF_REQUEST
    );
  }

  /** True if the answer is the same for every request, so that it can wait in a transmit buffer. */
  get isStatic(): bool {
    return (
      this.answerSources === SOURCES_ALL_OWN &&
      (this.answerLength as u32) !== ANSWER_LENGTH_OF_REQUEST &&
      this.steps === 0
    );
  }
}
