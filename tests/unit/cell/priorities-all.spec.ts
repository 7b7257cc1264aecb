// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * TXP for every order of strengths in every buffer, whatever TXP was before: docs/decisions/0019-strength-decides.md.
 *
 * The chip takes part with its pending frame of the highest TXP; at equal TXP the higher buffer goes first
 * (DS20001801J, section 3.2).
 */
import { TransmitPriorities } from '../../../src/cell/transmit/priorities';
import { TransmitSlots } from '../../../src/cell/transmit/slots';
import { FakeBoard, FakeParts } from './fake-board';

const BUFFERS: u32 = 3;
const STRENGTHS: u32[][] = [
  [1, 2, 3],
  [1, 3, 2],
  [2, 1, 3],
  [2, 3, 1],
  [3, 1, 2],
  [3, 2, 1],
];
/** No more can be needed: each of three is raised or lowered once. */
const CHANGES_MAXIMUM = 3;

const parts = new FakeBoard().connected().parts;
const order = parts.controller.buffers.order;
const slots = new TransmitSlots<FakeParts>(parts);
const priorities = new TransmitPriorities<FakeParts>(parts, slots.all);

/** Place of a buffer in the chip's order by its TXP: the higher goes first. */
function rank(buffer: u32): u32 {
  return order.priority(buffer) * 4 + buffer;
}

/** The buffers of `set`, one bit each, go by the strength of their frames: the lower value first. */
function isRight(set: u32, strengths: u32[]): bool {
  for (let one: u32 = 0; one < BUFFERS; one++) {
    for (let other: u32 = 0; other < BUFFERS; other++) {
      if (((set >> one) & (set >> other) & 1) === 0 || one === other) continue;
      if (strengths[one] < strengths[other] !== rank(one) > rank(other)) return false;
    }
  }
  return true;
}

/** TXP of the three is `start`, the frames of `set` are on their way. */
function prepare(start: u32, set: u32, strengths: u32[]): u32 {
  let underWay: u32 = 0;
  for (let buffer: u32 = 0; buffer < BUFFERS; buffer++) {
    order.setPriority(buffer, 1 + ((start >> (2 * buffer)) & 3), 0);
    const slot = slots.all[buffer];
    slot.strength = strengths[buffer];
    slot.sequence = buffer;
    if (((set >> buffer) & 1) !== 0) underWay |= slot.bit;
  }
  return underWay;
}

/** The number of a TXP for each buffer from 1 to 3, as two bits each, or 0xff: one of them is 0. */
function isStart(start: u32): bool {
  return (start & 3) !== 3 && ((start >> 2) & 3) !== 3 && start >> 4 !== 3;
}

describe('TXP', () => {
  test('fits for a frame about to be requested, and those on their way keep their order meanwhile', () => {
    let tried = 0;
    let failures = '';
    for (let start: u32 = 0; start < 64; start++) {
      if (!isStart(start)) continue;
      for (let added: u32 = 0; added < BUFFERS; added++) {
        for (let set: u32 = 0; set < 8; set++) {
          if (((set >> added) & 1) !== 0) continue;
          for (let index = 0; index < STRENGTHS.length; index++) {
            const strengths = STRENGTHS[index];
            const underWay = prepare(start, set, strengths);
            if (!isRight(set, strengths)) continue;
            tried++;
            let changes = 0;
            let isKept: bool = true;
            while (!priorities.fit(added, strengths[added], underWay)) {
              isKept = isKept && isRight(set, strengths);
              if (++changes > CHANGES_MAXIMUM) break;
            }
            const isDone = isKept && isRight(set | (1 << added), strengths);
            if (!isDone || changes > CHANGES_MAXIMUM)
              failures += `${start}/${added}/${set}/${index} `;
          }
        }
      }
    }
    expect(failures).toBe('');
    expect(tried).toBeGreaterThan(500);
  });

  test('fits for the frames that are there, from any order', () => {
    let failures = '';
    for (let start: u32 = 0; start < 64; start++) {
      if (!isStart(start)) continue;
      for (let set: u32 = 0; set < 8; set++) {
        for (let index = 0; index < STRENGTHS.length; index++) {
          const underWay = prepare(start, set, STRENGTHS[index]);
          let changes = 0;
          while (!priorities.fitAll(underWay) && changes <= CHANGES_MAXIMUM) changes++;
          const isDone = isRight(set, STRENGTHS[index]) && changes <= CHANGES_MAXIMUM;
          if (!isDone) failures += `${start}/${set}/${index} `;
        }
      }
    }
    expect(failures).toBe('');
  });
});
