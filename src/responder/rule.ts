/**
 * Rule: one entry of the rule table, in rules.bin (format 1, little-endian) and in memory. A Rule is a view
 * on 64 bytes: `changetype<Rule>(address)`. rule-check.ts checks it.
 *
 *   offset  size  field
 *        0     4  matchIdentifier   identifier word with its flag bits (src/can/frame.ts)
 *        4     4  matchMask         the extended and remote bits are always set
 *        8     8  dataValue         byte i of the frame in bits 8i..8i+7
 *       16     8  dataMask          dataValue has no bits outside
 *       24     1  minimumLength     a shorter frame does not match; 0 for remote frames
 *       25     1  flags             RULE_ANSWER, RULE_FORWARD; neither: dropped on purpose
 *       26     1  answerLength      0..8, or ANSWER_LENGTH_OF_REQUEST
 *       27     1  path              PATH_SOFTWARE, or the hardware filter that recognises it
 *       28     4  answerIdentifier  the extended bit is allowed, the remote bit is not
 *       32     8  answerData
 *       40     8  answerSources     per byte: 0..7 copies that byte of the request, SOURCE_LIVE + n
 *                                   takes live value n, SOURCE_OWN takes answerData's
 *       48    16  zero
 */

/** Bytes of a Rule. */
export const RULE_BYTES: u32 = 64;

/** flags: send an answer. */
export const RULE_ANSWER: u32 = 1 << 0;
/** flags: forward the frame to AGL. */
export const RULE_FORWARD: u32 = 1 << 1;

/** path: the rule is found by reading the frame. */
export const PATH_SOFTWARE: u32 = 0;
/** path: the chip recognises the request by filter RXF0, and its static answer waits preloaded. */
export const PATH_FILTER_0: u32 = 1;
/** path: as PATH_FILTER_0, by filter RXF1. */
export const PATH_FILTER_1: u32 = 2;

/** answerLength: the length of the request. */
export const ANSWER_LENGTH_OF_REQUEST: u32 = 0xff;
/** Number of live values (src/responder/live-values.ts). */
export const LIVE_VALUES: u32 = 64;
/** answerSources: LIVE_VALUES numbers from here on are live values. */
export const SOURCE_LIVE: u32 = 0x80;
/** answerSources: the byte comes from answerData. */
export const SOURCE_OWN: u32 = 0xff;
/** answerSources: every byte comes from answerData. */
export const SOURCES_ALL_OWN: u64 = u64.MAX_VALUE;

@unmanaged
export class Rule {
  matchIdentifier: u32 = 0;
  matchMask: u32 = 0;
  dataValue: u64 = 0;
  dataMask: u64 = 0;
  minimumLength: u8 = 0;
  flags: u8 = 0;
  answerLength: u8 = 0;
  path: u8 = 0;
  answerIdentifier: u32 = 0;
  answerData: u64 = 0;
  answerSources: u64 = 0;
  reserved1: u64 = 0;
  reserved2: u64 = 0;

  /** True if the answer is the same for every request, so that it can wait in a transmit buffer. */
  get isStatic(): bool {
    return (
      this.answerSources === SOURCES_ALL_OWN &&
      (this.answerLength as u32) !== ANSWER_LENGTH_OF_REQUEST
    );
  }
}
