// SPDX-License-Identifier: MIT
/**
 * SPI bytes of receiving and sending one frame, for each length code 0..8, on an idle bus.
 *
 * The bytes are read from the SPI lines.
 * Does not: count the polling of the fault state. READ and BIT MODIFY of the error registers come
 * at their own times and belong to no frame.
 */
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { CELL_SENDER } from '../../twin/board/board.ts';
import { runUntil } from '../../twin/board/cell-control.ts';
import { nearestRank } from './percentiles.ts';
import { SpiRecorder, type SpiTransaction } from '../rig/spi-transactions.ts';
import { openBench, type Measured } from './bench.ts';
import {
  AGL_IDENTIFIER_FIRST,
  type AnswerKind,
  LOAD_IDENTIFIER_FIRST,
  rulesOf,
} from './latency-case.ts';
import type { EngineName } from '../../twin/engine/engine.ts';

/** The rule table, which decides the layout of the receive buffers: none, or one rule of a kind. */
export type Layout = 'plain' | AnswerKind;
export const LAYOUTS: readonly Layout[] = ['plain', 'static', 'computed'];
export const LENGTHS: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 7, 8];

/** Medians of the bytes, by length code 0..8. */
export interface SpiBytes {
  readonly receive: readonly number[];
  /** Transactions for receiving the longest frame. */
  readonly receiveChipSelects: number;
  readonly transmit: readonly number[];
  /** Bytes for checking whether a sent frame is done. */
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
  firmware: Measured,
  engine: EngineName,
  layout: Layout,
): Promise<SpiBytes> {
  let recorded: SpiTransaction[] = [];
  const recorder = new SpiRecorder();
  recorder.onTransaction = (transaction) => void recorded.push(transaction);
  const board = await openBench(firmware, {
    engine,
    bitrate: BITRATE,
    spiHertz: SPI_HERTZ,
    rules: layout === 'plain' ? undefined : rulesOf(layout),
    tap: recorder,
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
  let turns = 0;
  const transmit = LENGTHS.map((length) => {
    const looks: number[] = [];
    const bytes = median(() => {
      // Another identifier each time: a buffer that holds the frame already is not loaded again.
      const identifier = AGL_IDENTIFIER_FIRST + (turns++ % 2);
      const seen = during(() => board.bridge?.send(frameOf(identifier, length)));
      // Polling while the frame is still on its way costs the cell no time that it needs.
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

/**
 * The SPI bytes that another MCP2515 driver clocks for the same acts, counted from its source and
 * not measured. The frame is a data frame of 8 bytes. `receive` is one isolated frame until the
 * driver is idle again, `send` the submission of a frame. `reply` goes from INT to the request to
 * send, at the best that the driver's structure allows.
 */
interface PeerDriver {
  readonly name: string;
  /** SPI bytes and chip selects. */
  readonly receive: readonly [bytes: number, chipSelects: number];
  readonly send: readonly [bytes: number, chipSelects: number];
  readonly reply: readonly [bytes: number, chipSelects: number];
}

export const PEER_DRIVERS: readonly PeerDriver[] = [
  { name: 'linuxMcp251x', receive: [26, 4], send: [15, 2], reply: [41, 6] },
  { name: 'linuxMcp251xBefore2022', receive: [22, 3], send: [15, 2], reply: [37, 5] },
  { name: 'zephyrCanMcp2515', receive: [17, 2], send: [15, 2], reply: [32, 4] },
  { name: 'wmtMcp25xx', receive: [16, 2], send: [17, 3], reply: [33, 5] },
  { name: 'tinyGoMcp2515', receive: [18, 3], send: [21, 4], reply: [39, 7] },
  { name: 'riotMcp2515', receive: [20, 3], send: [28, 6], reply: [48, 9] },
  { name: 'ovms3', receive: [22, 3], send: [17, 3], reply: [39, 6] },
  { name: 'acan2515', receive: [26, 5], send: [15, 2], reply: [41, 7] },
  { name: 'autowpArduinoMcp2515', receive: [26, 5], send: [25, 4], reply: [48, 8] },
  { name: 'nuttxMcp2515', receive: [28, 4], send: [15, 2], reply: [43, 6] },
  { name: 'coryjfowlerMcpCanLib', receive: [28, 6], send: [26, 5], reply: [54, 11] },
  { name: 'davidcole1340Mcp2515Rs', receive: [32, 8], send: [36, 9], reply: [65, 16] },
];
