// SPDX-License-Identifier: MIT
/** The SPI lines of the page: the levels that are drawn, bit by bit, and the group that is shown. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SpiLines } from '../../web/board/spi-lines.ts';
import { type Level, levelsOf } from '../../web/page/lines-view.ts';

const BYTE_NANOS = 900;

/** One instruction from `nanos` on: select, bytes one after the other, deselect. */
function play(lines: SpiLines, nanos: number, mosi: readonly number[], miso = 0xff): number {
  lines.selected(nanos);
  let at = nanos + 100;
  for (const byte of mosi) lines.byte(byte, miso, (at += BYTE_NANOS), BYTE_NANOS);
  lines.deselected(at + 100);
  return at + 100;
}

const levelAt = (levels: readonly Level[], nanos: number): boolean | undefined =>
  levels.findLast((level) => level.nanos <= nanos)?.high;

describe('the SPI lines of the page', () => {
  it('have the bits of RTS for TXB0, the highest first, stable where SCK rises', () => {
    const lines = new SpiLines();
    lines.interrupt(true, 500);
    play(lines, 2_000, [0x81], 0xa5);
    const look = lines.take();
    assert.ok(look);
    const [interrupt, select, clock, mosi, miso] = levelsOf(look);
    assert.equal(levelAt(interrupt, 2_000), false);
    assert.deepEqual(
      [1_999, 2_000, 3_099, 3_100].map((nanos) => levelAt(select, nanos)),
      [true, false, false, true],
    );
    const rises = clock.filter(({ high }) => high).map(({ nanos }) => nanos);
    // Eight of the nine clock times of 100 ns, from 2,100 on; SCK rises in the middle of each.
    assert.deepEqual(rises, [2150, 2250, 2350, 2450, 2550, 2650, 2750, 2850]);
    const bits = (line: readonly Level[]): string =>
      rises.map((nanos) => (levelAt(line, nanos) === true ? '1' : '0')).join('');
    // MCP2515 data sheet, table 12-1: RTS is 1000 0nnn.
    assert.equal(bits(mosi), '10000001');
    assert.equal(bits(miso), '10100101');
    assert.match(look.transactions[0].text, /^RTS/);
  });

  it('show the instructions that belong together, and not those before a pause', () => {
    const lines = new SpiLines();
    const end = play(lines, 0, [0xb0, 0]);
    const next = play(lines, end + 200_000, [0xa0, 0]);
    play(lines, next + 1_000, [0x81]);
    const codes = lines.take()?.transactions.map(({ bytes }) => bytes[0].mosi);
    assert.deepEqual(codes, [0xa0, 0x81]);
  });

  it('show no more than can be told apart, and nothing twice', () => {
    const lines = new SpiLines();
    let at = 0;
    for (let count = 0; count < 40; count += 1) at = play(lines, at + 500, [0x90, 1, 2, 3, 4, 5]);
    assert.equal(lines.take()?.transactions.length, 4);
    assert.equal(lines.take(), undefined);
  });
});
