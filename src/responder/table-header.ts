// SPDX-License-Identifier: MIT
/**
 * TableHeader: the header of a rules image, as a view on its bytes. Those of format 1 end earlier.
 *
 * The layout: formats/rule-image.ts, formats/rule-image-2.ts.
 */
import {
  RULES_FLAG_DROP_UNMATCHED,
  RULES_FLAG_RECEIVE_MASK,
  RULES_FLAG_RECEIVE_SHIFT,
  RULES_VERSION_2,
  TableFields,
} from '../../build/generated/rule-image';

@unmanaged
export class TableHeader extends TableFields {
  get isIndexed(): bool {
    return (this.version as u32) === RULES_VERSION_2;
  }

  get dropsUnmatched(): bool {
    return (this.flags & RULES_FLAG_DROP_UNMATCHED) !== 0;
  }

  /** RECEIVE_... */
  get receive(): u32 {
    return (this.flags & RULES_FLAG_RECEIVE_MASK) >> RULES_FLAG_RECEIVE_SHIFT;
  }
}
