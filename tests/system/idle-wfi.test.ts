// SPDX-License-Identifier: MIT
/** `idle=wfi`: the core sleeps, and nothing is lost, late or silent; without the grant it polls. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadMeasured, openBench } from '../../lab/measure/bench.ts';
import { type Figures, measureLatencies } from '../../lab/measure/figures.ts';
import { type IdleKind, loadFirmware } from '../../lab/rig/firmware.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import { type Board, CELL_SENDER } from '../../twin/board/board.ts';
import { runUntil, shutDown } from '../../twin/board/cell-control.ts';
import { cellLines, framesOf, logOf, onBothEngines, play } from './play.ts';
import { EACH_KIND } from '../rule-tables.ts';

const COMMAND_LINE = 'bitrate=500000 osc=12000000 spi=10000000 idle=wfi console=on';
/** The cell config that grants INTID 145 and lets the cell write the GPIO page. */
const granted = (engine: EngineName) => ({
  commandLine: COMMAND_LINE,
  firmware: loadFirmware(engine, { idle: 'wfi' }),
});
const MILLISECOND = 1_000_000;
/** Time for a line to go out, a character in 100 us. */
const LINE_NANOS = 20 * MILLISECOND;
const INT_MASK = 1 << 25;
// GPIO block (BCM2711 ARM Peripherals, 5.2).
const GPEDS0 = 0x40;
const GPLEN0 = 0x70;
/** Status numbers of src/rt/status.ts, as the console says them. */
const NOT_GRANTED = /\(status 28\)$/;
const DISTURBED = /\(status 29\)$/;

const BUS = logOf(
  'ecu',
  '0.000 111#0102030405060708',
  '0.001 1A0#01',
  '0.002 2B0#0A0B0C',
  '0.003 18DA10F1#0322F190',
  '0.0100 3C0#R',
  '0.0105 7F3#00',
  '0.0300 12345678#',
);
const AGL = logOf('can0', '0.0005 300#AA', '0.0095 1ABCDEF0#BBCC', '0.0200 301#R');
const SENT_BY_THE_CELL = [
  'canwarden 18DAF110#037F2278',
  'canwarden 1A1#010064A5',
  'canwarden 1ABCDEF0#BBCC',
  'canwarden 2B1#500A0B0000000000',
  'canwarden 300#AA',
  'canwarden 301#R',
  'canwarden 3C0#11',
];

/** A board with its session, at rest for 10 ms. */
async function boot(engine: EngineName, idle: IdleKind, settings?: string): Promise<Board> {
  const board = await openBench(loadMeasured(engine, { idle }), {
    engine,
    bitrate: 500_000,
    spiHertz: 10_000_000,
    rules: EACH_KIND,
    settings,
  });
  // The lines of the start go out at 100 us a character; then the console is silent.
  runUntil(board, board.clock.now + 60 * MILLISECOND);
  return board;
}

/** Plays a static request now; the time from its end to the start of the answer. */
function answerNanos(board: Board): number {
  let requestEnd = 0;
  let answerStart = 0;
  board.bus.onFrame(({ sender, frame, startNanos, endNanos }) => {
    if (frame.identifier === 0x1a0) requestEnd = endNanos;
    if (sender === CELL_SENDER && frame.identifier === 0x1a1) answerStart = startNanos;
  });
  board.sender.enqueue(makeFrame({ identifier: 0x1a0, data: [1] }), board.clock.now, 'ecu');
  runUntil(board, board.clock.now + 5 * MILLISECOND);
  assert.ok(answerStart > requestEnd && requestEnd > 0, 'the request was answered');
  return answerStart - requestEnd;
}

onBothEngines('idle=wfi', (engine) => {
  it('does the main job exactly as a polling cell does', async () => {
    const result = await play(engine, { bus: BUS, agl: AGL, ...granted(engine) });
    assert.deepEqual(result.problems, []);
    const sent = framesOf(result.busLog).filter((line) => line.startsWith('canwarden'));
    assert.deepEqual(sent.sort(), SENT_BY_THE_CELL);
    assert.equal(result.summary.frames.lost, 0);
    assert.equal(
      cellLines(result).some((line) => line.includes('idle')),
      false,
    );
  });

  it('polls and says so when the cell config does not grant the interrupt', async () => {
    const result = await play(engine, { bus: BUS, agl: AGL, commandLine: COMMAND_LINE });
    assert.deepEqual(result.problems, []);
    const sent = framesOf(result.busLog).filter((line) => line.startsWith('canwarden'));
    assert.deepEqual(sent.sort(), SENT_BY_THE_CELL);
    const said = cellLines(result).filter((line) => NOT_GRANTED.test(line));
    assert.equal(said.length, 1);
    assert.match(
      said[0] ?? '',
      /does not grant interrupt 145, rpi4-canwarden-wfi\.cell does: .* polls/,
    );
  });

  it('loses nothing and keeps the order of a burst that fills both receive buffers', async () => {
    const entries = Array.from({ length: 60 }, (_, index) => {
      const identifier = (0x100 + index).toString(16);
      return `0.${String(index).padStart(6, '0')} ${identifier}#`;
    });
    const result = await play(engine, { bus: logOf('ecu', ...entries), ...granted(engine) });
    assert.deepEqual(result.problems, []);
    const forwarded = framesOf(result.aglLog).map((line) => line.split(' ')[1]);
    assert.deepEqual(
      forwarded,
      entries.map((entry) => entry.split(' ')[1]?.toUpperCase()),
    );
  });

  it('sleeps nearly all the time of a quiet bus; a polling cell never does', async () => {
    // It wakes each millisecond, and looks at everything every tenth time: some 20 us of 1,000.
    // Another compiler may take a little more.
    for (const [idle, least, most] of [
      ['wfi', 0.97, 1],
      ['poll', 0, 0],
    ] as const) {
      const board = await boot(engine, idle);
      const before = board.machine.sleptNanos;
      const startNanos = board.clock.now;
      runUntil(board, startNanos + 100 * MILLISECOND);
      const share = (board.machine.sleptNanos - before) / (board.clock.now - startNanos);
      assert.ok(share >= least && share <= most, `${idle}: ${share}`);
      board.engine.close();
    }
  });

  it('answers in the first legal slot out of its sleep', async () => {
    const board = await boot(engine, 'wfi');
    // 500 kbit/s: three bits of intermission.
    for (let request = 0; request < 5; request += 1) assert.equal(answerNanos(board), 6_000);
    board.engine.close();
  });

  it('has figures of its own on the rig: SPI bytes as ever, and how long it slept', async () => {
    const figures: Figures = {};
    const item = { engine, answer: 'static', load: 'idle', idle: 'wfi' } as const;
    const rates = { bitrate: 500_000, spiHertz: 10_000_000, requests: 4, seed: 1 };
    const firmware = loadMeasured(engine, { idle: 'wfi' });
    await measureLatencies(firmware, [{ ...item, ...rates }], figures, () => {});
    const key = 'latencyWfi.static.idle.500k.spi10M';
    assert.ok(Object.keys(figures).every((name) => name.startsWith(`${key}.`)));
    assert.equal(figures[`${key}.spiBytesP50`], 3);
    // In the intermission of 500 kbit/s as a rule; 10.6 us where the core is just on its way to sleep (docs/timing-budget.md).
    assert.ok(Number(figures[`${key}.interruptToSendNanosP50`]) <= 6_000);
    assert.ok(Number(figures[`${key}.interruptToSendNanosMax`]) <= 10_600);
    assert.equal(figures[`${key}.unanswered`], 0);
    const slept = figures[`${key}.sleptPercent`] ?? 0;
    assert.ok(slept > 90 && slept < 100, `${slept} %`);
  });

  it("wakes for AGL's doorbell, and does not wait for its timer", async () => {
    const board = await boot(engine, 'wfi');
    const starts: number[] = [];
    board.bus.onFrame(({ sender, startNanos }) => {
      if (sender === CELL_SENDER) starts.push(startNanos);
    });
    for (let index = 0; index < 8; index += 1) {
      const sentNanos = board.clock.now;
      board.bridge?.send(makeFrame({ identifier: 0x300 + index, data: [] }));
      runUntil(board, sentNanos + 7.3 * MILLISECOND);
      // AGL's own 30 us, the bridge's steps, LOAD TX BUFFER.
      const delay = (starts.at(-1) ?? Infinity) - sentNanos;
      assert.equal(starts.length, index + 1);
      assert.ok(delay < 100_000, `frame ${index} after ${delay} ns`);
    }
    board.engine.close();
  });

  it('switches its timer on to sleep, and off afterwards', async () => {
    const board = await boot(engine, 'wfi');
    const { machine } = board;
    const controls: bigint[] = [];
    const control = machine.setTimerControl.bind(machine);
    machine.setTimerControl = (value) => {
      controls.push(value);
      control(value);
    };
    runUntil(board, board.clock.now + 5 * MILLISECOND);
    // CNTV_CTL_EL0: ENABLE is bit 0, IMASK bit 1.
    const last = controls.at(-1);
    assert.ok(controls.length > 8, `${controls.length} writes`);
    controls.forEach((value, index) => {
      if (index > 0) assert.equal(value, controls[index - 1] === 1n ? 0n : 1n);
    });
    assert.ok(last === 0n || last === 1n, `${last}`);
    board.engine.close();
  });

  it('wakes for its timer: a shutdown is approved within two milliseconds of silence', async () => {
    const board = await boot(engine, 'wfi');
    const askedNanos = board.clock.now;
    assert.equal(shutDown(board), 'approved');
    const tookNanos = board.clock.now - askedNanos;
    assert.ok(tookNanos < 2 * MILLISECOND, `${tookNanos} ns`);
    assert.equal(board.engine.run(board.clock.now + MILLISECOND), 'stopped');
    board.engine.close();
  });

  it('polls and says so when another pin holds the interrupt', async () => {
    const board = await boot(engine, 'wfi', 'console=on');
    // Linux watches pin 5, which is low, and nobody tells Linux of its event.
    board.gpio.write32(GPLEN0, board.gpio.read32(GPLEN0) | (1 << 5));
    runUntil(board, board.clock.now + 5 * MILLISECOND + LINE_NANOS);
    assert.match(
      board.console.cellText.at(-1) ?? '',
      /pin holds the interrupt of GPIO 0 to 27, GPEDS0 0x00000020/,
    );
    assert.match(board.console.cellText.at(-1) ?? '', DISTURBED);
    assert.equal(board.gpio.read32(GPLEN0), 1 << 5, 'its own detection is off');
    const slept = board.machine.sleptNanos;
    assert.equal(answerNanos(board), 6_000);
    assert.equal(board.machine.sleptNanos, slept, 'it polls');
    board.engine.close();
  });

  it('puts its detection back when Linux overwrites it, and says so once', async () => {
    const board = await boot(engine, 'wfi', 'console=on');
    for (let time = 0; time < 3; time += 1) {
      board.gpio.write32(GPLEN0, 0);
      // At the next look, at most a millisecond later; nothing is lost meanwhile.
      runUntil(board, board.clock.now + 1.2 * MILLISECOND);
      assert.equal(board.gpio.read32(GPLEN0), INT_MASK);
    }
    runUntil(board, board.clock.now + LINE_NANOS);
    assert.equal(board.console.cellText.filter((line) => DISTURBED.test(line)).length, 1);
    assert.match(board.console.cellText.at(-1) ?? '', /Linux took GPIO 25 out of GPLEN0; put back/);
    board.gpio.write32(GPLEN0, 0);
    assert.ok(answerNanos(board) < 1.1 * MILLISECOND);
    assert.equal(answerNanos(board), 6_000);
    assert.equal(board.gpio.read32(GPEDS0) & ~INT_MASK, 0);
    board.engine.close();
  });
});

// A cell that asks the chip over SPI never says that it is idle: slow to emulate, so one engine does.
describe('idle=wfi without the INT line (engine wasm)', () => {
  const engine = 'wasm';

  it('polls and says so without the INT line, which alone could wake it', async () => {
    const commandLine = `${COMMAND_LINE} int=spi`;
    const result = await play(engine, {
      bus: logOf('ecu', '0.0 1A0#01'),
      ...granted(engine),
      commandLine,
    });
    assert.deepEqual(result.problems, []);
    assert.deepEqual(
      cellLines(result).filter((line) => NOT_GRANTED.test(line)).length,
      1,
      cellLines(result).join('\n'),
    );
  });

  it('gives a silent INT line up, and its sleep with it', async () => {
    const board = await boot(engine, 'wfi', 'console=on');
    board.interruptWire.hold('high');
    for (let index = 0; index < 4; index += 1) {
      const frame = makeFrame({ identifier: 0x111, data: [] });
      board.sender.enqueue(frame, board.clock.now, 'ecu');
      runUntil(board, board.clock.now + 15 * MILLISECOND);
    }
    runUntil(board, board.clock.now + LINE_NANOS);
    assert.match(board.console.cellText.at(-1) ?? '', /\(status 54\)$/);
    const slept = board.machine.sleptNanos;
    assert.ok(answerNanos(board) < 100_000);
    assert.equal(board.machine.sleptNanos, slept, 'it polls');
    board.engine.close();
  });
});
