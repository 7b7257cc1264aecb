// SPDX-License-Identifier: MIT
/**
 * Two cells in one module, each with a chip on its own bus, for
 * tests/contract/second-channel.test.ts.
 *
 * Does not: share anything between the two cells but the code.
 */
import { FakeBoard } from './fake-board';
import { Counter } from '../../../src/rt/counters';
import { runsOf } from '../../../src/rt/task-rows';

const first = new FakeBoard('bitrate=500000');
const second = new FakeBoard('bitrate=125000 osc=8000000');

function boardOf(channel: u32): FakeBoard {
  return channel === 0 ? first : second;
}

/** Starts a cell. Returns a Status. */
export function start(channel: u32): u32 {
  return boardOf(channel).start();
}

/** Runs steps of a cell and of AGL's end of its link until frames can flow. */
export function connect(channel: u32): void {
  boardOf(channel).connect();
}

/** Runs one step of a cell, and one of AGL's end. */
export function step(channel: u32): void {
  boardOf(channel).step();
}

/** A frame without data arrives in RXB0. */
export function receive(channel: u32, identifier: u32): void {
  const chip = boardOf(channel).chip;
  chip.set(0x61, identifier >> 3);
  chip.set(0x62, (identifier & 7) << 5);
  chip.set(0x65, 0);
  chip.set(0x2c, chip.get(0x2c) | 1);
}

/** Identifier of the next frame that AGL has received from a cell; 0: none. */
export function taken(channel: u32): u32 {
  const text = boardOf(channel).takeFromCell();
  return text === '' ? 0 : U32.parseInt(text.substring(0, text.indexOf(' ')), 16);
}

/** Number of frames that a cell has taken out of its chip. */
export function received(channel: u32): u32 {
  return boardOf(channel).parts.counters.of(Counter.Received);
}

/** Number of steps that the tasks of a cell have run. */
export function runs(channel: u32): u32 {
  const rows = boardOf(channel).parts.rows;
  let sum: u32 = 0;
  for (let priority: u32 = 0; priority < rows.count; priority++) sum += runsOf(rows.at(priority));
  return sum;
}

/** Sets live value `index` to `value`, unless that is negative. Returns the live value. */
export function liveValue(channel: u32, index: u32, value: i32): u32 {
  const values = boardOf(channel).parts.responder.liveValues;
  if (value >= 0) store<u8>(values.address + index, value);
  return values.at(index);
}
