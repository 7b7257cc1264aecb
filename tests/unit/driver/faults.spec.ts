// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The controller's looks at faults: bytes, events, counters, and the settings that must stay.
 */
import { FaultState } from '../../../src/can/fault-state';
import { allocateFrames, Frame } from '../../../src/can/frame';
import {
  EVENT_BRIEF_STATE,
  EVENT_BUS_ERROR,
  EVENT_CHIP_RESET,
  EVENT_FULL_LOOK,
  EVENT_OVERFLOW,
  EVENT_STATE,
} from '../../../src/driver/mcp2515/fault-monitor';
import { Counter } from '../../../src/rt/counters';
import { Status } from '../../../src/rt/status';
import { controllerOn, counters } from '../support/controller';
import { FakeChip, FakeClock, FakeLine } from '../support/fake-mcp2515';

const TEC: u32 = 0x1c;
const REC: u32 = 0x1d;
const CANSTAT: u32 = 0x0e;
const CANCTRL: u32 = 0x0f;
const CNF1: u32 = 0x2a;
const CANINTF: u32 = 0x2c;
const EFLG: u32 = 0x2d;
const FULL_LOOK = '03 28 00 00 00 00 00 00 00 00';

const frame = changetype<Frame>(allocateFrames(1));
let chip = new FakeChip();
let line = new FakeLine(chip);
let can = controllerOn(chip, new FakeClock(), line);

beforeEach(() => {
  chip = new FakeChip();
  line = new FakeLine(chip);
  can = controllerOn(chip, new FakeClock(), line);
  can.configure(12_000_000, 500_000);
  can.start();
  chip.set(CANINTF, 0);
  chip.set(EFLG, 0);
  chip.take();
});

/** Looks until the round ends; the bytes it took. */
function round(full: bool): string {
  for (let step = 0; step < 8; step++) {
    if (can.look(full) !== Status.Busy) return chip.take();
  }
  return 'does not end';
}

describe('a look', () => {
  test('costs 6 bytes when nothing is wrong, a full one 10 and 6', () => {
    expect(round(false)).toBe('03 2c 00 00 00 00');
    expect(round(true)).toBe(FULL_LOOK + '|03 1c 00 00 00 00');
    expect(can.faults.takeEvents()).toBe(EVENT_FULL_LOOK);
  });

  test('counts both overflows and clears what it saw, one access at a time', () => {
    const before0 = counters.of(Counter.ReceiveOverflow0);
    const before1 = counters.of(Counter.ReceiveOverflow1);
    chip.set(EFLG, 0xc0);
    expect(can.look(false)).toBe(Status.Busy);
    chip.set(EFLG, 0xc0);
    expect(can.look(false)).toBe(Status.Ok);
    expect(chip.take()).toBe('03 2c 00 00 00 00|05 2d c0 00');
    expect(chip.get(EFLG)).toBe(0);
    expect(counters.of(Counter.ReceiveOverflow0)).toBe(before0 + 1);
    expect(counters.of(Counter.ReceiveOverflow1)).toBe(before1 + 1);
    expect(can.faults.takeEvents()).toBe(EVENT_OVERFLOW);
  });

  test('counts the overflow of one buffer as that of no other', () => {
    const before0 = counters.of(Counter.ReceiveOverflow0);
    const before1 = counters.of(Counter.ReceiveOverflow1);
    chip.set(EFLG, 0x40); // RX0OVR
    round(false);
    expect(counters.of(Counter.ReceiveOverflow0)).toBe(before0 + 1);
    expect(counters.of(Counter.ReceiveOverflow1)).toBe(before1);
    chip.set(EFLG, 0x80); // RX1OVR
    round(false);
    expect(counters.of(Counter.ReceiveOverflow0)).toBe(before0 + 1);
    expect(counters.of(Counter.ReceiveOverflow1)).toBe(before1 + 1);
  });

  test('that is full has fresh receive flags, until the next transaction', () => {
    chip.set(CANINTF, 0x01);
    expect(can.look(true)).toBe(Status.Busy);
    expect(can.faults.receiveFlagsFresh).toBe(true);
    expect(can.faults.receiveFlags).toBe(0x01);
    expect(can.look(true)).toBe(Status.Ok);
    expect(can.faults.receiveFlagsFresh).toBe(false);
  });

  test('forgets all that it saw when the counters start again', () => {
    chip.set(CANINTF, 0x01);
    chip.set(EFLG, 0x40);
    round(true);
    can.faults.restart();
    expect(can.faults.takeEvents()).toBe(0);
    expect(can.faults.receiveFlags).toBe(0);
  });

  test('clears MERRF alone, so that the next one tells whether errors go on', () => {
    chip.set(CANINTF, 0x83);
    expect(round(false)).toBe('03 2c 00 00 00 00|05 2c 80 00');
    expect(chip.get(CANINTF)).toBe(0x03);
    expect(can.faults.takeEvents()).toBe(EVENT_BUS_ERROR);
    expect(can.faults.busErrorSeen).toBe(true);
    round(false);
    expect(can.faults.takeEvents()).toBe(0);
  });

  test('reads the counters after a change of state; a short look alone does not', () => {
    const before = counters.of(Counter.FaultStateChanges);
    chip.set(EFLG, 0x15);
    chip.set(TEC, 0x80);
    chip.set(REC, 0x07);
    expect(round(false)).toBe('03 2c 00 00 00 00|03 1c 00 00 00 00');
    expect(can.faults.takeEvents()).toBe(EVENT_STATE);
    expect(can.faultState()).toBe(FaultState.ErrorPassive);
    expect(can.faults.transmitErrors).toBe(128);
    expect(can.faults.receiveErrors).toBe(7);
    expect(round(false)).toBe('03 2c 00 00 00 00');
    expect(can.faults.takeEvents()).toBe(0);
    expect(counters.of(Counter.FaultStateChanges)).toBe(before + 1);
  });

  test('tells each state from EFLG, and the way back', () => {
    const eflg: StaticArray<u32> = [0x03, 0x05, 0x0b, 0x15, 0x3d, 0x00];
    const states: StaticArray<FaultState> = [
      FaultState.ErrorWarning,
      FaultState.ErrorWarning,
      FaultState.ErrorPassive,
      FaultState.ErrorPassive,
      FaultState.BusOff,
      FaultState.ErrorActive,
    ];
    for (let index = 0; index < eflg.length; index++) {
      chip.set(EFLG, eflg[index]);
      round(false);
      expect(can.faultState()).toBe(states[index]);
    }
  });

  test('that the bus did not finish is repeated', () => {
    chip.set(EFLG, 0x40);
    expect(can.look(false)).toBe(Status.Busy);
    chip.transactionsLeft = 0;
    expect(can.look(false)).toBe(Status.SpiTimeout);
    chip.transactionsLeft = -1;
    chip.take();
    expect(round(false)).toBe('05 2d 40 00');
  });
});

describe('bus-off', () => {
  test('that cannot be asked about is an error of the bus', () => {
    chip.transactionsLeft = 0;
    expect(can.checkRecovered()).toBe(Status.SpiTimeout);
  });

  test('lasts as long as TXBO is set, whatever else EFLG shows: 5 bytes', () => {
    chip.set(EFLG, 0x20);
    expect(can.checkRecovered()).toBe(Status.Busy);
    chip.set(EFLG, 0x15);
    expect(can.checkRecovered()).toBe(Status.Ok);
    expect(chip.take()).toBe('03 2d 00 00 00|03 2d 00 00 00');
  });

  test('is over, and the counters are zero, when the chip is on the bus again', () => {
    chip.set(EFLG, 0x35);
    round(false);
    expect(can.faultState()).toBe(FaultState.BusOff);
    expect(can.leaveNow(true)).toBe(Status.Ok);
    expect(can.closed).toBe(true);
    can.rejoin();
    expect(can.joined()).toBe(Status.Ok);
    expect(can.faultState()).toBe(FaultState.ErrorActive);
    expect(chip.take()).toBe('05 0f 10 10|05 0f f8 00|03 0e 00');
  });
});

describe('the settings', () => {
  test('that were lost are said after a second look', () => {
    chip.set(CNF1, 0x55);
    expect(can.look(true)).toBe(Status.Busy);
    expect(can.look(false)).toBe(Status.Ok);
    expect(chip.take()).toBe(FULL_LOOK + '|' + FULL_LOOK);
    expect(can.faults.takeEvents() & EVENT_CHIP_RESET).toBe(EVENT_CHIP_RESET);
  });

  test('are also one-shot mode and the mode asked for, at the end of the row', () => {
    const bits: StaticArray<u32> = [0x08, 0x40];
    for (let index = 0; index < bits.length; index++) {
      can.rememberSettings();
      chip.set(CANCTRL, chip.get(CANCTRL) ^ bits[index]);
      can.look(true);
      can.look(true);
      expect(can.faults.takeEvents() & EVENT_CHIP_RESET).toBe(EVENT_CHIP_RESET);
    }
  });

  test('that were misread once are not lost', () => {
    chip.set(CNF1, 0x55);
    can.look(true);
    chip.set(CNF1, 0x00);
    // A full look that is good goes on to the counters.
    expect(can.look(false)).toBe(Status.Busy);
    expect(can.look(false)).toBe(Status.Ok);
    expect(can.faults.takeEvents() & EVENT_CHIP_RESET).toBe(0);
  });

  test('of a chip that is gone are lost, and its flags mean nothing', () => {
    chip.silentValue = 0xff;
    expect(can.look(true)).toBe(Status.Busy);
    expect(can.look(true)).toBe(Status.Ok);
    expect(can.faults.takeEvents()).toBe(EVENT_CHIP_RESET);
    expect(can.faultState()).toBe(FaultState.ErrorActive);
  });
});

describe('a chip whose supply drops', () => {
  test('in the middle of any look tells nothing but that, be the rest all ones or all zeros', () => {
    const rests: StaticArray<i32> = [0xff, 0x00];
    // 0: a short look; 1: a full one; 2: the counters after it.
    for (let kind = 0; kind < 3; kind++) {
      for (let rest = 0; rest < rests.length; rest++) {
        const bytes: u32 = kind === 1 ? 10 : 6;
        for (let byte: u32 = 0; byte < bytes; byte++) {
          can.faults.restart();
          can.faults.takeEvents();
          chip.silentValue = -1;
          chip.set(EFLG, 0x00);
          if (kind === 2) can.look(true);
          chip.silentValue = rests[rest];
          chip.silentFrom = byte;
          expect(can.look(kind === 1)).toBe(Status.Busy);
          // From then on it has reset values.
          chip.silentFrom = 0;
          expect(can.look(false)).toBe(Status.Ok);
          expect(can.faults.takeEvents() & ~EVENT_FULL_LOOK).toBe(EVENT_CHIP_RESET);
          expect(can.faultState()).toBe(FaultState.ErrorActive);
          expect(can.faults.transmitErrors).toBe(0);
        }
      }
    }
  });

  test('during bus-off has not recovered: it is lost', () => {
    chip.set(EFLG, 0x20);
    can.leaveNow(true);
    expect(can.checkRecovered()).toBe(Status.Busy);
    chip.silentValue = 0x00;
    expect(can.checkRecovered()).toBe(Status.Busy);
    expect(can.checkRecovered()).toBe(Status.ChipNotInNormalMode);
  });

  test('before its settings are remembered has none that are', () => {
    chip.set(CANCTRL, 0x87);
    chip.set(CANSTAT, 0x80);
    expect(can.rememberSettings()).toBe(Status.ChipNotInNormalMode);
  });

  test('has no frame for READ STATUS that reads as ones, nor one whose header does', () => {
    const before = counters.of(Counter.ReceiveBroken);
    const received = counters.of(Counter.Received);
    chip.silentValue = 0xff;
    expect(can.pollStatus()).toBe(Status.Ok);
    expect(can.frameKnown).toBe(false);
    chip.silentValue = -1;
    chip.fill(0, '20 00 00 00 00 00 00 00 00 00 00 00 00');
    chip.fill(1, '20 00 00 00 00 00 00 00 00 00 00 00 00');
    expect(can.attention()).toBe(true);
    expect(can.pollStatus()).toBe(Status.Ok);
    chip.silentValue = 0xff;
    chip.silentFrom = 5;
    expect(can.receive(frame)).toBe(Status.Empty);
    expect(can.frameKnown).toBe(false);
    expect(counters.of(Counter.ReceiveBroken)).toBe(before + 1);
    expect(counters.of(Counter.Received)).toBe(received);
  });
});

describe('the line', () => {
  test('agrees with the receive flags', () => {
    round(true);
    expect(can.checkLine()).toBe(Status.Ok);
    chip.set(CANINTF, 0x02);
    round(true);
    expect(can.checkLine()).toBe(Status.Ok);
  });

  test('is silent: a flag is set, and it is not asserted', () => {
    const other = new FakeChip();
    const deaf = controllerOn(chip, new FakeClock(), new FakeLine(other));
    chip.set(CANINTF, 0x01);
    deaf.look(true);
    expect(deaf.checkLine()).toBe(Status.Timeout);
  });

  test('is stuck: asserted for nothing', () => {
    round(true);
    line.glitches = 1;
    expect(can.checkLine()).toBe(Status.Empty);
  });
});

const ERRIF: u32 = 0x20;

describe('a state that began and ended between two looks', () => {
  test('is told by ERRIF, which is then cleared', () => {
    round(false);
    chip.set(CANINTF, ERRIF);
    chip.set(REC, 94);
    expect(round(false)).toBe('03 2c 00 00 00 00|03 1c 00 00 00 00|05 2c 20 00');
    expect(can.faults.takeEvents()).toBe(EVENT_BRIEF_STATE | EVENT_STATE);
    expect(can.faults.receiveErrors).toBe(94);
    expect(can.faultState()).toBe(FaultState.ErrorActive);
    expect(round(false)).toBe('03 2c 00 00 00 00');
    expect(can.faults.takeEvents()).toBe(0);
  });

  test('is not what ERRIF tells of in the first look, which shows a state: it is cleared', () => {
    chip.set(CANINTF, ERRIF);
    chip.set(EFLG, 0x03);
    expect(round(false)).toBe('03 2c 00 00 00 00|03 1c 00 00 00 00|05 2c 20 00');
    expect(can.faults.takeEvents()).toBe(EVENT_STATE);
  });

  test('is not what ERRIF tells of with a state that lasts, or has just ended', () => {
    round(false);
    chip.set(CANINTF, ERRIF);
    chip.set(EFLG, 0x03); // RXWAR, EWARN
    round(false);
    expect(can.faults.takeEvents()).toBe(EVENT_STATE);
    chip.set(CANINTF, ERRIF);
    chip.set(EFLG, 0);
    round(false);
    expect(can.faults.takeEvents()).toBe(EVENT_STATE);
    expect(chip.get(CANINTF)).toBe(0);
  });

  test('is not what an overflow leaves behind, though it sets ERRIF, too', () => {
    round(false);
    chip.set(CANINTF, ERRIF);
    chip.set(EFLG, 0x40);
    expect(round(false)).toBe('03 2c 00 00 00 00|05 2d 40 00|05 2c 20 00');
    expect(can.faults.takeEvents()).toBe(EVENT_OVERFLOW);
    round(false);
    expect(can.faults.takeEvents()).toBe(0);
  });

  test('is told within a state where ERRIF can be cleared, and not guessed where it cannot', () => {
    round(false);
    chip.set(CANINTF, ERRIF);
    chip.set(EFLG, 0x03);
    round(false);
    can.faults.takeEvents();
    // A chip that keeps the flag while the state lasts.
    chip.set(CANINTF, ERRIF);
    expect(round(false)).toBe('03 2c 00 00 00 00', 'and it is not cleared again and again');
    expect(can.faults.takeEvents()).toBe(0);
    // One that does not: REC was 128 or more in between.
    chip.set(CANINTF, 0);
    round(false);
    chip.set(CANINTF, ERRIF);
    round(false);
    expect(can.faults.takeEvents()).toBe(EVENT_BRIEF_STATE | EVENT_STATE);
  });
});
