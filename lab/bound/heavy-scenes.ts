// SPDX-License-Identifier: MIT
/**
 * Scenes with the longest programs (heavy-rules.ts): an answer at once with all that follows it, a full list of waiting
 * answers, AGL's frames that are refused with an alarm.
 *
 * Does not: judge.
 */
import { REQUEST } from '../../formats/status-page.ts';
import { runUntil } from '../../twin/board/cell-control.ts';
import type { Board } from '../../twin/board/board.ts';
import { favourite } from '../../twin/bus/attempt.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { MinimalPeer } from '../peers/minimal/minimal-peer.ts';
import { MESSAGE } from '../peers/minimal/section.ts';
import { FIVE_AND_TIMERS, FIVE_ANSWERS, HEAVY_WALL } from './heavy-rules.ts';
import type { Scene } from './scenes.ts';

const MILLISECOND = 1_000_000;
/** A request that has five answers, one that AGL is to answer, and a frame that nobody answers. */
const [FIVE, DIAGNOSIS, OTHER] = [0x001, 0x000, 0x002];
/** A bridge that has not beaten for so long is silent. */
const SILENT_MILLIS = 50;
const BEAT = REQUEST.REQUEST_HEARTBEAT_OFFSET.at;
/** ISO 11898-1: a node with more transmit errors is off the bus. */
const BUS_OFF_ERRORS = 255;
/** Until the table is in force. */
const SWAP_MILLIS = 30;

function rest(board: Board, millis: number): void {
  runUntil(board, board.clock.now + millis * MILLISECOND);
}

function ask(board: Board, identifier: number, byte = 0): void {
  const frame = makeFrame({ identifier, data: [byte, 1, 2, 3, 4, 5, 6, 7] });
  board.sender.enqueue(frame, board.clock.now, 'request');
}

function give(board: Board, identifier: number, byte = 0): void {
  board.bridge?.send(makeFrame({ identifier, data: [byte, 1, 2, 3, 4, 5, 6, 7] }));
}

/** Requests behind frames of another node, so that some of AGL's are in the chip when one comes: stronger and weaker ones. */
function crowded(board: Board): void {
  rest(board, SWAP_MILLIS);
  for (let round = 0; round < 36; round += 1) {
    for (const identifier of [OTHER, OTHER, OTHER, OTHER, FIVE]) ask(board, identifier, round);
    give(board, [0x150, 0x007, 0x103][round % 3], round);
    if (round % 2 === 0) give(board, [0x151, 0x008, 0x104, 0x009][(round / 2) % 4], round);
    rest(board, 5 + round / 100);
  }
}

/** Requests back to back: nothing of the cell's leaves, and more answers are owed than may wait. AGL gives `identifiers`. */
const flooded =
  (identifiers: readonly number[]) =>
  (board: Board): void => {
    rest(board, SWAP_MILLIS);
    const request = makeFrame({ identifier: DIAGNOSIS, data: [4, 0x31, 1, 2, 3, 4, 5, 6] });
    board.sender.enqueue(request, board.clock.now, 'request');
    for (let round = 0; round < 150; round += 1) ask(board, FIVE, round);
    for (let round = 0; round < 20; round += 1) {
      for (const identifier of identifiers) give(board, identifier, round);
      rest(board, 1.5);
    }
    rest(board, 5);
  };

/** The chip goes off the bus, and Linux starts its interface again, in ever new phases. */
function offTheBus(board: Board): void {
  const { bus, chip, bridge } = board;
  let isFailing = false;
  bus.onAttempt((participants) => {
    const winner = favourite(participants);
    if (!isFailing || winner?.node !== chip) return [];
    return [{ kind: 'flip', bit: (winner.offer?.wire.length ?? 30) - 20 }];
  });
  rest(board, SWAP_MILLIS);
  for (let round = 0; round < 6; round += 1) {
    isFailing = true;
    for (let frame = 0; frame < 6; frame += 1) give(board, 0x150, frame);
    ask(board, FIVE, round);
    rest(board, 18 + round * 0.13);
    isFailing = false;
    if (bridge instanceof MinimalPeer)
      bridge.control(round % 4 === 3 ? MESSAGE.stop : MESSAGE.start);
    rest(board, 10);
    if (bridge instanceof MinimalPeer) bridge.control(MESSAGE.start);
    rest(board, 8);
    // A STOP with a request in the chip.
    for (let frame = 0; frame < 10; frame += 1) ask(board, OTHER);
    give(board, 0x150);
    rest(board, 1);
    if (bridge instanceof MinimalPeer) bridge.control(MESSAGE.stop);
    rest(board, 5);
    if (bridge instanceof MinimalPeer) bridge.control(MESSAGE.start);
    rest(board, 8);
  }
}

/** Linux falls silent and the chip goes off the bus within a millisecond, so that one look finds both. */
function silentOffTheBus(board: Board): void {
  const { bus, chip, control, clock } = board;
  if (control === undefined) return;
  const { requests } = control;
  let isFailing = false;
  bus.onAttempt((participants) => {
    const winner = favourite(participants);
    if (!isFailing || winner?.node !== chip) return [];
    return [{ kind: 'flip', bit: (winner.offer?.wire.length ?? 30) - 20 }];
  });
  requests.writeUInt32LE(SILENT_MILLIS, REQUEST.REQUEST_HEARTBEAT_LIMIT_OFFSET.at);
  // From the first failing frame until the chip is off the bus.
  let offMillis = 10;
  for (let round = 0; round < 6; round += 1) {
    for (let beat = 0; beat < 10; beat += 1) {
      requests.writeUInt32LE(requests.readUInt32LE(BEAT) + 1, BEAT);
      rest(board, 1);
    }
    rest(board, SILENT_MILLIS - offMillis + (round % 6) / 3 - 1.5);
    isFailing = true;
    for (let frame = 0; frame < 16; frame += 1) give(board, 0x150, frame);
    const start = clock.now;
    while (chip.faults.transmitErrors <= BUS_OFF_ERRORS && clock.now < start + 30 * MILLISECOND)
      rest(board, 0.05);
    offMillis = (clock.now - start) / MILLISECOND;
    rest(board, 10);
    isFailing = false;
    if (board.bridge instanceof MinimalPeer) board.bridge.control(MESSAGE.start);
    rest(board, 10);
  }
}

/** Frames of AGL's that pass, that are changed, and that are refused. */
const MIXED = [0x210, 0x007, 0x211, 0x211, 0x400];
const shared = { rules: HEAVY_WALL, load: 'idle' } as const;

export const HEAVY_SCENES: readonly Scene[] = [
  { ...shared, next: FIVE_ANSWERS, act: crowded },
  { ...shared, next: FIVE_ANSWERS, settings: 'int=spi', act: crowded },
  { ...shared, next: FIVE_AND_TIMERS, settings: 'int=spi console=on', act: flooded(MIXED) },
  {
    ...{ ...shared, next: FIVE_AND_TIMERS, isDevice: true, act: flooded(MIXED) },
    settings: 'int=spi agl-order=identifier',
  },
  {
    ...{
      ...shared,
      next: FIVE_AND_TIMERS,
      isDevice: true,
      isChaining: true,
      act: flooded([0x211]),
    },
    settings: 'int=spi console=on agl-order=identifier',
  },
  {
    ...{ ...shared, next: FIVE_ANSWERS, isDevice: true, isChaining: true, act: offTheBus },
    settings: 'int=spi console=on errors=1 restart-ms=5',
  },
  {
    ...{ rules: FIVE_ANSWERS, load: 'idle', isDevice: true, isChaining: true },
    act: silentOffTheBus,
    settings: 'int=spi console=on errors=1 restart-ms=5 agl-order=identifier',
  },
];
