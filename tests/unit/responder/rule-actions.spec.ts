// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * What a rule that matched makes beside a static answer: by steps, by more answers, in its buffer beforehand, at its rate.
 *
 * Sources: docs/rules.md (`answer`, `more`, `rate`, `receive: window`), formats/rule-image-2.ts.
 */
import { Responder } from '../../../src/responder/responder';
import { RuleTable } from '../../../src/responder/rule-table';
import { Status } from '../../../src/rt/status';
import { dirtyFrame, newFrame, show } from '../support/frames';
import { RuleImage2 } from '../support/rule-image-2';

const MORE: u32 = 8;

let table = new RuleTable();
let image = new RuleImage2(table.staging);
let responder = new Responder(table);
let answer = dirtyFrame();

beforeEach(() => {
  table = new RuleTable();
  image = new RuleImage2(table.staging);
  responder = new Responder(table);
  answer = dirtyFrame();
});

/** Rule 0 is all there is for 0x100. */
function adopt(): void {
  image.indexOnly(0x100, false);
  image.finish();
  expect(table.adopt()).toBe(Status.Ok);
}

/** A rule for 0x100 whose answer 0x201 has data 11 22, and then the steps from `first` on. */
function addRule(first: u16, steps: u8): usize {
  const rule = image.addAnswer(0x100, 0x201, 2, 0x2211);
  store<u16>(rule, first, 52);
  store<u8>(rule, steps, 54);
  return rule;
}

describe('an answer by steps', () => {
  test('is made of what its record says, by the rule’s own steps', () => {
    addRule(1, 1);
    image.addStep(18, 0, 0, 0, 0, 0x7777);
    image.addStep(17, 0, 0, 0, 0, 0x0f00);
    adopt();
    const request = newFrame(0x100, 3, 0x030201);
    expect(responder.decide(request, answer)).toBe(MORE);
    expect(responder.makeAnswer(request, answer)).toBe(true);
    expect(show(answer)).toBe('201 2 0 0 2d11');
  });

  test('is followed by others with steps of theirs, or none', () => {
    store<u8>(addRule(0, 0), 2, 55);
    const stepped = image.addAction(1, 1, 1);
    store<u8>(stepped, 1, 1);
    store<u32>(stepped, 0x202, 8);
    const plain = image.addAction(1, 0, 0);
    store<u8>(plain, 2, 1);
    store<u32>(plain, 0x203, 8);
    store<u64>(plain, 0x5566, 16);
    store<u8>(plain, 0, 24);
    image.addStep(18, 0, 0, 0, 0, 0x7777);
    image.addStep(18, 0, 0, 0, 0, 0x33);
    adopt();
    const request = newFrame(0x100, 3, 0x030201);
    expect(responder.decide(request, answer)).toBe(MORE);
    expect(responder.makeAnswer(request, answer)).toBe(true);
    expect(show(answer)).toBe('201 2 0 0 2211');
    const rule = table.rule(0);
    expect(responder.makeMore(table.actionOf(rule, 0), request, answer)).toBe(true);
    expect(show(answer)).toBe('202 1 0 0 33');
    expect(responder.makeMore(table.actionOf(rule, 1), request, answer)).toBe(true);
    expect(show(answer)).toBe('203 2 0 0 5501', 'byte 0 is that of the request');
  });
});

describe('the path of the rule that matched last', () => {
  test('is that of its filter, and software without a rule', () => {
    store<u8>(addRule(0, 0), 1, 27);
    adopt();
    responder.decide(newFrame(0x100, 0, 0), answer);
    expect(responder.matchedPath).toBe(1);
    responder.decide(newFrame(0x101, 0, 0), answer);
    expect(responder.matchedPath).toBe(0);
  });
});

describe('an answer that waits in a buffer', () => {
  test('has header and constants, and zeros for bytes of the request', () => {
    const rule = addRule(0, 0);
    store<u8>(rule, 1, 24);
    store<u8>(rule, 1, 27);
    store<u8>(rule, 0, 40); // byte 0 is that of the request
    adopt();
    expect(responder.keptAnswer(0, answer)).toBe(true);
    expect(show(answer)).toBe('201 2 0 0 2200');
  });

  test('is whole if it is static, and none if a step makes it', () => {
    addRule(0, 0);
    adopt();
    expect(responder.keptAnswer(0, answer)).toBe(true);
    expect(show(answer)).toBe('201 2 0 0 2211');
    image = new RuleImage2(table.staging);
    addRule(0, 1);
    image.addStep(7, 0, 0, 0, 0, 0);
    adopt();
    expect(responder.keptAnswer(0, answer)).toBe(false);
  });
});

describe('the rate of a rule', () => {
  test('takes an answer while it lasts, and counts those that it refuses', () => {
    const rule = addRule(0, 0);
    store<u16>(rule, 2, 58);
    store<u32>(rule, 1_000, 60);
    adopt();
    responder.ticksPerSecond = 1_000_000;
    responder.decide(newFrame(0x100, 0, 0), answer);
    expect(responder.takes(5_000, 500_000)).toBe(true);
    expect(responder.takes(5_000, 500_000)).toBe(true);
    expect(responder.takes(5_999, 500_000)).toBe(false);
    expect(load<u32>(table.refused)).toBe(1);
    expect(responder.takes(6_000, 500_000)).toBe(true);
    expect(responder.takes(6_999, 500_000)).toBe(false);
    expect(load<u32>(table.refused)).toBe(2);
  });
});
