// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Recognising a wrong crystal by the errors of a bus on which no frame was ever received (status 50
 * of docs/troubleshooting.md).
 */
import { FakeBoard } from './fake-board';

const CANINTF: u32 = 0x2c;
const EFLG: u32 = 0x2d;

function saidAfter(words: string, flags: u32, micros: u32): string {
  const board = new FakeBoard(`console=on ${words}`).connected();
  board.chip.set(EFLG, flags);
  board.chip.set(CANINTF, 0x80); // MERRF
  board.wait(micros);
  return board.said();
}

describe('only errors on the bus', () => {
  test('are said after half a second, with the crystals that could be right', () => {
    const early = saidAfter('', 0x0b, 400_000);
    expect(early.includes('status 50')).toBe(false, early);
    const said = saidAfter('', 0x0b, 700_000);
    expect(said.includes('no frame at 500000 bit/s with this crystal. Read')).toBe(true, said);
    expect(said.includes('try osc=8000000 osc=16000000, or another bitrate= (status 50)')).toBe(
      true,
      said,
    );
    const other = saidAfter('osc=16000000', 0x0b, 700_000);
    expect(other.includes('try osc=8000000 osc=12000000, or')).toBe(true, other);
    // At 8 MHz the maximum rate is 500 kbit/s.
    const fast = saidAfter('bitrate=1000000 osc=16000000', 0x0b, 700_000);
    expect(fast.includes('try osc=12000000, or')).toBe(true, fast);
  });

  test('are said of a crystal that does not make the rate as such', () => {
    const said = saidAfter('bitrate=470000', 0x0b, 700_000);
    expect(said.includes('which makes it only to within more than 0.5 %')).toBe(true, said);
  });

  test('are seen by the errors themselves in listen-only mode, where nothing is counted', () => {
    const said = saidAfter('mode=listen-only', 0x00, 700_000);
    expect(said.includes('(status 50)')).toBe(true, said);
  });

  test('that pass are not said', () => {
    const board = new FakeBoard('console=on').connected();
    board.chip.set(EFLG, 0x03);
    board.wait(400_000);
    board.chip.set(EFLG, 0x00);
    board.wait(400_000);
    expect(board.said().includes('status 50')).toBe(false);
  });
});
