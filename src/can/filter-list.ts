// SPDX-License-Identifier: MIT
/**
 * FilterList: SocketCAN's `id:mask` and inverted `id~mask` (linux/can.h, struct can_filter).
 *
 * The mask selects the compared bits of the identifier word, flag bits included: without IDENTIFIER_EXTENDED
 * in the mask both identifier forms pass. A frame passes the list if it passes any filter. Data is not
 * compared.
 *
 * A filter has 8 bytes: +0 identifier, with FILTER_INVERTED if the filter is inverted, and no other bit
 * outside the mask; +4 mask, without that bit.
 */
import { FILTER_BYTES, FILTER_INVERTED, FILTERS_MAXIMUM } from '../../build/generated/rule-image';
import { Status } from '../rt/status';

export { FILTER_BYTES, FILTER_INVERTED, FILTERS_MAXIMUM } from '../../build/generated/rule-image';

/** `Ok` when the 8 bytes at `address` are a filter, else `RulesField`. */
export function checkFilter(address: usize): Status {
  const identifier = load<u32>(address);
  const mask = load<u32>(address, 4);
  if ((mask & FILTER_INVERTED) !== 0) return Status.RulesField;
  return (identifier & ~(mask | FILTER_INVERTED)) === 0 ? Status.Ok : Status.RulesField;
}

@final
export class FilterList {
  /** Filters in the list. */
  count: u32 = 0;
  private filters: usize = 0;

  /** Puts `count` checked filters at `address` in force, at most FILTERS_MAXIMUM. They must stay there. */
  use(address: usize, count: u32): void {
    this.count = count < FILTERS_MAXIMUM ? count : FILTERS_MAXIMUM;
    this.filters = address;
  }

  /** True if a frame with this identifier word passes any filter. */
  passes(identifier: u32): bool {
    const end = this.filters + this.count * FILTER_BYTES;
    // loop: at most FILTERS_MAXIMUM
    for (let filter = this.filters; filter < end; filter += FILTER_BYTES) {
      const wanted = load<u32>(filter);
      const inverted = (wanted & FILTER_INVERTED) !== 0;
      const matches = (identifier & load<u32>(filter, 4)) === (wanted & ~FILTER_INVERTED);
      if (matches !== inverted) return true;
    }
    return false;
  }
}
