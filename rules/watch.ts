// SPDX-License-Identifier: MIT
/**
 * What a rule remembers of the frames before: its model. The image of it: image/watch.ts.
 */
import { RULE_NUMBERS_2 } from '../formats/rule-image-2.ts';

/** Most rules with a watch that one table may have. */
export const WATCHES_MAXIMUM = RULE_NUMBERS_2.WATCHES_MAXIMUM;

/** What a rule about frames of the bus remembers of them. */
export interface Watch {
  /**
   * A frame comes at least once in this time. `missing` and `returned`: the rules whose answers tell that none did,
   * and of the first one after that.
   */
  readonly timeout?: {
    readonly micros: number;
    readonly missing?: string;
    readonly returned?: string;
  };
  /** A frame is forwarded only if its data differs under the mask, exactly eight bytes; or its length. */
  readonly changes?: { readonly mask: readonly number[]; readonly length: boolean };
  /** From one forwarded frame to the next. Of those between them the last is forwarded then. */
  readonly throttleMicros?: number;
}
