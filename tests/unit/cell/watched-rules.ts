// SPDX-License-Identifier: MIT
/**
 * Rules with an action that remembers, for the specs that need one. Fields: formats/rule-image-2.ts.
 *
 * Does not: judge.
 */
import { RuleImage2 } from '../support/rule-image-2';
import { FakeBoard } from './fake-board';

/** The check of a rule, whose frames have a counter; action 1 replaces what does not come. */
export function addCheck(image: RuleImage2): void {
  const check = image.addAction(8, 0, 1);
  store<u8>(check, 8, 1); // bytes of the frame
  store<u8>(check, 1, 3); // the largest gap
  store<u16>(check, 0x1ff, 6); // the largest counter; the gap grows
  store<u32>(check, 0x03000000, 8); // no new data: action 1
  store<u64>(check, 0, 24);
  store<u8>(image.addAction(9, 1, 1), 1, 1);
}

/** A watch that only remembers; returns the address of its action. */
export function addWatch(image: RuleImage2): usize {
  const action = image.addAction(10, 0, 0);
  store<u64>(action, 0, 24);
  return action;
}

/** A board whose only rule forwards one frame 0x200 in `micros`, by this watch. */
export function throttled(image: RuleImage2, micros: u32, watch: u8): FakeBoard {
  const rule = image.add(0x200);
  const throttle = addWatch(image);
  store<u8>(throttle, watch, 5);
  store<u32>(throttle, micros, 8);
  store<u8>(rule, 1, 55);
  image.indexOnly(0x200, false);
  const board = new FakeBoard();
  board.connectedWith(image);
  return board;
}

/** 200# with this byte of data, below 10, comes. */
export function comes(board: FakeBoard, data: u32): void {
  board.chip.fill(0, `40 00 00 00 01 0${data} 00 00 00 00 00 00 00`);
  board.pass(500);
}

/** A board with `image` and a throttle of 1 s: of two frames the second is held. */
export function boardThatHolds(image: RuleImage2): FakeBoard {
  const board = throttled(image, 1_000_000, 0);
  for (let frames = 0; frames < 2; frames++) comes(board, 1);
  return board;
}
