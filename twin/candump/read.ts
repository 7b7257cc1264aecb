import type { CanFrame } from '../bus/can-frame.ts';

export interface LogEntry {
  /** As written, in nanoseconds (may be absolute, of the Unix epoch). */
  readonly nanos: bigint;
  readonly interfaceName: string;
  readonly frame: CanFrame;
  readonly line: number;
}
/** Carries file, line, column (both from 1) and a reason; its message is `file:line:column: reason`. */
export class LogSyntaxError extends Error {}

export function parseLog(_text: string, _fileName: string): LogEntry[] {
  return [];
}
