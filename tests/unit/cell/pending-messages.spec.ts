// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The negative responses that keep a client waiting, to the byte, and the services for which there are none.
 *
 * Sources: ISO 14229-1 (negative response 7F, service, 78 or 10; sub-functions and their bit 7), docs/rules.md
 * ("Diagnosis"). Requests come by 0x7e0, answers go by 0x7e8: 0xfd, 0x00 in SIDH and SIDL.
 */
import { Counter } from '../../../src/rt/counters';
import { RuleImage2 } from '../support/rule-image-2';
import { FakeBoard } from './fake-board';

/** The services with a sub-function, whose bit 7 wants no positive answer. */
const WITH_SUB_FUNCTION: u32[] = [
  0x10, 0x11, 0x19, 0x27, 0x28, 0x29, 0x2c, 0x31, 0x3e, 0x83, 0x85, 0x86, 0x87,
];

let board = new FakeBoard();

/** Other services, beside those and elsewhere. */
const WITHOUT: u32[] = [
  0x0f, 0x12, 0x14, 0x18, 0x1a, 0x22, 0x23, 0x26, 0x2a, 0x2b, 0x2d, 0x2e, 0x30, 0x32, 0x34, 0x36,
  0x3d, 0x3f, 0x40, 0x50, 0x51, 0x7e, 0x82, 0x84, 0x88, 0xba, 0xfe,
];

/** 1 ms after a request, then every 10 ms, twice; padding cc. */
beforeEach(() => {
  const image = new RuleImage2(heap.alloc(0x10000), true);
  store<u8>(image.add(0x7e0), 1, 55);
  store<u64>(image.addAction(16, 0, 0), 0, 24);
  const timer = image.addTimer(0, 10_000, 2, 0x7e8, 1_000);
  store<u8>(timer, 8);
  store<u32>(timer, 0xcc08, 20);
  image.indexOnly(0x7e0, false);
  board = new FakeBoard();
  board.connectedWith(image);
  board.passAndSend(5_000);
  board.chip.take();
});

function hex(value: u32): string {
  return value.toString(16).padStart(2, '0');
}

/** A request of `service`; true if the client hears something within 2 ms. */
function isArmedBy(service: u32, next: u32): bool {
  const before = board.counted(Counter.AnsweredComputed);
  board.chip.fill(0, `fc 00 00 00 08 02 ${hex(service)} ${hex(next)} cc cc cc cc cc`);
  board.passAndSend(2_000);
  return board.counted(Counter.AnsweredComputed) !== before;
}

describe('a negative response', () => {
  test('is 7F, the service and 78 while AGL works, and 10 when it has not answered', () => {
    board.chip.fill(0, 'fc 00 00 00 08 03 22 f1 90 cc cc cc cc');
    board.passAndSend(2_000);
    const first = board.chip.take();
    expect(first.includes('fd 00 00 00 08 03 7f 22 78 cc cc cc cc|')).toBe(true, first);
    board.passAndSend(10_000);
    expect(board.counted(Counter.AnsweredComputed)).toBe(
      2,
      'once more, which the buffer still has',
    );
    board.passAndSend(10_000);
    const last = board.chip.take();
    expect(last.includes(' 03 7f 22 10 cc cc cc cc|')).toBe(true, last);
  });

  test('follows every request whose positive answer is wanted', () => {
    for (let index = 0; index < WITH_SUB_FUNCTION.length; index++) {
      const service = WITH_SUB_FUNCTION[index];
      expect(isArmedBy(service, 0x03)).toBe(true, hex(service));
    }
  });

  test('follows none whose sub-function suppresses the positive answer', () => {
    for (let index = 0; index < WITH_SUB_FUNCTION.length; index++) {
      const service = WITH_SUB_FUNCTION[index];
      expect(isArmedBy(service, 0x83)).toBe(false, hex(service));
    }
  });

  test('follows a service without a sub-function: there the byte is data', () => {
    for (let index = 0; index < WITHOUT.length; index++) {
      const service = WITHOUT[index];
      expect(isArmedBy(service, 0x83)).toBe(true, hex(service));
    }
  });
});
