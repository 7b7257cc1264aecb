// SPDX-License-Identifier: MIT
/**
 * What a decision costs on the image, in nanoseconds at 1 ns for each instruction. The compiler bounds the
 * decision of a table with them, and the cell the lists of an image of format 2.
 *
 * Counted, and kept as upper bounds, by tests/image/rule-costs.test.ts and program-costs.test.ts.
 */
export const RULE_COSTS = {
  /** The longest time of a decision that a table may need. */
  DECISION_NANOS_MAXIMUM: 1000,
  /** Everything of a decision but the following. */
  DECISION_NANOS: 100,
  /** The look for an extended identifier among the keys. */
  KEY_NANOS: 18,
  /** Each halving of the ranges of extended identifiers. */
  RANGE_STEP_NANOS: 10,
  /** Each rule in a list. */
  LISTED_RULE_NANOS: 16,
  /** Each condition of such a rule. */
  CONDITION_NANOS: 40,
  /** All rules of one list with their conditions together: what 14 halvings and 32 filters leave. */
  LIST_NANOS_MAXIMUM: 450,
  /** Each step of a program, and each that is a checksum: the slowest kind of each, over all 8 bytes. */
  PROGRAM_STEP_NANOS: 37,
  CHECKSUM_STEP_NANOS: 173,
  /** The check of an E2E profile, beside its checksum. */
  CHECK_NANOS: 120,
  /** What a watch does when a frame comes. */
  WATCH_NANOS: 250,
  /** All programs of one rule together: what follows a decision. */
  RULE_PROGRAMS_NANOS_MAXIMUM: 2000,
} as const;
