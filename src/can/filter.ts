/**
 * Filter: SocketCAN's `id:mask` and its inverse `id~mask` (linux/can.h, struct can_filter).
 *
 * Used by: src/responder, src/board.
 * Does not: look at data. The mask says which bits of the first word count, flag bits included:
 * a mask without IDENTIFIER_EXTENDED lets both identifier forms through.
 */
@final
export class Filter {
  private readonly value: u32;

  /** Bits of `identifier` outside `mask` are ignored. `inverted`: pass what would not pass. */
  constructor(
    identifier: u32,
    private readonly mask: u32,
    private readonly inverted: bool,
  ) {
    this.value = identifier & mask;
  }

  /** True when a frame with this identifier word passes. */
  passes(identifier: u32): bool {
    return ((identifier & this.mask) === this.value) !== this.inverted;
  }
}
