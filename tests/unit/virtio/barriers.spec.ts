// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Kind and place of the barriers where memory changes hands. What was read must have been read before the
 * store that gives it back: DMB ISH, or DMB ISHLD behind it; DMB ISHST orders stores alone (Arm ARM DDI 0487,
 * B2.3.12). What was only written needs no more than ISHST.
 */
import { Status } from '../../../src/rt/status';
import { Pair, setFrame } from './pair';

/** l load, s store; R, W, F: barrier for reads, for writes, for both. */
function recorded(pair: Pair): string {
  pair.section.recording = false;
  return pair.section.order;
}

function connected(): Pair {
  const pair = new Pair();
  expect(pair.connect()).toBe(true, 'the ends find each other');
  return pair;
}

function record(pair: Pair): void {
  pair.section.order = '';
  pair.section.recording = true;
}

describe('a buffer that was read', () => {
  test('is given back by the driver behind a full barrier', () => {
    const pair = connected();
    expect(pair.device.submit(setFrame(pair.frame, 0x123, 8, 0x0102030405060708))).toBe(Status.Ok);
    record(pair);
    expect(pair.driver.receive(pair.frame)).toBe(Status.Ok);
    // Used index; element; message; ring entry, index; the device's wish.
    expect(recorded(pair)).toBe('lR' + 'll' + 'lll' + 's' + 'F' + 's' + 'F' + 'l');
  });

  test('is given back by the device behind a full barrier', () => {
    const pair = connected();
    expect(pair.driver.submit(setFrame(pair.frame, 0x123, 8, 0x0102030405060708))).toBe(Status.Ok);
    record(pair);
    expect(pair.device.receive(pair.frame)).toBe(Status.Ok);
    pair.device.finishReceived(true);
    // Available index; ring entry, two descriptors of two loads; message; result, element, index; the wish.
    expect(recorded(pair)).toBe('lR' + 'l' + 'llll' + 'lll' + 's' + 'ss' + 'F' + 's' + 'F' + 'l');
  });

  test('is the chain of a frame that the device delivers: read as well', () => {
    const pair = connected();
    record(pair);
    expect(pair.device.submit(setFrame(pair.frame, 0x123, 8, 0x0102030405060708))).toBe(Status.Ok);
    expect(recorded(pair)).toBe('lR' + 'l' + 'll' + 'sss' + 'ss' + 'F' + 's' + 'F' + 'l');
  });
});

describe('a buffer that was only written', () => {
  test('is handed over by the driver behind a barrier for stores', () => {
    const pair = connected();
    record(pair);
    expect(pair.driver.submit(setFrame(pair.frame, 0x123, 8, 0x0102030405060708))).toBe(Status.Ok);
    expect(recorded(pair)).toBe('sss' + 's' + 's' + 'W' + 's' + 'F' + 'l');
  });
});

describe('a register of the device that was read', () => {
  test('has been read before the next register write is announced', () => {
    const pair = new Pair();
    pair.section.recording = true;
    expect(pair.connect()).toBe(true, 'the ends find each other');
    const order = recorded(pair);
    // No announcement of a register write is ordered by stores alone.
    expect(order.includes('sFsW')).toBe(true);
    expect(order.includes('sWsW')).toBe(false);
  });
});
