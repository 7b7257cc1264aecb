// SPDX-License-Identifier: MIT
/**
 * Puts the statements of a DBC file together: each message with its cycle time, each signal with its type,
 * its value names and its multiplexors.
 *
 * Does not: look at bits; see check.ts.
 */
import type { MessageFields } from './database.ts';
import { linkMultiplexors } from './multiplex.ts';
import type { Report } from './multiplex.ts';
import type { Problems } from './problems.ts';
import type {
  MessageStatement,
  MultiplexStatement,
  Signal,
  SignalReference,
  SignalStatement,
  Statements,
  ValueNames,
  ValuesStatement,
} from './statements.ts';

const EXTENDED = 0x8000_0000;
/** About 11 days; a longer time is a slip. */
const CYCLE_MAXIMUM_MILLIS = 1e9;

/** The messages in file order. */
export function linkMessages(statements: Statements, problems: Problems): MessageFields[] {
  const cycles = cyclesOf(statements, problems);
  const multiplexings = linkSignals(statements, problems);
  return statements.messages.map((statement) => {
    const millis = cycles.get(statement.identifier) ?? Number(statements.cycleDefault ?? 0);
    const message = messageOf(statement, millis);
    const report: Report = (at, reason) => problems.add(message, at, reason);
    linkMultiplexors(statement.signals, multiplexings, report);
    return message;
  });
}

function messageOf(
  { at, name, identifier, length, sender, signals }: MessageStatement,
  millis: number,
): MessageFields {
  return {
    ...{ at, name, length, sender, signals },
    identifier: identifier % EXTENDED,
    extended: identifier >= EXTENDED,
    ...(millis > 0 ? { cycleNanos: Math.round(millis * 1e6) } : {}),
  };
}

/** Adds types and value names to the signals. Returns what SG_MUL_VAL_ says of them. */
function linkSignals(
  { messages, tables, values, types, multiplexings }: Statements,
  problems: Problems,
): Map<Signal, MultiplexStatement> {
  const byName = new Map<number, Map<string, SignalStatement>>();
  for (const { identifier, signals } of messages) {
    byName.set(identifier, new Map(signals.map((signal) => [signal.name, signal])));
  }
  const find = ({ at, section, identifier, signal: name }: SignalReference) => {
    const signal = byName.get(identifier)?.get(name);
    if (signal === undefined) {
      const what = `signal "${name}" of message ${identifier}, which is not in the file`;
      problems.warn(at, `${section} is about ${what}; correct or remove it`);
    }
    return signal;
  };
  for (const each of types) {
    const signal = find(each);
    if (signal !== undefined) signal.type = each.type;
  }
  for (const each of values) {
    const signal = find(each);
    if (signal !== undefined) signal.values = namesOf(each, tables, problems) ?? signal.values;
  }
  const found = new Map<Signal, MultiplexStatement>();
  for (const each of multiplexings) {
    const signal = find(each);
    if (signal !== undefined) found.set(signal, each);
  }
  return found;
}

function namesOf(
  { at, values }: ValuesStatement,
  tables: Statements['tables'],
  problems: Problems,
): ValueNames | undefined {
  if (typeof values !== 'string') return values;
  const table = tables.get(values);
  if (table === undefined) {
    const what = `the table "${values}", which is not in the file`;
    problems.warn(at, `VAL_ names ${what}; add VAL_TABLE_ ${values}`);
  }
  return table;
}

/** Cycle times in ms by the identifier as in the file. */
function cyclesOf({ cycles }: Statements, problems: Problems): Map<number, number> {
  const millisOf = new Map<number, number>();
  for (const { at, identifier, millis } of cycles) {
    const number = Number(millis);
    if (number >= 0 && number <= CYCLE_MAXIMUM_MILLIS) millisOf.set(identifier, number);
    else {
      const what = `GenMsgCycleTime ${number} of message ${identifier} is left out`;
      problems.warn(at, `${what}: it must be 0 to ${CYCLE_MAXIMUM_MILLIS} ms`);
    }
  }
  return millisOf;
}
