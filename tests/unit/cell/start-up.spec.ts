// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The outcomes of a start. docs/troubleshooting.md explains each status, docs/settings.md the
 * choice of the clock.
 */
import { Counter } from '../../../src/rt/counters';
import { Status } from '../../../src/rt/status';
import { FakeBoard } from './fake-board';

const CANCTRL: u32 = 0x0f;
const CNF3: u32 = 0x28;
const TXB0D0: u32 = 0x36;
const CANSTAT_LISTEN_ONLY: u32 = 0x60;
const CANSTAT: u32 = 0x0e;

/** Starts the cell. Expects that it reports `words` and stays down with `status`. */
function expectDown(board: FakeBoard, status: Status, words: string): void {
  expect(board.start()).toBe(status);
  const said = board.said();
  expect(said.includes(words)).toBe(true, said);
  expect(said.endsWith(`(status ${<i32>status})\n`)).toBe(true, said);
}

/** Starts the cell. Expects that it reports `words` and `status`, and runs. */
function expectRuns(board: FakeBoard, status: Status, words: string): void {
  expect(board.start()).toBe(Status.Ok, board.host.console);
  const said = board.said();
  expect(said.includes(words)).toBe(true, said);
  expect(said.includes(`status ${<i32>status})`)).toBe(true, said);
  expect(said.includes('canwarden: ready')).toBe(true, said);
  expect(board.host.failures).toBe(0);
}

/** A board whose SPI takes the time of its clock, 6 clocks a byte: 12 us at 500 kHz. */
function timed(commandLine: string = ''): FakeBoard {
  const board = new FakeBoard(`spi=500000 ${commandLine}`);
  board.clock.perLook = 1;
  board.chip.ticksPerByte = 12;
  return board;
}

describe('a start', () => {
  test('that goes well says one line: bit rate, crystal, clock, rules', () => {
    const board = timed();
    expect(board.start()).toBe(Status.Ok);
    expect(board.said()).toBe(
      'canwarden: no rules image at 0x00000000: every frame is forwarded, none answered\n' +
        'canwarden: ready, 500000 bit/s, sample point 83.3 %, crystal 12000000 Hz, SPI 500000 Hz, rules 0\n',
    );
    expect(board.chip.get(CANSTAT)).toBe(0x00, 'normal mode');
  });

  test('without the hypervisor, or under another revision of it, ends', () => {
    const none = new FakeBoard();
    none.host.regionStatus = Status.CommRegionMagic;
    none.host.pageAddress = 0x80000000;
    expectDown(none, Status.CommRegionMagic, 'region at 0x80000000: no "JHCOMM" signature');
    const other = new FakeBoard();
    other.host.regionStatus = Status.CommRegionRevision;
    other.host.refused = 1;
    expectDown(other, Status.CommRegionRevision, ': revision 1, the cell needs 2');
    expect(other.chip.sent).toBe('', 'nothing was sent');
  });

  test('with a word that it does not know ends and reports FAILED', () => {
    const board = new FakeBoard('speed=9');
    expectDown(board, Status.CommandLineUnknownKey, 'unknown key in "speed=9"');
    expect(board.host.failures).toBe(1);
    expect(board.chip.sent).toBe('', 'nothing was sent');
  });

  test('without a link, or without a status page, goes on', () => {
    const board = new FakeBoard();
    board.host.linkStatus = Status.IvshmemPeers;
    board.host.refused = 3;
    expectRuns(board, Status.IvshmemPeers, 'found 0x00000003. Urgent frames are answered');
    const blind = new FakeBoard();
    blind.host.pageStatus = Status.ControlAbsent;
    expectRuns(blind, Status.ControlAbsent, 'no status page');
    expect(load<u32>(blind.page.base)).toBe(0, 'no magic');
  });

  test('after a trap ends the line that it may have cut off', () => {
    const board = new FakeBoard();
    expect(board.cell.start(1)).toBe(Status.Ok);
    expect(board.said().startsWith('\n')).toBe(true);
  });
});

describe('the rules at the start', () => {
  test('are in force when they are right, and counted in the ready line', () => {
    const board = timed();
    const image = board.loadRules();
    image.addAnswer(0x200, 0x201, 2, 0xbbaa);
    image.finish();
    expect(board.start()).toBe(Status.Ok);
    expect(board.said().endsWith('rules 1\n')).toBe(true);
  });

  test('are refused by name of the status, and of the rule where it is one', () => {
    const broken = new FakeBoard();
    const image = broken.loadRules();
    image.add(0x200);
    image.finish();
    store<u8>(image.address + 40, 7);
    expectRuns(broken, Status.RulesCrc, 'rules image refused: every frame is forwarded');
    const overlapping = new FakeBoard();
    const twice = overlapping.loadRules();
    twice.add(0x200);
    twice.add(0x200);
    twice.finish();
    expectRuns(overlapping, Status.RulesOverlap, 'rules image refused at rule 2');
  });
});

describe('the chip at the start', () => {
  test('that is silent, low or high, ends it', () => {
    const low = new FakeBoard();
    low.chip.silentValue = 0x00;
    expectDown(low, Status.ChipSilentLow, 'CANSTAT reads 0x00, expected 0x80. Is the HAT on');
    expect(low.host.failures).toBe(1);
    const high = new FakeBoard();
    high.chip.silentValue = 0xff;
    expectDown(high, Status.ChipSilentHigh, 'CANSTAT reads 0xff');
  });

  test('that does not reset ends it, after all slower clocks', () => {
    const board = new FakeBoard();
    board.chip.modeStuck = true;
    expectDown(board, Status.ChipNotInConfigurationMode, 'does not reset: CANSTAT reads 0x20');
    expect(board.chip.clockHertz).toBe(1_000_000);
  });

  test('with a register that does not keep its value ends it, after all slower clocks', () => {
    const board = new FakeBoard();
    board.chip.brokenRegister = CNF3;
    expectDown(board, Status.RegisterVerifyMismatch, 'MCP2515 register 0x28 reads');
    expect(board.chip.clockHertz).toBe(1_000_000);
  });

  test('behind a block that finishes no transfer ends it', () => {
    const board = new FakeBoard();
    board.chip.transactionsLeft = 0;
    expectDown(board, Status.SpiTimeout, 'SPI0 does not finish a transfer');
    expect(board.counted(Counter.SpiTimeouts)).toBeGreaterThan(0);
  });

  test('with a bit rate that no timing makes ends it', () => {
    const board = new FakeBoard('bitrate=1000000 osc=8000000');
    expectDown(board, Status.BitRateImpossible, '1000000 bit/s is impossible with a 8000000 Hz');
  });

  test('that does not join the bus waits for it, and the cell runs', () => {
    const board = new FakeBoard();
    board.chip.brokenRegister = CANCTRL;
    expectRuns(board, Status.ChipNotInNormalMode, 'tried again every 100 ms');
    board.chip.brokenRegister = -1;
    board.pass(200_000);
    expect(board.chip.get(CANSTAT)).toBe(0x00, 'normal mode');
  });
});

describe('the SPI clock', () => {
  test('is the wanted one while a byte takes what it should', () => {
    const board = timed();
    expect(board.start()).toBe(Status.Ok);
    expect(board.said().includes('instead of')).toBe(false);
  });

  test('goes down to 5 MHz where what is written reads back wrong, and says so', () => {
    const board = new FakeBoard();
    board.chip.brokenRegister = TXB0D0;
    board.chip.repairAt = 5_000_000;
    expectRuns(board, Status.SpiClockLowered, 'SPI 5000000 Hz instead of 10000000, where reading');
  });

  test('that is slower than the divider says is kept, and said', () => {
    const board = timed();
    board.chip.ticksPerByte = 24;
    expectRuns(board, Status.SpiClockUnexpected, ': core_freq is not 500 (status 18)');
    expect(board.chip.clockHertz).toBeLessThan(300_000);
    expect(board.chip.configuredFrom).toBe(500_000_000);
  });

  test('that is faster than the divider says is divided further', () => {
    const board = timed();
    board.chip.ticksPerByte = 9;
    expectRuns(board, Status.SpiClockUnexpected, ': core_freq is not 500 (status 18)');
    expect(board.chip.configuredFrom).toBeGreaterThan(600_000_000);
  });

  test('is taken for right where bytes take no time', () => {
    const board = timed();
    board.chip.ticksPerByte = 0;
    expect(board.start()).toBe(Status.Ok);
    expect(board.said().includes('instead of')).toBe(false);
  });

  // 15 bytes take 270 us, and should take 180. A quarter of that is 45 us; 17 accesses are 85 us, or 17.
  test('is taken for right where slow accesses explain the time', () => {
    const slow = timed();
    slow.chip.ticksPerByte = 18;
    slow.clock.perLook = 5;
    expect(slow.start()).toBe(Status.Ok);
    expect(slow.said().includes('instead of')).toBe(false);
    const board = timed();
    board.chip.ticksPerByte = 18;
    expectRuns(board, Status.SpiClockUnexpected, ': core_freq is not 500 (status 18)');
  });

  test('that the block cannot make ends the start', () => {
    const board = new FakeBoard();
    board.chip.canConfigure = false;
    expect(board.start()).toBe(Status.SpiClockImpossible);
  });
});

describe('the ready line', () => {
  test('says what the crystal makes of the bit rate, and when that is too far off', () => {
    const doubtful = new FakeBoard('bitrate=470000');
    expectRuns(doubtful, Status.BitRateInexact, ' % off: too much for a bus; status 17)');
    // 8 MHz and 83,333 bit/s: 16 MHz / 2 / 96 = 83,333.3.
    const close = new FakeBoard('osc=16000000 bitrate=83333');
    expect(close.start()).toBe(Status.Ok);
    expect(close.said().includes('status 17')).toBe(false);
  });

  test('says the modes in which the cell does less', () => {
    expectRuns(
      new FakeBoard('mode=listen-only'),
      Status.ListenOnly,
      ', listen-only: nothing is sent',
    );
    const loop = new FakeBoard('mode=loopback');
    expect(loop.start()).toBe(Status.Ok);
    expect(loop.said().includes(', loopback: the bus sees nothing of the cell')).toBe(true);
    expect(loop.chip.get(CANSTAT)).toBe(0x40);
  });

  test('in listen-only mode stands for a chip in that mode', () => {
    const board = new FakeBoard('mode=listen-only oneshot=1 triple=1');
    expect(board.start()).toBe(Status.Ok);
    expect(board.chip.get(CANSTAT)).toBe(CANSTAT_LISTEN_ONLY);
    expect(board.chip.get(CANCTRL) & 0x08).toBe(0x08, 'OSM');
  });
});
