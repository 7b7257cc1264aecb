// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * What the record of a rule says of its requests, and the live values of its answers.
 *
 * Sources: formats/rule-image.ts; docs/rules.md ("receive: single"): INT alone tells a request if nothing else is to be
 * looked at, or only what an answer with bytes of the request reads anyway.
 */
import { newLiveValues } from '../../../src/responder/live-values';
import { Rule } from '../../../src/responder/rule';
import { RuleImage2 } from '../support/rule-image-2';

const ANSWER: u8 = 1;
const NEVER_REMOTE: u8 = 8;
/** The first byte is that of the request, the others are the rule's own. */
const FIRST_OF_REQUEST: u64 = 0xffff_ffff_ffff_ff00;

/** A rule for data frames 0x100 with an answer. */
function newRule(flags: u8, minimumLength: u8, sources: u64): Rule {
  const image = new RuleImage2(heap.alloc(0x10000));
  const rule = image.addAnswer(0x100, 0x101, 8, 0);
  store<u8>(rule, minimumLength, 24);
  store<u8>(rule, flags, 25);
  store<u64>(rule, sources, 40);
  return changetype<Rule>(rule);
}

describe('a rule', () => {
  test('may be told by INT alone', () => {
    expect(newRule(ANSWER, 0, u64.MAX_VALUE).isToldByLine).toBe(false, 'RTR is to be read');
    const told = ANSWER | NEVER_REMOTE;
    expect(newRule(told, 0, u64.MAX_VALUE).isToldByLine).toBe(true);
    expect(newRule(told, 1, u64.MAX_VALUE).isToldByLine).toBe(false, 'the length is to be read');
    expect(newRule(told, 1, FIRST_OF_REQUEST).isToldByLine).toBe(true, 'it is read anyway');
    const any = newRule(ANSWER, 0, u64.MAX_VALUE);
    store<u32>(changetype<usize>(any), 0x800007ff, 4);
    expect(any.isToldByLine).toBe(true, 'data and remote frames');
  });

  test('has a length that is looked at, unless bytes of the request are read', () => {
    expect(newRule(ANSWER, 3, u64.MAX_VALUE).lengthLooked).toBe(3);
    expect(newRule(ANSWER, 3, FIRST_OF_REQUEST).lengthLooked).toBe(0);
  });
});

describe('live values', () => {
  test('are 0 at first, whatever was in the memory, and 0 behind the last', () => {
    const before = heap.alloc(72);
    memory.fill(before, 0xff, 72);
    heap.free(before);
    const live = newLiveValues();
    for (let index: u32 = 0; index < 64; index++) expect(live.eightFrom(index)).toBe(0, `${index}`);
  });
});
