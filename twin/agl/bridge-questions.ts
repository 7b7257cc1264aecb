// SPDX-License-Identifier: MIT
/**
 * What the bridge's module exports for questions about the cell, as its host program calls it
 * (bsp/linux/control-module.c).
 */
export interface QuestionExports {
  readonly memory: WebAssembly.Memory;
  control_open(silenceMillis: number): void;
  control_tend(wallMicros: bigint): void;
  /** 0 status, 1 status as JSON, 2 latencies, 3 latencies as JSON. Returns a PageState; 0: it is written. */
  control_status(what: number): number;
  control_text(): number;
  control_text_length(): number;
  /** Streams: 0 trace, 1 recorder. */
  control_oldest(stream: number): number;
  control_head(stream: number): number;
  control_entries(stream: number, cursor: number, end: number): number;
  control_cursor(): number;
  control_request(kind: number, bytes: number, argument: number): number;
  control_finished(sequence: number): number;
  control_outcome(): number;
}

/** The text that the module has written last. */
export function textOf(exports: QuestionExports): string {
  const { buffer } = exports.memory;
  return Buffer.from(buffer, exports.control_text(), exports.control_text_length()).toString(
    'latin1',
  );
}
