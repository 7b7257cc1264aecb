// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The list of frames that wait for a buffer: who is next (docs/timing-budget.md, "The order of what is sent"). The
 * strongest, and of equals the earliest; in order of arrival the oldest. What was in the chip keeps its place.
 */
import { WaitingList } from '../../../src/cell/transmit/waiting-list';
import { newFrame, show } from '../support/frames';

const CAPACITY: u32 = 4;

let list = new WaitingList(CAPACITY);

/** A frame whose data tells it from others of its identifier. */
function put(identifier: u32, data: u64): void {
  list.put(changetype<usize>(newFrame(identifier, 1, data)), identifier << 18, data as u32);
}

/** The frames from the first to the last, by `at`: identifier, data and tag of each. */
function all(): string {
  let text = '';
  for (let place: u32 = 0; place < list.length; place++) {
    const frame = list.at(place);
    text += `${frame.identifier.toString(16)}#${frame.data}/${list.tagAt(place)} `;
  }
  return text;
}

beforeEach(() => {
  list = new WaitingList(CAPACITY);
});

describe('frames that wait', () => {
  test('are sorted by strength, and equals by arrival', () => {
    put(0x300, 1);
    put(0x100, 2);
    put(0x200, 3);
    put(0x100, 4);
    expect(all()).toBe('100#2/2 100#4/4 200#3/3 300#1/1 ');
    expect(show(list.front)).toBe('100 1 0 0 2');
    expect(list.frontStrength).toBe(0x100 << 18);
    expect(list.frontTag).toBe(2);
    expect(list.lastStrength).toBe(0x300 << 18);
  });

  test('keep their order of arrival if the list says so', () => {
    list.isSorted = false;
    put(0x300, 1);
    put(0x100, 2);
    put(0x200, 3);
    expect(all()).toBe('300#1/1 100#2/2 200#3/3 ');
    list.putBack(changetype<usize>(newFrame(0x7ff, 1, 9)), 0x7ff << 18, 9);
    expect(list.frontTag).toBe(9, 'the one that was in the chip is next');
  });

  test('are known by their identifier, whatever strength they were put with', () => {
    expect(list.has(0x100)).toBe(false, 'of an empty list');
    put(0x200, 1);
    put(0x100, 2);
    list.put(changetype<usize>(newFrame(0x180, 1, 3)), 0x300 << 18, 3);
    expect(list.has(0x100)).toBe(true);
    expect(list.has(0x200)).toBe(true);
    expect(list.has(0x180)).toBe(true, 'it counts as 0x300');
    expect(list.strengthAt(2)).toBe(0x300 << 18);
    expect(list.has(0x300)).toBe(false);
    expect(list.has(0x80000100)).toBe(false, 'the same number with 29 bits');
  });

  test('are as many as the list has room for, and those from the chip besides', () => {
    for (let count: u32 = 0; count < CAPACITY; count++) {
      expect(list.isFull).toBe(false);
      put(0x100 + count, count);
    }
    expect(list.isFull).toBe(true);
    // One from each of the three buffers.
    for (let count: u64 = 0; count < 3; count++) {
      const frame = newFrame(0x102, 1, 10 + count);
      list.putBack(changetype<usize>(frame), 0x102 << 18, 10 + (count as u32));
    }
    expect(list.length).toBe(7);
    expect(all()).toBe('100#0/0 101#1/1 102#12/12 102#11/11 102#10/10 102#2/2 103#3/3 ');
  });

  test('leave from any place, and the others stay what they are', () => {
    put(0x300, 1);
    put(0x100, 2);
    put(0x200, 3);
    put(0x400, 4);
    list.discard();
    expect(all()).toBe('200#3/3 300#1/1 400#4/4 ');
    list.remove(1);
    expect(all()).toBe('200#3/3 400#4/4 ');
    put(0x350, 5);
    put(0x050, 6);
    expect(all()).toBe('50#6/6 200#3/3 350#5/5 400#4/4 ');
    list.remove(3);
    expect(all()).toBe('50#6/6 200#3/3 350#5/5 ');
    list.remove(0);
    list.remove(1);
    expect(all()).toBe('200#3/3 ');
    list.discard();
    expect(list.isEmpty).toBe(true);
    put(0x500, 7);
    expect(all()).toBe('500#7/7 ');
    list.clear();
    expect(list.isEmpty).toBe(true);
    for (let count: u32 = 0; count < CAPACITY; count++) put(0x100 + count, count);
    expect(all()).toBe('100#0/0 101#1/1 102#2/2 103#3/3 ');
  });

  test('stay in their order however many have come and gone', () => {
    list.isSorted = false;
    let next: u32 = 0;
    let oldest: u32 = 0;
    for (let round: u32 = 0; round < 100; round++) {
      // 1 to 4 of them at a time, so that the first is in each place of the list's memory.
      for (let count: u32 = 0; count <= round % CAPACITY; count++) put(0x100, next++);
      while (!list.isEmpty) {
        expect(list.frontTag).toBe(oldest);
        expect(list.front.data).toBe(oldest as u64);
        oldest++;
        list.discard();
      }
      put(0x200, 1000);
      put(0x201, 1001);
      put(0x202, 1002);
      list.remove(1);
      expect(all()).toBe('200#1000/1000 202#1002/1002 ');
      list.putBack(changetype<usize>(newFrame(0x201, 1, 1001)), 0x201 << 18, 1001);
      expect(all()).toBe('201#1001/1001 200#1000/1000 202#1002/1002 ');
      for (let left = list.length; left !== 0; left--) list.discard();
    }
  });
});
