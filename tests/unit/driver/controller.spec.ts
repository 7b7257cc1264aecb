// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The running controller: which bytes go over SPI for each operation, and which buffer comes first.
 */
import { Counter } from '../../../src/rt/counters';
import { Status } from '../../../src/rt/status';
import { controllerOn, counters } from '../support/controller';
import { FakeChip, FakeClock, FakeLine } from '../support/fake-mcp2515';
import { dirtyFrame, newFrame, show } from '../support/frames';
import { transmit } from '../support/transmit';

const FRAME_A = '20 20 00 00 01 aa 00 00 00 00 00 00 00'; // 101#AA
const FRAME_B = '20 40 00 00 01 bb 00 00 00 00 00 00 00'; // 102#BB
const FRAME_C = '20 60 00 00 01 cc 00 00 00 00 00 00 00'; // 103#CC
const FRAME_D = '20 80 00 00 01 dd 00 00 00 00 00 00 00'; // 104#DD

const CANINTE: u32 = 0x2b;
const EFLG: u32 = 0x2d;

let chip = new FakeChip();
let line = new FakeLine(chip);
let can = controllerOn(chip, new FakeClock(), line);
const frame = dirtyFrame();

/** Receives once; the frame as text, or the status as a number. */
function receive(): string {
  const status = can.receive(frame);
  return status === Status.Ok ? show(frame) : (status as i32).toString();
}

const EMPTY = (Status.Empty as i32).toString();

beforeEach(() => {
  chip = new FakeChip();
  line = new FakeLine(chip);
  can = controllerOn(chip, new FakeClock(), line);
  can.configure(12_000_000, 500_000);
  can.start();
  chip.set(EFLG, 0);
  chip.take();
});

describe('the priority of a transmit buffer', () => {
  test('is BIT MODIFY of TXP, bits 1 and 0 of TXBnCTRL (DS20001801J, register 3-1), and of no other bit', () => {
    const written: StaticArray<string> = ['05 30 03 03', '05 40 03 02', '05 50 03 01'];
    for (let buffer: u32 = 0; buffer < 3; buffer++) {
      expect(can.buffers.setPriority(buffer, 3 - buffer)).toBe(Status.Ok);
      expect(chip.take()).toBe(written[buffer]);
    }
  });
});

describe('receive', () => {
  test('without attention there is nothing on SPI', () => {
    expect(can.attention()).toBe(false);
    expect(receive()).toBe(EMPTY);
    expect(chip.take()).toBe('');
  });

  test('one frame costs READ STATUS and 6 + DLC bytes', () => {
    chip.fill(0, FRAME_A);
    expect(can.attention()).toBe(true);
    expect(receive()).toBe('101 1 0 0 aa');
    expect(chip.take()).toBe('a0 00|90 00 00 00 00 00 00');
    expect(can.attention()).toBe(false);
  });

  test('the data bytes follow the DLC: none for DLC 0 and for remote frames, 8 for DLC 9 to 15', () => {
    chip.fill(0, '20 20 00 00 00 aa bb cc dd ee ff 00 11');
    receive();
    expect(chip.take()).toBe('a0 00|90 00 00 00 00 00');
    chip.fill(0, '20 30 00 00 08 aa bb cc dd ee ff 00 11');
    expect(receive()).toBe('40000101 8 0 0 0');
    expect(chip.take()).toBe('a0 00|90 00 00 00 00 00');
    chip.fill(0, '20 20 00 00 0b 01 02 03 04 05 06 07 08');
    expect(receive()).toBe('101 8 0 11 807060504030201');
    expect(chip.bytes).toBe(2 + 14);
  });

  test('two waiting frames cost one READ STATUS, the older one in RXB0 first', () => {
    chip.fill(0, FRAME_A);
    chip.fill(1, FRAME_B);
    expect(receive()).toBe('101 1 0 0 aa');
    expect(receive()).toBe('102 1 0 0 bb');
    expect(chip.take()).toBe('a0 00|90 00 00 00 00 00 00|94 00 00 00 00 00 00');
  });

  test('a frame that rolled over while RXB0 was read comes before the next one in RXB0', () => {
    chip.fill(0, FRAME_A);
    receive();
    chip.fill(1, FRAME_B);
    chip.fill(0, FRAME_C);
    expect(receive()).toBe('102 1 0 0 bb');
    chip.fill(1, FRAME_D);
    expect(receive()).toBe('103 1 0 0 cc');
    expect(receive()).toBe('104 1 0 0 dd');
  });

  test('after the line was seen released, RXB0 is the older one again', () => {
    chip.fill(0, FRAME_A);
    receive();
    expect(can.attention()).toBe(false);
    chip.fill(0, FRAME_B);
    chip.fill(1, FRAME_C);
    expect(receive()).toBe('102 1 0 0 bb');
    expect(receive()).toBe('103 1 0 0 cc');
  });

  test('a long run of rollovers keeps its order', () => {
    chip.fill(0, FRAME_A);
    chip.fill(1, FRAME_B);
    let order = '';
    for (let round = 0; round < 20; round++) {
      const first = can.receive(frame) === Status.Ok ? frame.identifier : 0;
      const second = can.receive(frame) === Status.Ok ? frame.identifier : 0;
      order += first.toString(16) + second.toString(16);
      chip.fill(0, FRAME_A); // both arrive while RXB1 was being read or after
      chip.fill(1, FRAME_B);
    }
    expect(order).toBe('101102'.repeat(20));
  });

  test('no receive flag is ever cleared by BIT MODIFY', () => {
    chip.fill(0, FRAME_A);
    chip.fill(1, FRAME_B);
    receive();
    receive();
    expect(chip.take().includes('05 2c')).toBe(false);
  });

  test('a line that was asserted before anything ran is served: it is a level', () => {
    chip.fill(0, FRAME_A);
    chip.fill(1, FRAME_B);
    let frames = 0;
    while (can.attention()) if (can.receive(frame) === Status.Ok) frames++;
    expect(frames).toBe(2);
  });

  test('a spurious interrupt costs 2 bytes', () => {
    const before = counters.of(Counter.SpuriousInterrupts);
    line.glitches = 1;
    expect(receive()).toBe(EMPTY);
    expect(chip.take()).toBe('a0 00');
    expect(counters.of(Counter.SpuriousInterrupts)).toBe(before + 1);
  });

  test('a line that reads high for a moment does not undo what READ STATUS said', () => {
    chip.fill(0, FRAME_A);
    chip.fill(1, FRAME_B);
    expect(can.attention()).toBe(true);
    expect(receive()).toBe('101 1 0 0 aa');
    const enabled = chip.get(CANINTE);
    chip.set(CANINTE, 0);
    can.lineAsserted();
    chip.set(CANINTE, enabled);
    chip.take();
    expect(receive()).toBe('102 1 0 0 bb');
    expect(chip.take()).toBe('94 00 00 00 00 00 00');
  });

  test('without the line READ STATUS takes its place', () => {
    can.useInterruptLine = false;
    expect(can.attention()).toBe(false);
    expect(chip.take()).toBe('a0 00');
    chip.fill(0, FRAME_A);
    expect(can.attention()).toBe(true);
    expect(receive()).toBe('101 1 0 0 aa');
    expect(chip.take()).toBe('a0 00|90 00 00 00 00 00 00');
    expect(line.reads).toBe(0);
  });

  test('without the line a READ STATUS that shows RXB1 empty makes RXB0 the older one again', () => {
    can.useInterruptLine = false;
    chip.fill(0, FRAME_A);
    receive();
    expect(can.attention()).toBe(false);
    chip.fill(0, FRAME_B);
    chip.fill(1, FRAME_C);
    expect(receive()).toBe('102 1 0 0 bb');
    expect(receive()).toBe('103 1 0 0 cc');
  });

  test('an SPI block that stops is reported and counted', () => {
    const before = counters.of(Counter.SpiTimeouts);
    chip.fill(0, FRAME_A);
    chip.transactionsLeft = 1;
    expect(can.receive(frame)).toBe(Status.SpiTimeout);
    expect(counters.of(Counter.SpiTimeouts)).toBe(before + 1);
  });
});

describe('transmit', () => {
  test('a frame costs 7 + DLC bytes: LOAD TX BUFFER, then RTS, never TXREQ', () => {
    expect(transmit(can, 0, newFrame(0x123, 2, 0xbbaa))).toBe(Status.Ok);
    expect(chip.take()).toBe('40 24 60 00 00 02 aa bb|81');
    transmit(can, 1, newFrame(0x123, 0, 0));
    expect(chip.take()).toBe('42 24 60 00 00 00|82');
    transmit(can, 2, newFrame(0x123, 8, 0x0807060504030201));
    expect(chip.bytes).toBe(7 + 8);
    expect(chip.take()).toBe('44 24 60 00 00 08 01 02 03 04 05 06 07 08|84');
  });

  test('a preloaded answer is sent with one byte, again and again', () => {
    can.preload(2, newFrame(0x1a1, 1, 0x55));
    expect(chip.take()).toBe('44 34 20 00 00 01 55');
    expect(can.send(2, false)).toBe(Status.Ok);
    expect(chip.take()).toBe('84');
    chip.finish(2);
    can.pollStatus();
    chip.take();
    expect(can.send(2, false)).toBe(Status.Ok);
    expect(chip.take()).toBe('84');
  });

  test('new data for a preloaded frame costs 1 byte more than the data', () => {
    expect(can.loadData(2, 0x332211, 0, 3)).toBe(Status.Ok);
    expect(chip.take()).toBe('45 11 22 33');
    can.loadData(0, 0x0807060504030201, 0, 8);
    expect(chip.take()).toBe('41 01 02 03 04 05 06 07 08');
  });

  test('a buffer is busy from RTS until READ STATUS shows it done', () => {
    const before = counters.of(Counter.Transmitted);
    transmit(can, 0, newFrame(0x123, 0, 0));
    expect(can.transmitBusy(0)).toBe(true);
    expect(can.transmitBusy(2)).toBe(false);
    chip.take();
    expect(transmit(can, 0, newFrame(0x124, 0, 0))).toBe(Status.Busy);
    expect(can.loadData(0, 0, 0, 1)).toBe(Status.Busy);
    expect(chip.take()).toBe('');

    can.pollStatus();
    expect(chip.take()).toBe('a0 00');
    expect(can.transmitBusy(0)).toBe(true);
    chip.finish(0);
    can.pollStatus();
    expect(can.transmitBusy(0)).toBe(false);
    expect(can.anyTransmitBusy).toBe(false);
    expect(counters.of(Counter.Transmitted)).toBe(before + 1);
  });

  test('the READ STATUS of a reception also shows what has been sent', () => {
    transmit(can, 2, newFrame(0x123, 0, 0));
    chip.finish(2);
    chip.fill(0, FRAME_A);
    receive();
    expect(can.transmitBusy(2)).toBe(false);
  });

  test('a finished transmission does not assert the line', () => {
    transmit(can, 0, newFrame(0x123, 0, 0));
    chip.finish(0);
    expect(can.attention()).toBe(false);
  });
});
