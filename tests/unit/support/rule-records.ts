// SPDX-License-Identifier: MIT
/**
 * What both formats of a rules image have, byte by byte, as docs/rules.md describes it: the records of rules, and the
 * checksum.
 *
 * Does not: use the responder's constants or layout.
 */
import { crc32 } from './crc32';

/** An image under construction at `address`. */
export abstract class RuleRecords {
  constructor(public address: usize) {}

  /** Address of 64 bytes for the next rule, all zero. */
  protected abstract takeRule(): usize;

  /** Adds a rule that matches one identifier and only forwards; returns its address. */
  add(identifier: u32): usize {
    const rule = this.takeRule();
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

  /** Computes the checksum anew over the size the header claims. */
  seal(): void {
    store<u32>(this.address, 0, 12);
    store<u32>(this.address, crc32(this.address, load<u32>(this.address, 8)), 12);
  }
}
