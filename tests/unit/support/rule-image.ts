// SPDX-License-Identifier: MIT
/**
 * Builds a rules image byte by byte, as docs/rules.md describes format 1.
 *
 * Does not: use the responder's constants or layout.
 */
import { crc32 } from './crc32';

/** An image under construction at `address`. */
export class RuleImage {
  count: u32 = 0;
  filters: u32 = 0;

  /** Begins an empty image. */
  constructor(public address: usize) {
    memory.fill(address, 0, 32 + 64 * 64 + 8 * 32);
    store<u32>(address, 0x4c525743); // "CWRL"
    store<u16>(address, 1, 4);
    store<u16>(address, 32, 6);
    store<u16>(address, 64, 18);
  }

  /** Adds a rule that matches one identifier and only forwards; returns its address. */
  add(identifier: u32): usize {
    const rule = this.address + 32 + 64 * this.count++;
    const extended = (identifier & 0x80000000) !== 0;
    store<u32>(rule, identifier);
    store<u32>(rule, 0xc0000000 | (extended ? 0x1fffffff : 0x7ff), 4);
    store<u8>(rule, 2, 25);
    store<u64>(rule, u64.MAX_VALUE, 40);
    return rule;
  }

  /** Adds a rule with an answer of `length` own bytes. */
  addAnswer(identifier: u32, answerIdentifier: u32, length: u8, data: u64): usize {
    const rule = this.add(identifier);
    store<u8>(rule, 1, 25);
    store<u8>(rule, length, 26);
    store<u32>(rule, answerIdentifier, 28);
    store<u64>(rule, data, 32);
    return rule;
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

  /** Computes the checksum anew over the size the header claims. */
  seal(): void {
    store<u32>(this.address, 0, 12);
    store<u32>(this.address, crc32(this.address, load<u32>(this.address, 8)), 12);
  }
}
