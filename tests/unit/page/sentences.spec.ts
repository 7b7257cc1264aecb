// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/** Sentences at the ends of their values. The value of a late step: task 5 bits, microseconds 14, count 13. */
import { TextBuilder } from '../../../src/bridge/text-builder';
import { appendSentence, lateTask, lateValue, statusOf } from '../../../src/page/sentences';
import { TraceEvent } from '../../../src/page/trace-event';
import { Status } from '../../../src/rt/status';

function sentence(event: TraceEvent, a: u32, b: u32, name: usize = 0): string {
  const out = new TextBuilder(512);
  if (!appendSentence<TextBuilder>(out, event, a, b, name)) return '';
  return String.UTF8.decodeUnsafe(out.buffer, out.length);
}

describe('a late step', () => {
  test('keeps task, time and count apart, each at most what fits', () => {
    expect(lateTask(lateValue(31, 0xffffffff, 0xffffffff))).toBe(31);
    expect(lateTask(lateValue(0, 16_384, 8_192))).toBe(0);
    const said = sentence(TraceEvent.StatusSaid, Status.StepLate, lateValue(5, 20_000, 9_000));
    expect(said.startsWith('a step of task 5 took up to 16383 us, ')).toBe(true, said);
    expect(said.endsWith(': 8191')).toBe(true, said);
    const least = sentence(TraceEvent.StatusSaid, Status.StepLate, lateValue(7, 16_383, 1));
    expect(least.startsWith('a step of task 7 took up to 16383 us, ')).toBe(true, least);
    expect(least.endsWith(': 1')).toBe(true, least);
  });

  test('has the name of its task, which may fill all its 16 bytes', () => {
    const name = heap.alloc(20);
    for (let index: u32 = 0; index < 20; index++) store<u8>(name + index, 0x61 + <u8>index);
    const said = sentence(TraceEvent.StatusSaid, Status.StepLate, lateValue(1, 25, 2), name);
    expect(said.startsWith('a step of "abcdefghijklmnop" took up to 25 us')).toBe(true, said);
  });
});

describe('a sentence', () => {
  test('ends with the status of what it is about, where it has one', () => {
    expect(statusOf(TraceEvent.StatusSaid, 0x0334)).toBe(0x34, 'the sentence is in the upper byte');
    expect(statusOf(TraceEvent.SessionLost, 44)).toBe(44);
    expect(statusOf(TraceEvent.SessionLost, 0)).toBe(0, 'the other end left');
    expect(statusOf(TraceEvent.RequestRefused, 66)).toBe(66);
    expect(statusOf(TraceEvent.ShutDown, 27)).toBe(27);
    expect(statusOf(TraceEvent.Answered, 3)).toBe(0);
  });

  test('is none for a number that no cell writes', () => {
    expect(sentence(TraceEvent.StatusSaid, 99, 0)).toBe('');
    expect(sentence(999 as TraceEvent, 1, 2)).toBe('');
  });

  test('says of a bus-off when the cell is back, or that it stays off', () => {
    expect(sentence(TraceEvent.StatusSaid, Status.BusOff, 250).endsWith('Back in 250 ms')).toBe(
      true,
    );
    const off = sentence(TraceEvent.StatusSaid, Status.BusOff, 0);
    expect(off.endsWith('until it is started again')).toBe(true, off);
  });
});
