// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/** The sieve never stops an identifier that a rule matches, and stops nearly all others. */
import { RuleSieve, SIEVE_BYTES } from '../../../src/responder/rule-sieve';

const EXTENDED: u32 = 0x80000000;
const REMOTE: u32 = 0x40000000;
const FORM: u32 = EXTENDED | REMOTE;

function emptySieve(): RuleSieve {
  const sieve = changetype<RuleSieve>(heap.alloc(SIEVE_BYTES));
  sieve.clear();
  return sieve;
}

/** Numbers that look random, the same each time: xorshift32. */
let seed: u32 = 2463534242;
function random(): u32 {
  seed ^= seed << 13;
  seed ^= seed >> 17;
  seed ^= seed << 5;
  return seed;
}

/** How many of the 2048 standard identifiers pass. */
function passing(sieve: RuleSieve): u32 {
  let count: u32 = 0;
  for (let number: u32 = 0; number < 0x800; number++) {
    if (sieve.passes(number)) count += 1;
  }
  return count;
}

describe('the rule sieve', () => {
  test('stops everything while it is empty, and when it was cleared', () => {
    const sieve = emptySieve();
    expect(passing(sieve)).toBe(0);
    sieve.add(0x123, FORM | 0x7ff, false);
    sieve.clear();
    expect(passing(sieve)).toBe(0);
  });

  test('lets exactly one standard identifier through for a rule of one', () => {
    const sieve = emptySieve();
    sieve.add(0x2b0, FORM | 0x7ff, false);
    expect(passing(sieve)).toBe(1);
    expect(sieve.passes(0x2b0)).toBe(true);
    expect(sieve.passes(0x2b0 | REMOTE)).toBe(true, 'forms are for the rules to tell');
    sieve.add(0x7df, FORM | 0x7ff, false);
    expect(passing(sieve)).toBe(2);
  });

  test('lets all of a masked range through, and nothing else', () => {
    const sieve = emptySieve();
    sieve.add(0x7f0, FORM | 0x7f0, false);
    expect(passing(sieve)).toBe(16);
    for (let number: u32 = 0x7f0; number < 0x800; number++) {
      expect(sieve.passes(number)).toBe(true);
    }
    sieve.clear();
    sieve.add(0, FORM, false);
    expect(passing(sieve)).toBe(0x800, 'a rule for every standard identifier');
    sieve.clear();
    sieve.add(0x005, FORM | 0x00f, false);
    expect(passing(sieve)).toBe(0x80);
    expect(sieve.passes(0x7f5)).toBe(true);
    expect(sieve.passes(0x7f4)).toBe(false);
  });

  test('stops no identifier that one of a hundred thousand random rules matches', () => {
    const sieve = emptySieve();
    let stopped: u32 = 0;
    for (let round = 0; round < 100_000; round++) {
      const isExtended = (random() & 1) !== 0;
      const numbers: u32 = isExtended ? 0x1fffffff : 0x7ff;
      const form: u32 = (isExtended ? EXTENDED : 0) | (random() & REMOTE);
      const mask = FORM | (random() & (random() | random()) & numbers);
      const identifier = form | (random() & mask & numbers);
      sieve.clear();
      sieve.add(identifier, mask, isExtended);
      const frame = identifier | (random() & numbers & ~mask);
      if (!sieve.passes(frame)) stopped += 1;
    }
    expect(stopped).toBe(0);
  });

  test('stops an extended identifier that differs in one fixed bit at either end', () => {
    const sieve = emptySieve();
    const identifier = EXTENDED | 0x18da10f1;
    sieve.add(identifier, FORM | 0x1fffffff, true);
    expect(sieve.passes(identifier)).toBe(true);
    for (let bit: u32 = 0; bit < 11; bit++) {
      expect(sieve.passes(identifier ^ (1 << bit))).toBe(false);
      expect(sieve.passes(identifier ^ (1 << (bit + 18)))).toBe(false);
    }
  });
});
