// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Which frames count as requests in RXB0, and what a line that is RXB0's alone tells.
 *
 * Sources: DS20001801J, registers 4-10 to 4-17 (filters, masks), figure 12-9 (RX STATUS), 11-1 (RXB0DLC is at 65h);
 * docs/rules.md (`receive`).
 */
import { RequestLine } from '../../../src/driver/mcp2515/acceptance';
import { controllerOn } from '../support/controller';
import { FakeChip } from '../support/fake-mcp2515';

const FRAME_A = '20 20 00 00 01 aa 00 00 00 00 00 00 00'; // 101#AA
const FRAME_B = '20 40 00 00 0f bb cc dd 00 00 00 00 00'; // 102, length code 15

const FORM_STANDARD_REMOTE: u32 = 1 << 3;
const MASK_STANDARD: u32 = 0xc00007ff;

let chip = new FakeChip();
let can = controllerOn(chip);

beforeEach(() => {
  chip = new FakeChip();
  can = controllerOn(chip);
});

function start(): void {
  can.configure(12_000_000, 500_000);
  can.start();
  chip.take();
}

/** The registers of RXF0 and RXF1, SIDH first. */
function filters(): string {
  let text = '';
  for (let at: u32 = 0; at < 8; at++) text += chip.get(at).toString(16).padStart(2, '0');
  return text;
}

describe('buffers that are shared again', () => {
  test('take every frame: RXF0 standard, RXF1 extended, both under an empty mask', () => {
    const acceptance = can.setup.acceptance;
    acceptance.keepForUrgent(MASK_STANDARD, 0x101, 0x102);
    acceptance.shareBoth();
    start();
    expect(filters()).toBe('0000000000080000');
    expect(chip.get(0x20) | chip.get(0x21) | chip.get(0x22) | chip.get(0x23)).toBe(0); // RXM0
    expect(can.urgentFirst).toBe(false);
  });
});

describe('a filter', () => {
  test('that takes both forms takes remote frames as well, and neither when it is not armed', () => {
    const acceptance = can.setup.acceptance;
    acceptance.keepForUrgent(MASK_STANDARD, 0x101, 0x102);
    acceptance.takeBothForms(0);
    start();
    chip.fill(0, FRAME_A);
    chip.formAndFilter = FORM_STANDARD_REMOTE;
    expect(can.urgentRequest()).toBe(0);
    chip.formAndFilter = 0;
    expect(can.urgentRequest()).toBe(0);
    chip.formAndFilter = FORM_STANDARD_REMOTE | 1;
    expect(can.urgentRequest()).toBe(-1, 'the other one takes data frames');
    acceptance.arm(0, false);
    chip.formAndFilter = FORM_STANDARD_REMOTE;
    expect(can.urgentRequest()).toBe(-1);
    chip.formAndFilter = 0;
    expect(can.urgentRequest()).toBe(-1);
  });

  test('has a length of its own', () => {
    const acceptance = can.setup.acceptance;
    acceptance.keepForUrgent(MASK_STANDARD, 0x101, 0x102);
    acceptance.requireLength(0, 2);
    start();
    chip.fill(0, FRAME_A);
    expect(can.urgentRequest()).toBe(0);
    expect(chip.take()).toBe('b0 00');
    chip.formAndFilter = 1;
    expect(can.urgentRequest()).toBe(-1, 'one byte');
    expect(chip.take()).toBe('b0 00|03 65 00');
  });

  test('has an answer of its own, or that of the first', () => {
    const acceptance = can.setup.acceptance;
    acceptance.keepForUrgent(MASK_STANDARD, 0x101, 0x102);
    start();
    chip.fill(0, FRAME_A);
    chip.formAndFilter = 1;
    acceptance.oneAnswer = true;
    expect(can.urgentRequest()).toBe(0);
    acceptance.oneAnswer = false;
    expect(can.urgentRequest()).toBe(1);
  });
});

describe('a line', () => {
  test('tells of a request if it is RXB0’s alone, and as long as it is believed', () => {
    const acceptance = can.setup.acceptance;
    acceptance.keepForUrgent(MASK_STANDARD, 0x101, 0x101);
    acceptance.trust(RequestLine.Certain);
    expect(acceptance.told).toBe(RequestLine.Doubtful, 'both buffers assert it');
    acceptance.keepLine();
    acceptance.trust(RequestLine.Window);
    expect(acceptance.told).toBe(RequestLine.Window);
    acceptance.distrust();
    acceptance.trust(RequestLine.Certain);
    expect(acceptance.told).toBe(RequestLine.Doubtful);
  });
});

describe('a request in RXB0', () => {
  test('is open from when it is known until it is answered', () => {
    can.setup.acceptance.keepForUrgent(MASK_STANDARD, 0x101, 0x101);
    start();
    expect(can.receiver.requestOpen).toBe(false);
    chip.fill(0, FRAME_A);
    expect(can.urgentRequest()).toBe(0);
    expect(can.receiver.requestOpen).toBe(true);
    can.markAnswered();
    expect(can.receiver.requestOpen).toBe(false);
  });

  test('shows its length and first bytes by READ from RXB0DLC, and stays', () => {
    start();
    chip.fill(0, FRAME_A);
    expect(can.receiver.readWindow(1)).toBe(1);
    expect(can.receiver.windowData).toBe(0xaa);
    expect(chip.take()).toBe('03 65 00 00');
    chip.fill(0, FRAME_B);
    expect(can.receiver.readWindow(3)).toBe(8, 'a code above 8 is 8');
    expect(can.receiver.windowData).toBe(0xddccbb);
    expect(can.attention()).toBe(true);
    chip.transactionsLeft = 0;
    expect(can.receiver.readWindow(1)).toBe(-1);
  });
});
