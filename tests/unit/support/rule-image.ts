// SPDX-License-Identifier: MIT
/**
 * Builds a rules image byte by byte, as docs/rules.md describes format 1.
 *
 * Does not: use the responder's constants or layout.
 */
import { RuleRecords } from './rule-records';

/** An image under construction at `address`. */
export class RuleImage extends RuleRecords {
  count: u32 = 0;
  filters: u32 = 0;

  /** Begins an empty image. */
  constructor(address: usize) {
    super(address);
    memory.fill(address, 0, 32 + 64 * 64 + 8 * 32);
    store<u32>(address, 0x4c525743); // "CWRL"
    store<u16>(address, 1, 4);
    store<u16>(address, 32, 6);
    store<u16>(address, 64, 18);
  }

  protected override takeRule(): usize {
    return this.address + 32 + 64 * this.count++;
  }

  /** Adds a filter; after all rules. Returns its address. */
  addFilter(identifier: u32, mask: u32): usize {
    const filter = this.address + 32 + 64 * this.count + 8 * this.filters++;
    store<u32>(filter, identifier);
    store<u32>(filter, mask, 4);
    return filter;
  }

  /** Goes on at another address, with a copy. */
  moveTo(address: usize): void {
    memory.copy(address, this.address, 32 + 64 * 64 + 8 * 32);
    this.address = address;
  }

  /** Fills in counts, sizes and the checksum. */
  finish(): void {
    const total = 32 + 64 * this.count + 8 * this.filters;
    store<u16>(this.address, this.filters as u16, 24);
    store<u32>(this.address, total, 8);
    store<u16>(this.address, this.count as u16, 16);
    this.seal();
  }
}
