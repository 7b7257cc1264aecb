// SPDX-License-Identifier: MIT
/**
 * One frame of the demo log: which unit queues it for sending, and when.
 */

export interface LogEntry {
  /**
   * Time at which the sender queues it, from the start of the log. Arbitration decides when it is
   * sent.
   */
  readonly timeMicros: number;
  /** The sending control unit, as the interface name of the log. */
  readonly sender: string;
  readonly identifier: number;
  readonly extended: boolean;
  /** The number of bytes that a remote frame requests. Undefined in a data frame. */
  readonly remoteLength?: number;
  readonly data: readonly number[];
}

/** Makes a standard data frame. */
export function standard(
  timeMicros: number,
  sender: string,
  identifier: number,
  data: readonly number[],
): LogEntry {
  return { timeMicros, sender, identifier, extended: false, data };
}

/** Makes an extended data frame. */
export function extended(
  timeMicros: number,
  sender: string,
  identifier: number,
  data: readonly number[],
): LogEntry {
  return { timeMicros, sender, identifier, extended: true, data };
}

/** Makes a remote frame. */
export function remote(
  timeMicros: number,
  sender: string,
  identifier: number,
  remoteLength: number,
  isExtended = false,
): LogEntry {
  return { timeMicros, sender, identifier, extended: isExtended, remoteLength, data: [] };
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}

/** The entry as a candump log line: `(seconds.micros) sender ID#DATA`. */
export function formatEntry(entry: LogEntry): string {
  const seconds = Math.floor(entry.timeMicros / 1_000_000);
  const micros = String(entry.timeMicros % 1_000_000).padStart(6, '0');
  const identifier = hex(entry.identifier, entry.extended ? 8 : 3);
  const content =
    entry.remoteLength === undefined
      ? entry.data.map((byte) => hex(byte, 2)).join('')
      : `R${entry.remoteLength === 0 ? '' : entry.remoteLength}`;
  return `(${seconds}.${micros}) ${entry.sender} ${identifier}#${content}`;
}
