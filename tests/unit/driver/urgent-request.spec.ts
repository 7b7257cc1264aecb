// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Requests that a hardware filter recognises, and reading a buffer without having asked for it.
 *
 * Expected values: DS20001801J, registers 4-10..4-17 (filters and masks) and figure 12-9 (RX STATUS).
 */
import { Counter } from '../../../src/rt/counters';
import { Status } from '../../../src/rt/status';
import { controllerOn, counters } from '../support/controller';
import { FakeChip, FakeClock, FakeLine } from '../support/fake-mcp2515';
import { dirtyFrame, show } from '../support/frames';

const FRAME_A = '20 20 00 00 01 aa 00 00 00 00 00 00 00'; // 101#AA
const FRAME_B = '20 40 00 00 01 bb 00 00 00 00 00 00 00'; // 102#BB

const FRAME_A_LONG = '20 20 00 00 02 aa bb 00 00 00 00 00 00'; // 101#AABB
const FRAME_CODE_9 = '20 20 00 00 09 aa bb 00 00 00 00 00 00'; // 101#AABB000000000000_9

const RXF0SIDH: u32 = 0x00;
const RXF1SIDH: u32 = 0x04;
const RXF2SIDL: u32 = 0x09;
const RXM0SIDH: u32 = 0x20;
const RXM1SIDH: u32 = 0x24;

const FORM_STANDARD_REMOTE: u32 = 1 << 3;
const FORM_EXTENDED_DATA: u32 = 2 << 3;

const MASK_STANDARD: u32 = 0xc00007ff;
const MASK_EXTENDED: u32 = 0xdfffffff;

let chip = new FakeChip();
let line = new FakeLine(chip);
let can = controllerOn(chip, new FakeClock(), line);
const frame = dirtyFrame();

function start(): void {
  can.configure(12_000_000, 500_000);
  can.start();
  chip.take();
}

/** The four registers of a filter or mask, SIDH first, as one hexadecimal number. */
function registers(address: u32): string {
  let value: u32 = 0;
  for (let index: u32 = 0; index < 4; index++) value = (value << 8) | chip.get(address + index);
  return value.toString(16).padStart(8, '0');
}

beforeEach(() => {
  chip = new FakeChip();
  line = new FakeLine(chip);
  can = controllerOn(chip, new FakeClock(), line);
});

describe('RXB0 kept for urgent requests', () => {
  test('standard identifiers fill SIDH and the top of SIDL, under a mask of eleven bits', () => {
    can.setup.acceptance.keepForUrgent(MASK_STANDARD, 0x1a5, 0x6ff);
    start();
    expect(registers(RXF0SIDH)).toBe('34a00000');
    expect(registers(RXF1SIDH)).toBe('dfe00000');
    expect(registers(RXM0SIDH)).toBe('ffe00000');
  });

  test('extended identifiers have EXIDE in the filter and not in the mask', () => {
    can.setup.acceptance.keepForUrgent(MASK_EXTENDED, 0x98da10f1, 0x98da10f1);
    start();
    expect(registers(RXF0SIDH)).toBe('c6ca10f1');
    expect(registers(RXM0SIDH)).toBe('ffe3ffff');
  });

  test('RXB1 still takes everything', () => {
    can.setup.acceptance.keepForUrgent(MASK_STANDARD, 0x1a5, 0x1a5);
    start();
    expect(registers(RXM1SIDH)).toBe('00000000');
    expect(chip.get(RXF2SIDL)).toBe(0x00);
  });

  test('a filter hit in its right form is told by RX STATUS alone, 2 bytes', () => {
    can.setup.acceptance.keepForUrgent(MASK_STANDARD, 0x101, 0x102);
    start();
    chip.fill(0, FRAME_B);
    chip.formAndFilter = 1;
    expect(can.attention()).toBe(true);
    expect(can.urgentRequest()).toBe(1);
    expect(chip.take()).toBe('b0 00');
  });

  test('data bytes 0 and 1 of standard frames lie in EID8 and EID0', () => {
    const acceptance = can.setup.acceptance;
    acceptance.keepForUrgent(MASK_STANDARD, 0x1a5, 0x6ff);
    // Byte 0 is the lower half, as in a frame's data; what is above byte 1 is nobody's.
    acceptance.matchData(0xfff00fff, 0xaaa00e02, 0xbbb00f03);
    start();
    expect(registers(RXF0SIDH)).toBe('34a0020e');
    expect(registers(RXF1SIDH)).toBe('dfe0030f');
    expect(registers(RXM0SIDH)).toBe('ffe0ff0f');
  });

  test('where a length is asked for, RXB0DLC is read before the hit counts', () => {
    can.setup.acceptance.keepForUrgent(MASK_STANDARD, 0x101, 0x102);
    can.setup.acceptance.requireLength(2, 0);
    start();
    chip.fill(0, FRAME_A); // one byte
    expect(can.urgentRequest()).toBe(-1);
    expect(chip.take()).toBe('b0 00|03 65 00');
    expect(can.receive(frame)).toBe(Status.Ok);
    expect(show(frame)).toBe('101 1 0 0 aa', 'and the frame is taken as any other');

    chip.fill(0, FRAME_A_LONG);
    chip.take();
    expect(can.urgentRequest()).toBe(0);
    expect(chip.take()).toBe('b0 00|03 65 00');
    chip.formAndFilter = 1;
    expect(can.urgentRequest()).toBe(1);
    expect(chip.take()).toBe('b0 00', 'the other filter asks for none');
  });

  test('a length code above 8 is length enough', () => {
    can.setup.acceptance.keepForUrgent(MASK_STANDARD, 0x101, 0x101);
    can.setup.acceptance.requireLength(8, 8);
    start();
    chip.fill(0, FRAME_CODE_9);
    expect(can.urgentRequest()).toBe(0);
  });

  test('a length that cannot be read is none', () => {
    can.setup.acceptance.keepForUrgent(MASK_STANDARD, 0x101, 0x101);
    can.setup.acceptance.requireLength(1, 1);
    start();
    chip.fill(0, FRAME_A);
    chip.transactionsLeft = 1;
    expect(can.urgentRequest()).toBe(-1);
  });

  test('a remote frame with the identifier of a data request is no hit, and the other way round', () => {
    can.setup.acceptance.keepForUrgent(MASK_STANDARD, 0x101, 0x40000102);
    start();
    chip.fill(0, FRAME_A);
    chip.formAndFilter = FORM_STANDARD_REMOTE | 0;
    expect(can.urgentRequest()).toBe(-1);
    chip.formAndFilter = 1;
    expect(can.urgentRequest()).toBe(-1);
    chip.formAndFilter = FORM_STANDARD_REMOTE | 1;
    expect(can.urgentRequest()).toBe(1);
  });

  test('an extended form is told apart as well', () => {
    can.setup.acceptance.keepForUrgent(MASK_EXTENDED, 0x98da10f1, 0x98da10f1);
    start();
    chip.fill(0, FRAME_A);
    chip.formAndFilter = 0;
    expect(can.urgentRequest()).toBe(-1);
    chip.formAndFilter = FORM_EXTENDED_DATA;
    expect(can.urgentRequest()).toBe(0);
  });

  test('a frame in RXB1 alone is no urgent request, whatever its filter', () => {
    can.setup.acceptance.keepForUrgent(MASK_STANDARD, 0x101, 0x101);
    start();
    chip.fill(1, FRAME_B);
    chip.formAndFilter = 0;
    expect(can.urgentRequest()).toBe(-1);
    expect(can.receive(frame)).toBe(Status.Ok);
    expect(show(frame)).toBe('102 1 0 0 bb');
    expect(can.receivedAnswered).toBe(false);
  });

  test('an answered request is not found again, and its frame says that it was answered', () => {
    can.setup.acceptance.keepForUrgent(MASK_STANDARD, 0x101, 0x101);
    start();
    chip.fill(0, FRAME_A);
    expect(can.urgentRequest()).toBe(0);
    can.markAnswered();
    expect(can.urgentRequest()).toBe(-1);
    expect(can.receive(frame)).toBe(Status.Ok);
    expect(can.receivedAnswered).toBe(true);
    chip.fill(0, FRAME_A);
    expect(can.urgentRequest()).toBe(0);
    expect(can.receive(frame)).toBe(Status.Ok);
    expect(can.receivedAnswered).toBe(false);
  });

  test('a frame in RXB1 that is read first is not the one that was answered', () => {
    can.setup.acceptance.keepForUrgent(MASK_STANDARD, 0x101, 0x101);
    start();
    chip.fill(0, FRAME_A);
    expect(can.attention()).toBe(true);
    expect(can.receive(frame)).toBe(Status.Ok);
    // RXB1 filled up before RXB0 was read, RXB0 after that.
    chip.fill(1, FRAME_B);
    chip.fill(0, FRAME_A);
    expect(can.urgentRequest()).toBe(0);
    can.markAnswered();
    expect(can.receive(frame)).toBe(Status.Ok);
    expect(show(frame)).toBe('102 1 0 0 bb');
    expect(can.receivedAnswered).toBe(false);
    expect(can.receive(frame)).toBe(Status.Ok);
    expect(show(frame)).toBe('101 1 0 0 aa');
    expect(can.receivedAnswered).toBe(true);
  });
});

describe('reading ahead', () => {
  test('one frame costs 6 + DLC bytes when both buffers were seen empty', () => {
    can.speculativeRead = true;
    start();
    expect(can.attention()).toBe(false);
    chip.fill(0, FRAME_A);
    expect(can.attention()).toBe(true);
    expect(can.receive(frame)).toBe(Status.Ok);
    expect(show(frame)).toBe('101 1 0 0 aa');
    expect(chip.take()).toBe('90 00 00 00 00 00 00');
  });

  test('after a read the next one asks first: the frame may be in RXB1', () => {
    can.speculativeRead = true;
    start();
    expect(can.attention()).toBe(false);
    chip.fill(0, FRAME_A);
    chip.fill(1, FRAME_B);
    can.receive(frame);
    expect(can.attention()).toBe(true);
    can.receive(frame);
    expect(show(frame)).toBe('102 1 0 0 bb');
    expect(chip.take()).toBe('90 00 00 00 00 00 00|a0 00|94 00 00 00 00 00 00');
  });

  test('a disturbed line gives no frame: the read is broken off after the header', () => {
    can.speculativeRead = true;
    start();
    const before = counters.of(Counter.SpuriousInterrupts);
    expect(can.attention()).toBe(false);
    line.glitches = 1;
    expect(can.attention()).toBe(true);
    expect(can.receive(frame)).toBe(Status.Empty);
    expect(chip.take()).toBe('90 00 00 00 00 00');
    expect(counters.of(Counter.SpuriousInterrupts)).toBe(before + 1);
  });

  test('after a read that was broken off the older frame is still the one in RXB0', () => {
    can.speculativeRead = true;
    start();
    expect(can.attention()).toBe(false);
    line.glitches = 1;
    expect(can.attention()).toBe(true);
    expect(can.receive(frame)).toBe(Status.Empty);
    chip.fill(0, FRAME_A);
    chip.fill(1, FRAME_B);
    can.receive(frame);
    expect(show(frame)).toBe('101 1 0 0 aa');
    can.receive(frame);
    expect(show(frame)).toBe('102 1 0 0 bb');
  });
});
