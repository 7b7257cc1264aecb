// SPDX-License-Identifier: MIT
/**
 * TableHeader: the header of a rules image, as a view on its bytes. Those of format 1 end earlier.
 *
 * The layout: formats/rule-image.ts, formats/rule-image-2.ts.
 */
import {
  RULES_FLAG_AGL_DENY,
  RULES_FLAG_DROP_UNMATCHED,
  RULES_FLAG_RECEIVE_MASK,
  RULES_FLAG_RECEIVE_SHIFT,
  RULES_FLAG_WALL_LOCKED,
  RULES_FLAG_WINDOW,
  RULES_VERSION_2,
  TableFields,
} from '../../build/generated/rule-image';

const FLAGS_1: u32 = RULES_FLAG_DROP_UNMATCHED | RULES_FLAG_RECEIVE_MASK | RULES_FLAG_WINDOW;
const FLAGS_2: u32 = FLAGS_1 | RULES_FLAG_AGL_DENY | RULES_FLAG_WALL_LOCKED;

@unmanaged
export class TableHeader extends TableFields {
  get isIndexed(): bool {
    return (this.version as u32) === RULES_VERSION_2;
  }

  get hasUnknownFlags(): bool {
    return (this.flags & ~(this.isIndexed ? FLAGS_2 : FLAGS_1)) !== 0;
  }

  get isLocked(): bool {
    return this.isIndexed && (this.flags & RULES_FLAG_WALL_LOCKED) !== 0;
  }

  get dropsUnmatched(): bool {
    return (this.flags & RULES_FLAG_DROP_UNMATCHED) !== 0;
  }

  /** `receive: window`: the rule of filter RXF0 has bytes of its request. */
  get isForWindow(): bool {
    return (this.flags & RULES_FLAG_WINDOW) !== 0;
  }

  /** RECEIVE_... */
  get receive(): u32 {
    return (this.flags & RULES_FLAG_RECEIVE_MASK) >> RULES_FLAG_RECEIVE_SHIFT;
  }
}
