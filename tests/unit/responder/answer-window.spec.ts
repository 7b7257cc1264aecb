// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * What an answer with bytes of its request reads and writes, and the bytes of answers.
 *
 * Source: docs/rules.md: a rule's record (`+24` least data bytes, `+26` answer length, `+32` answer data, `+40` sources:
 * 0 to 7 a byte of the request, 0x80 a live value, 0xff the answer's own), `receive: window`.
 */
import { AnswerWindow, hasWindow, isPreloadedRule } from '../../../src/responder/answer-window';
import { mixData, mixWindow } from '../../../src/responder/compose';
import { LiveValues } from '../../../src/responder/live-values';
import { Rule } from '../../../src/responder/rule';

/** D0 is the lowest byte. */
const REQUEST: u64 = 0x8877665544332211;

/** A rule whose requests have `least` bytes, with an answer of `length` bytes. */
function ruleOf(least: u8, length: u8, data: u64, sources: u64): usize {
  const rule = heap.alloc(64);
  memory.fill(rule, 0, 64);
  store<u8>(rule, least, 24);
  store<u8>(rule, 1, 25);
  store<u8>(rule, length, 26);
  store<u64>(rule, data, 32);
  store<u64>(rule, sources, 40);
  return rule;
}

function windowOf(rule: usize): AnswerWindow {
  const window = new AnswerWindow();
  window.use(changetype<Rule>(rule));
  return window;
}

function has(rule: usize): bool {
  return hasWindow(changetype<Rule>(rule));
}

describe('the window of an answer', () => {
  test('is from the first byte that changes to the last, and reads up to the last one that is copied', () => {
    // D1 is the request's D0, D2 its D1.
    const window = windowOf(ruleOf(2, 4, 0xee000050, 0xffffffffff0100ff));
    expect(window.first).toBe(1);
    expect(window.count).toBe(2);
    expect(window.readBytes).toBe(2);
    expect(window.minimumLength).toBe(2);
    expect(window.answer(REQUEST)).toBe(0xee221150);
  });

  test('has constants in between, and sources in any order', () => {
    // D2 is the request's D5, D4 its D0; D3 is constant.
    const window = windowOf(ruleOf(6, 8, 0xa7a6a5a4a3a2a1a0, 0xffffff00ff05ffff));
    expect(window.first).toBe(2);
    expect(window.count).toBe(3);
    expect(window.readBytes).toBe(6);
    expect(window.answer(REQUEST)).toBe(0xa7a6a511a366a1a0);
  });

  test('may be all eight bytes', () => {
    const window = windowOf(ruleOf(8, 8, 0, 0x0001020304050607));
    expect(window.first).toBe(0);
    expect(window.count).toBe(8);
    expect(window.answer(REQUEST)).toBe(0x1122334455667788);
    expect(window.covers(0, u64.MAX_VALUE)).toBe(true);
  });

  test('has nothing of what stands in the table beyond the length of the answer', () => {
    const window = windowOf(ruleOf(1, 2, 0xffffffffffffffa0, 0xffffffffffff00ff));
    expect(window.answer(REQUEST)).toBe(0x11a0);
  });

  test('covers what differs within it alone', () => {
    const window = windowOf(ruleOf(2, 4, 0xee000050, 0xffffffffff0100ff));
    expect(window.covers(0xee221150, 0xee000050)).toBe(true);
    expect(window.covers(0xef221150, 0xee000050)).toBe(false);
    expect(window.covers(0xee221151, 0xee000050)).toBe(false);
  });

  test('is none of a static answer, of one with live values, and once it was cleared', () => {
    expect(windowOf(ruleOf(2, 4, 0xee000050, u64.MAX_VALUE)).count).toBe(0);
    expect(windowOf(ruleOf(2, 4, 0xee000050, 0xffffffffff8000ff)).count).toBe(0);
    const window = windowOf(ruleOf(2, 4, 0xee000050, 0xffffffffff0100ff));
    window.clear();
    expect(window.count).toBe(0);
    expect(window.covers(1, 0)).toBe(false, 'all of it is constant');
  });
});

describe('an answer has a window', () => {
  test('if each request has the bytes that it takes', () => {
    expect(has(ruleOf(2, 4, 0, 0xffffffffff0100ff))).toBe(true);
    expect(has(ruleOf(1, 4, 0, 0xffffffffff0100ff))).toBe(false, 'D1 may be missing');
    expect(has(ruleOf(0, 4, 0, 0xffffffffffff00ff))).toBe(false);
  });

  test('if its length is its own, and it copies something within it', () => {
    expect(has(ruleOf(2, 0xff, 0, 0xffffffffff0100ff))).toBe(false, 'as long as the request');
    expect(has(ruleOf(2, 1, 0, 0xffffffffff0100ff))).toBe(false, 'the copies are beyond it');
  });

  test('if it has no steps', () => {
    const rule = ruleOf(2, 4, 0, 0xffffffffff0100ff);
    store<u8>(rule, 1, 54);
    expect(has(rule)).toBe(false);
  });

  test('and so is in its buffer before the first request, as a static one is', () => {
    // A rule at address 0 is none, be what lies there like one.
    memory.copy(0, ruleOf(0, 4, 0, u64.MAX_VALUE), 64);
    expect(isPreloadedRule(0)).toBe(false, 'no rule');
    memory.fill(0, 0, 64);
    expect(isPreloadedRule(ruleOf(2, 4, 0, 0xffffffffff0100ff))).toBe(true);
    expect(isPreloadedRule(ruleOf(0, 4, 0, u64.MAX_VALUE))).toBe(true);
    expect(isPreloadedRule(ruleOf(0, 4, 0, 0xffffffffffff80ff))).toBe(false, 'a live value');
  });
});

describe('the bytes of an answer', () => {
  test('are its own, the request’s and live values', () => {
    const live = new LiveValues();
    const values = heap.alloc(2);
    store<u16>(values, 0xbbaa);
    live.set(4, values, 2);
    const sources: u64 = 0xff8584ff07ff00ff;
    expect(mixData(0xd7d6d5d4d3d2d1d0, sources, REQUEST, live)).toBe(0xd7bbaad488d211d0);
    expect(mixData(0xd7d6d5d4d3d2d1d0, u64.MAX_VALUE, REQUEST, live)).toBe(0xd7d6d5d4d3d2d1d0);
  });

  test('of a window are only as many as change', () => {
    expect(mixWindow(0, 0x0706050403020100, REQUEST, 3)).toBe(0x332211);
    expect(mixWindow(0x5500, 0xffffffffffffff03, REQUEST, 1)).toBe(0x5544);
    expect(mixWindow(0x0000aa00, 0xffffffffff01ff00, REQUEST, 3)).toBe(0x22aa11);
    expect(mixWindow(7, 0, REQUEST, 0)).toBe(7);
  });
});
