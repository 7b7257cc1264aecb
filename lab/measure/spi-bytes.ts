/**
 * SPI bytes of receiving and sending one frame, for each length code 0..8, on an idle bus.
 *
 * Read off the SPI lines.
 * Does not: count looks at the fault state, which belong to no frame: READ and BIT MODIFY of the error
 * registers come at their own times.
 */
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { CELL_SENDER } from '../../twin/board/board.ts';
import { runUntil } from '../../twin/board/cell-control.ts';
import { nearestRank } from './percentiles.ts';
import { SpiRecorder, type SpiTransaction } from '../rig/spi-transactions.ts';
import { bootBoard, type Firmware } from './bench-board.ts';
import {
  AGL_IDENTIFIER_FIRST,
  type AnswerKind,
  LOAD_IDENTIFIER_FIRST,
  rulesOf,
} from './latency-case.ts';
import type { EngineName } from '../../twin/engine/engine.ts';

/** Which rule table decides the layout of the receive buffers: none, or one rule of a kind. */
export type Layout = 'plain' | AnswerKind;
export const LAYOUTS: readonly Layout[] = ['plain', 'static', 'computed'];
export const LENGTHS: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 7, 8];

/** Bytes by length code 0..8; medians. */
export interface SpiBytes {
  readonly receive: readonly number[];
  /** Transactions of receiving the longest. */
  readonly receiveChipSelects: number;
  readonly transmit: readonly number[];
  /** Looks whether a sent frame is done. */
  readonly completion: readonly number[];
}

const BITRATE = 500_000;
const SPI_HERTZ = 10_000_000;
/** Frames of each length. */
const REPEATS = 5;
const SPACING_NANOS = 1_370_000;

// MCP2515 instructions, DS20001801J, table 12-1.
const READ_RX_BUFFER = { mask: 0xf9, value: 0x90 };
const LOAD_TX_BUFFER = { mask: 0xf8, value: 0x40 };
const RTS = { mask: 0xf8, value: 0x80 };
const READ_STATUS = { mask: 0xff, value: 0xa0 };
const RX_STATUS = { mask: 0xff, value: 0xb0 };

/** Measures one layout. */
export async function measureSpiBytes(
  firmware: Firmware,
  engine: EngineName,
  layout: Layout,
): Promise<SpiBytes> {
  let recorded: SpiTransaction[] = [];
  const recorder = new SpiRecorder();
  recorder.onTransaction = (transaction) => void recorded.push(transaction);
  const board = await bootBoard(firmware, {
    engine,
    bitrate: BITRATE,
    spiHertz: SPI_HERTZ,
    rules: layout === 'plain' ? undefined : rulesOf(layout),
    taps: { tap: recorder },
  });
  let sentNanos = 0;
  board.bus.onFrame(({ sender, endNanos }) => {
    if (sender === CELL_SENDER) sentNanos = endNanos;
  });
  const during = (act: () => void): SpiTransaction[] => {
    recorded = [];
    act();
    runUntil(board, board.clock.now + SPACING_NANOS);
    return recorded;
  };
  const median = (measure: () => number): number =>
    nearestRank(Array.from({ length: REPEATS }, measure), 50) ?? 0;
  const frameOf = (identifier: number, length: number) =>
    makeFrame({ identifier, data: new Uint8Array(length).fill(0x5a) });
  let receiveChipSelects = 0;
  const receive = LENGTHS.map((length) =>
    median(() => {
      const frame = frameOf(LOAD_IDENTIFIER_FIRST, length);
      const seen = during(() => board.sender.enqueue(frame, board.clock.now, 'bench'));
      const own = thoseOf(seen, [READ_RX_BUFFER, READ_STATUS, RX_STATUS]);
      receiveChipSelects = own.length;
      return bytesOf(own);
    }),
  );
  const completions: number[] = [];
  const transmit = LENGTHS.map((length) => {
    const looks: number[] = [];
    const bytes = median(() => {
      const seen = during(() => board.bridge?.send(frameOf(AGL_IDENTIFIER_FIRST, length)));
      // Looks while the frame is still on its way cost the cell nothing that it needs.
      const late = seen.filter(({ selectNanos }) => selectNanos >= sentNanos);
      looks.push(bytesOf(thoseOf(late, [READ_STATUS])));
      return bytesOf(thoseOf(seen, [LOAD_TX_BUFFER, RTS]));
    });
    completions.push(nearestRank(looks, 50) ?? 0);
    return bytes;
  });
  board.engine.close();
  return { receive, receiveChipSelects, transmit, completion: completions };
}

function thoseOf(
  transactions: readonly SpiTransaction[],
  instructions: readonly { readonly mask: number; readonly value: number }[],
): SpiTransaction[] {
  return transactions.filter(({ mosi: [instruction] }) =>
    instructions.some(({ mask, value }) => (instruction & mask) === value),
  );
}

function bytesOf(transactions: readonly SpiTransaction[]): number {
  return transactions.reduce((sum, { mosi }) => sum + mosi.length, 0);
}
