// SPDX-License-Identifier: MIT
/** Exports of the twin as a library; README.md shows their use. */
export { decodePair } from '../cell-config/format/decode.ts';
export { type Board, CELL_SENDER, createBoard } from './board/board.ts';
export { runUntil, shutDown } from './board/cell-control.ts';
export type { BoardFaults, BoardFiles, BoardOptions } from './board/options.ts';
export { type CanFrame, makeFrame } from './bus/can-frame.ts';
export { formatFrame } from './logs/candump/write.ts';
export type { EngineName, RunResult } from './engine/engine.ts';
