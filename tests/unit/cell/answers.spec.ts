// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Urgent answers: by filter, by reading, several in a row, and those that cannot be sent.
 *
 * Sources: docs/rules.md ("Limits", "receive", "How a request is recognised") and counters 8, 9,
 * 31, 41 and 64 to 73 of docs/status-page.md. RTS of buffer 2 is 84, of buffer 1 82. READ RX BUFFER
 * 0 is 90, 1 is 94. RX STATUS is b0.
 */
import { Counter } from '../../../src/rt/counters';
import { Status } from '../../../src/rt/status';
import { newFrame } from '../support/frames';
import { FakeBoard } from './fake-board';

const FRAME_100 = '20 00 00 00 01 aa 00 00 00 00 00 00 00'; // 100#AA
const FRAME_102 = '20 40 00 00 02 aa bb 00 00 00 00 00 00'; // 102#AABB
const FRAME_200 = '40 00 00 00 02 11 22 00 00 00 00 00 00'; // 200#1122
const FRAME_300 = '60 00 00 00 02 33 44 00 00 00 00 00 00'; // 300#3344

/**
 * Rules: 0x100 by the first filter; 0x200 by reading, static; 0x300 by reading, with a copy of byte
 * 0.
 */
function board(commandLine: string = ''): FakeBoard {
  const made = new FakeBoard(commandLine);
  const image = made.loadRules();
  store<u8>(image.addAnswer(0x100, 0x110, 1, 0x01), 1, 27);
  image.addAnswer(0x200, 0x210, 2, 0xbbaa);
  const computed = image.addAnswer(0x300, 0x310, 1, 0);
  store<u8>(computed, 1, 24);
  store<u8>(computed, 0, 40);
  image.finish();
  return made;
}

/**
 * Rules: 0x100 and 0x102 by the two filters. Then no other rule answers (docs/rules.md, offset 27).
 */
function twoFilters(): FakeBoard {
  const made = new FakeBoard();
  const image = made.loadRules();
  store<u8>(image.addAnswer(0x100, 0x110, 1, 0x01), 1, 27);
  store<u8>(image.addAnswer(0x102, 0x112, 1, 0x02), 2, 27);
  image.finish();
  return made;
}

/** One rule, answered by reading. */
function reading(commandLine: string = ''): FakeBoard {
  const made = new FakeBoard(commandLine);
  const image = made.loadRules();
  image.addAnswer(0x200, 0x210, 2, 0xbbaa);
  image.finish();
  return made;
}

/** RXB0 receives a frame that filter `filter` recognises. */
function request(made: FakeBoard, filter: u32, registers: string): void {
  made.chip.formAndFilter = filter;
  made.chip.fill(0, registers);
}

/** RXB1 receives any other frame. */
function other(made: FakeBoard, registers: string): void {
  made.chip.fill(1, registers);
}

describe('a request that a filter recognises', () => {
  test('is answered by RX STATUS and RTS, before it is read', () => {
    const made = twoFilters().connected();
    request(made, 0, FRAME_100);
    made.step();
    expect(made.chip.take().startsWith('b0 00|84|90')).toBe(true);
    made.chip.finish(2);
    request(made, 1, FRAME_102);
    made.step();
    expect(made.chip.take().startsWith('b0 00|82|90')).toBe(true);
    expect(made.counted(Counter.AnsweredStatic)).toBe(2);
    expect(made.counted(Counter.AnsweredNotForwarded)).toBe(2);
    expect(load<u32>(made.parts.records.staticAnswers.address)).toBe(2, 'times measured');
    made.chip.finish(1);
    made.pass(2_000);
    expect(made.counted(Counter.AnswersSent)).toBe(2);
  });

  test('is answered again for each request while the ones before are on their way', () => {
    const made = board().connected();
    for (let index = 0; index < 3; index++) {
      request(made, 0, FRAME_100);
      made.pass(2_000);
    }
    // Three are in the chip.
    for (let index = 0; index < 35; index++) {
      request(made, 0, FRAME_100);
      made.step();
    }
    expect(made.counted(Counter.AnsweredStatic)).toBe(38);
    expect(made.counted(Counter.AnswersDropped)).toBe(3);
    for (let index = 0; index < 20; index++) {
      for (let buffer = 0; buffer < 3; buffer++) made.chip.finish(buffer);
      made.pass(2_000);
    }
    expect(made.counted(Counter.AnswersSent)).toBe(35);
  });

  test('of the second filter waits and is repeated as well', () => {
    const made = twoFilters().connected();
    request(made, 1, FRAME_102);
    made.step();
    request(made, 1, FRAME_102);
    made.step();
    expect(made.counted(Counter.AnswersDelayed)).toBe(1);
    made.pass(2_000);
    made.chip.finish(1);
    made.chip.finish(0);
    made.pass(2_000);
    expect(made.counted(Counter.AnswersSent)).toBe(2);
  });

  test('whose repeated answer meets a block that has stopped is counted', () => {
    const made = board().connected();
    request(made, 0, FRAME_100);
    made.step();
    request(made, 0, FRAME_100);
    made.step();
    made.chip.transactionsLeft = 0;
    made.step(2);
    expect(made.counted(Counter.AnswersFaulted)).toBe(1);
  });

  test('that has rolled over to RXB1 is read and answered once', () => {
    const made = board().connected();
    other(made, FRAME_100);
    made.step(2);
    expect(made.chip.take().endsWith('|84')).toBe(true);
    expect(made.counted(Counter.AnsweredStatic)).toBe(1);
  });

  test('is not answered in listen-only mode, nor by a block that has stopped', () => {
    const quiet = board('mode=listen-only').connected();
    request(quiet, 0, FRAME_100);
    quiet.step();
    expect(quiet.chip.take().includes('84')).toBe(false);
    expect(quiet.counted(Counter.AnswersListenOnly)).toBe(1);
    const stopped = board().connected();
    request(stopped, 0, FRAME_100);
    stopped.chip.transactionsLeft = 1; // RX STATUS
    stopped.step();
    expect(stopped.counted(Counter.AnswersFaulted)).toBe(1);
  });

  test('has no buffer of its own where SPI is too slow for the bit rate, and the console says so', () => {
    const made = board('bitrate=1000000 spi=1000000');
    expect(made.start()).toBe(Status.Ok);
    const said = made.said();
    expect(said.includes('cannot empty one receive buffer in time at 1000000 bit/s')).toBe(
      true,
      said,
    );
    made.chip.take();
    made.chip.fill(0, FRAME_100);
    made.step(2);
    expect(made.chip.take().endsWith('|84')).toBe(true);
  });

  test('has one where the rules ask for it all the same', () => {
    const made = board('bitrate=1000000 spi=1000000');
    // Flags: bits 2 to 1, receive, are set to urgent-first.
    const rules = made.host.rules;
    store<u32>(rules, 2 << 1, 20);
    seal(rules);
    made.connected();
    request(made, 0, FRAME_100);
    made.step();
    expect(made.chip.take().startsWith('b0 00|84')).toBe(true);
  });

  test('with a length looks at that first', () => {
    const made = new FakeBoard();
    const image = made.loadRules();
    const rule = image.addAnswer(0x100, 0x110, 1, 0x01);
    store<u8>(rule, 1, 24);
    store<u8>(rule, 1, 27);
    image.finish();
    made.connected();
    request(made, 0, FRAME_100);
    made.step();
    expect(made.chip.take().startsWith('b0 00|03 65 00|84')).toBe(true);
  });
});

/** Writes the checksum again. */
function seal(address: usize): void {
  store<u32>(address, 0, 12);
  const total = load<u32>(address, 8);
  let crc: u32 = 0xffffffff;
  for (let byte: u32 = 0; byte < total; byte++) {
    crc ^= load<u8>(address + byte);
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1) !== 0 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  store<u32>(address, ~crc, 12);
}

describe('a request that is read', () => {
  test('is answered in the step that reads it; a computed answer counts as one', () => {
    const made = board().connected();
    other(made, FRAME_300);
    made.step();
    expect(made.chip.take().endsWith('|82')).toBe(
      true,
      'the second buffer: the first is of a filter',
    );
    expect(made.counted(Counter.AnsweredComputed)).toBe(1);
    expect(load<u32>(made.parts.records.computedAnswers.address)).toBe(1, 'times measured');
  });

  test('of the same form sends its data only, and of the same answer nothing but RTS', () => {
    const made = reading().connected();
    made.chip.fill(0, FRAME_200);
    made.step();
    expect(made.chip.take().endsWith('|84')).toBe(true);
    made.chip.finish(2);
    made.chip.fill(0, FRAME_200);
    made.step();
    const sent = made.chip.take();
    expect(sent.endsWith('|84')).toBe(true, sent);
    expect(sent.includes('|44 ')).toBe(false, 'no LOAD');
  });

  test('with other data sends that alone; after a block that stopped in it, all of it', () => {
    const made = board().connected();
    other(made, FRAME_300);
    made.step();
    const transactions = made.chip.take().split('|').length;
    made.chip.finish(1);
    made.pass(2_000);
    made.chip.take();
    other(made, FRAME_300.replace('33 44', '55 44'));
    made.step();
    // LOAD TX BUFFER 1 from D0.
    expect(made.chip.take().endsWith('|43 55|82')).toBe(true);
    made.chip.finish(1);
    made.pass(2_000);
    other(made, FRAME_300);
    made.chip.transactionsLeft = transactions - 2;
    made.step();
    expect(made.counted(Counter.AnswersFaulted)).toBe(1);
    made.chip.transactionsLeft = -1;
    made.chip.take();
    other(made, FRAME_300);
    made.step();
    expect(made.chip.take().includes('|42 62 00 00 00 01 33|82')).toBe(true, '310#33');
  });

  test('waits while the buffers are taken, 32 of them, and one more is dropped and said', () => {
    const made = reading('console=on').connected();
    for (let index = 0; index < 36; index++) {
      made.chip.fill(0, FRAME_200);
      made.step();
    }
    expect(made.counted(Counter.AnswersDelayed)).toBe(32);
    expect(made.counted(Counter.AnswersDropped)).toBe(1);
    made.pass(20_000);
    const said = made.said();
    expect(said.includes('canwarden: urgent answers dropped 1 times')).toBe(true, said);
    expect(said.includes('(status 59)')).toBe(true, said);
    for (let index = 0; index < 20; index++) {
      for (let buffer = 0; buffer < 3; buffer++) made.chip.finish(buffer);
      made.pass(2_000);
    }
    expect(made.counted(Counter.AnswersSent)).toBe(35);
  });

  test('whose answer waits gives way to a frame that comes in, and goes out once', () => {
    const made = board().connected();
    other(made, FRAME_200);
    made.step();
    other(made, FRAME_300);
    made.step();
    other(made, FRAME_300.replace('33 44', '55 44'));
    made.step();
    expect(made.counted(Counter.AnswersDelayed)).toBe(1);
    made.chip.take();
    made.chip.finish(1);
    made.chip.givesWay = 3;
    made.pass(2_000);
    made.chip.finish(0);
    made.chip.finish(1);
    made.pass(2_000);
    expect(made.counted(Counter.AnswersSent)).toBe(3);
  });

  test('is given up at bus-off, with all that wait', () => {
    const made = board().connected();
    for (let index = 0; index < 3; index++) {
      other(made, FRAME_200);
      made.step(4);
      request(made, 0, FRAME_100);
      made.step(4);
    }
    expect(made.counted(Counter.AnswersDelayed)).toBe(3);
    made.chip.set(0x2d, 0x20);
    made.pass(5_000);
    expect(made.counted(Counter.AnswersBusOff)).toBe(6);
    expect(made.parts.records.page.headOf(0x7c)).toBeLessThan(7);
  });

  test('is lost with the settings of the chip, and so are the repeated ones', () => {
    const made = board().connected();
    for (let index = 0; index < 3; index++) {
      request(made, 0, FRAME_100);
      made.step();
    }
    // After a drop of the supply: configuration mode, and no request to send.
    made.chip.set(0x0e, 0x80);
    made.chip.set(0x0f, 0x87);
    made.chip.set(0x50, 0);
    made.pass(60_000);
    expect(made.counted(Counter.ChipResets)).toBe(1);
    expect(made.counted(Counter.AnswersChipReset)).toBe(3);
  });
});

describe('a frame of the bus', () => {
  test('that a rule drops reaches nobody', () => {
    const made = new FakeBoard();
    const image = made.loadRules();
    store<u8>(image.add(0x200), 0, 25);
    image.finish();
    made.connected();
    made.chip.fill(0, FRAME_200);
    made.step(4);
    expect(made.counted(Counter.DroppedByRule)).toBe(1);
    expect(made.takeFromCell()).toBe('');
  });

  test('that no rule matches reaches nobody where the rules say so', () => {
    const made = new FakeBoard();
    const image = made.loadRules();
    store<u32>(image.address, 1, 20); // default: drop
    image.finish();
    made.connected();
    made.chip.fill(0, FRAME_200);
    made.step(4);
    expect(made.counted(Counter.DroppedByRule)).toBe(1);
    const index = (load<u32>(made.page.base + 0x1f00) - 1) & 1023;
    // Event 3, without a rule.
    expect(load<u32>(made.page.base + 0x2000 + 16 * index, 8)).toBe(0xffff0003);
  });

  test('is told from a line that is asserted for nothing', () => {
    const made = new FakeBoard().connected();
    made.line.glitches = 1;
    made.step(3);
    expect(made.counted(Counter.SpuriousInterrupts)).toBe(1);
    expect(made.counted(Counter.Received)).toBe(0);
  });

  test('is found by READ STATUS with int=spi', () => {
    const made = new FakeBoard('int=spi').connected();
    made.chip.fill(0, FRAME_200);
    made.step(3);
    expect(made.counted(Counter.Received)).toBe(1);
  });

  test('that finds the ring of the cell full is counted by whose fault it is', () => {
    const without = new FakeBoard();
    expect(without.start()).toBe(Status.Ok);
    for (let index = 0; index < 256; index++) {
      without.parts.forwardRing.put(changetype<usize>(newFrame(0x1, 0, 0)));
    }
    without.chip.fill(0, FRAME_200);
    without.cell.step();
    expect(without.counted(Counter.ForwardDroppedNoPeer)).toBe(1);
    const own = new FakeBoard().connected();
    for (let index = 0; index < 256; index++) {
      own.parts.forwardRing.put(changetype<usize>(newFrame(0x1, 0, 0)));
    }
    own.chip.fill(0, FRAME_200);
    own.cell.step();
    expect(own.counted(Counter.ForwardDroppedOwnRing)).toBe(1);
    const full = new FakeBoard().connected();
    full.aglRuns = false;
    for (let index = 0; index < 1_000 && full.parts.agl.canSubmit(); index++) {
      full.parts.forwardRing.put(changetype<usize>(newFrame(0x1, 0, 0)));
      full.cell.step();
    }
    while (full.parts.forwardRing.put(changetype<usize>(newFrame(0x1, 0, 0))) === Status.Ok)
      continue;
    full.chip.fill(0, FRAME_200);
    full.cell.step();
    expect(full.counted(Counter.ForwardDroppedFull)).toBe(1);
  });

  test('that is remote is not carried by virtio-can without RTR frames', () => {
    const made = new FakeBoard().connected();
    made.parts.forwardRing.put(changetype<usize>(newFrame(0x40000123, 9, 0)));
    made.step(3);
    expect(made.counted(Counter.ForwardDroppedUnsupported)).toBe(1);
  });
});
