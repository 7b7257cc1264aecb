// SPDX-License-Identifier: MIT
/**
 * One wrong bit on SPI puts a frame of AGL's into the buffer whose static answer was loaded at the start, or changes the
 * TXP of that buffer. The cell finds it, sets the chip up again, and answers as the rules say. One wrong bit in what is
 * read back does nothing.
 *
 * Instructions and registers: DS20001801J, table 12-1 and registers 3-1 to 3-8.
 */
import assert from 'node:assert/strict';
import type { EngineName } from '../../twin/engine/engine.ts';
import { readTrace } from '../../lab/page/rings.ts';
import type { Rig } from '../../lab/rig/rig.ts';
import { MILLISECOND, onBoth, withRig } from './case.ts';

const RULES = `version: 1
receive: urgent-first
rules:
  - { name: static, match: { id: 0x100 }, answer: { id: 0x010, data: [0xA5, 0x5A] }, rate: none }
  - { name: read, match: { id: 0x101, data: [~, ~, 1] }, answer: { id: 0x011, length: 2, copy: [{ from: 0, to: 0, count: 2 }] }, rate: none }
`;
const LOAD_TXB0 = 0x40;
const LOAD_TXB2 = 0x44;
const TXB2CTRL = 0x50;
const TXB2SIDH = 0x51;
const READ = 0x03;
/** A look at one buffer each 10 ms, header and data apart; and the set-up (docs/timing-budget.md). */
const FOUND_NANOS = 80 * MILLISECOND;
/** Trace events, docs/status-page.md. */
const CHIP_RESET = 7;
const CHIP_BACK = 8;

/** Calls `change` with each transaction's first two bytes so far and the byte that follows; it returns that byte. */
function onBytes(rig: Rig, change: (before: readonly number[], byte: number) => number): void {
  const { chip } = rig.board;
  const exchange = chip.exchange.bind(chip);
  const select = chip.select.bind(chip);
  let before: number[] = [];
  chip.select = (nanos) => {
    before = [];
    select(nanos);
  };
  chip.exchange = (mosi, nanos) => {
    const byte = change(before, mosi);
    before.push(mosi);
    return exchange(byte, nanos);
  };
}

function answersTo(rig: Rig, identifier: number): string[] {
  rig.forget();
  rig.send({ identifier, data: [7, 8, 1] });
  rig.run(2 * MILLISECOND);
  return rig.wire
    .filter(({ sender }) => sender === 'canwarden')
    .map(
      ({ frame }) => `${frame.identifier.toString(16)}#${Buffer.from(frame.data).toString('hex')}`,
    );
}

/** The events since the start that tell of the chip. */
function toldOf(rig: Rig): number[] {
  assert.ok(rig.board.control);
  return readTrace(rig.board.control.status)
    .map(({ code }) => code)
    .filter((code) => code === CHIP_RESET || code === CHIP_BACK);
}

const withStatic = (engine: EngineName, use: (rig: Rig) => void) =>
  withRig({ engine, rules: RULES }, (rig) => {
    rig.run(20 * MILLISECOND);
    assert.deepEqual(answersTo(rig, 0x100), ['10#a55a']);
    use(rig);
  });

onBoth("a frame of AGL's that went into a static answer's buffer", (engine) =>
  withStatic(engine, (rig) => {
    let isDone = false;
    onBytes(rig, (before, byte) => {
      if (isDone || before.length > 0 || byte !== LOAD_TXB0) return byte;
      isDone = true;
      return LOAD_TXB2;
    });
    rig.sendFromAgl({ identifier: 0x600, data: [1, 2, 3] });
    rig.run(2 * MILLISECOND);
    assert.ok(isDone);
    assert.deepEqual(answersTo(rig, 0x100), ['600#010203'], 'it was there');
    rig.run(FOUND_NANOS);
    assert.deepEqual(toldOf(rig), [CHIP_RESET, CHIP_BACK]);
    assert.deepEqual(answersTo(rig, 0x100), ['10#a55a']);
    assert.deepEqual(answersTo(rig, 0x101), ['11#0708']);
  }),
);

for (const [what, register] of [
  ['TXP', TXB2CTRL],
  ['the identifier', TXB2SIDH],
  ['the last data byte', TXB2SIDH + 6],
] as const) {
  onBoth(`one wrong bit in ${what} of a buffer`, (engine) =>
    withStatic(engine, (rig) => {
      const { chip } = rig.board;
      // WRITE of the register with its lowest bit turned over, between two transactions of the cell.
      const value = rig.register(register) ^ 1;
      chip.select(rig.now);
      for (const byte of [0x02, register, value]) chip.exchange(byte, rig.now);
      chip.deselect(rig.now);
      assert.equal(rig.register(register), value);
      rig.run(FOUND_NANOS);
      assert.deepEqual(toldOf(rig), [CHIP_RESET, CHIP_BACK]);
      assert.equal(rig.register(register), value ^ 1);
      assert.deepEqual(answersTo(rig, 0x100), ['10#a55a']);
    }),
  );
}

onBoth('one wrong bit in what is read of a buffer', (engine) =>
  withStatic(engine, (rig) => {
    const { chip } = rig.board;
    let reads = 0;
    let isRead = false;
    onBytes(rig, (before, byte) => {
      isRead = before.length >= 2 && before[0] === READ && (before[1] & 0xf0) === (TXB2CTRL & 0xf0);
      return byte;
    });
    const exchange = chip.exchange.bind(chip);
    chip.exchange = (mosi, nanos) => {
      const answer = exchange(mosi, nanos);
      if (!isRead || reads > 0) return answer;
      reads += 1;
      return answer ^ 2;
    };
    rig.run(FOUND_NANOS);
    assert.equal(reads, 1);
    assert.deepEqual(toldOf(rig), []);
    assert.deepEqual(answersTo(rig, 0x100), ['10#a55a']);
  }),
);
