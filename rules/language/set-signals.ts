// SPDX-License-Identifier: MIT
/**
 * Reads `signals:` of an answer or of `modify`: a value, a signal of the request with scaling, a live value, or
 * a counter.
 */
import { isMap } from 'yaml';
import { isInStatedRange, physicalOf } from '../dbc/codec.ts';
import type { Message, Signal } from '../dbc/database.ts';
import { bytesNeeded } from '../dbc/layout.ts';
import type { RuleMatch, Step } from '../model.ts';
import { LIVE_VALUES } from '../model.ts';
import { absenceOf, fieldOfSignal } from './dbc-names.ts';
import { plainField } from './fields.ts';
import type { Fields } from './fields.ts';
import { lookUp, parseRaw, signalEntries } from './signal-values.ts';
import { checkCounter, parseNumbers } from './parse-bits.ts';
import { parseScaled } from './signal-scaling.ts';
import type { Entries, Entry, YamlReader } from './yaml-reader.ts';

/** The frames that the steps read and write. */
export interface SignalSides {
  /** Undefined: the match has no message, or was refused. */
  readonly match: RuleMatch | undefined;
  readonly request: Message | undefined;
  /** Whose signals are set. */
  readonly target: Message | undefined;
  /** The target is the request itself, changed on its way. */
  readonly isSame: boolean;
}

/** Sets a constant: in the data of an answer, or by steps. */
export type SetConstant = (entry: Entry, signal: Signal, raw: bigint) => void;

/** Adds a field for each signal. */
export function parseSetSignals(
  reader: YamlReader,
  entries: Entries,
  fields: Fields,
  sides: SignalSides,
  setConstant: SetConstant,
): void {
  const entry = entries.byKey.get('signals');
  if (entry === undefined) return;
  const { target } = sides;
  if (target === undefined) {
    const where = sides.isSame ? 'the match' : 'the answer';
    const reason = `signals need a message: write message: NAME in ${where}`;
    return fields.refuse({ offset: entry.keyOffset }, reason);
  }
  const items = signalEntries(reader, entry);
  const named = new Set(items.map(({ label }) => label));
  const constants = new Map<string, bigint>();
  const setOne: SetConstant = (item, signal, raw) => {
    constants.set(signal.name, raw);
    setConstant(item, signal, raw);
  };
  const signals: Signal[] = [];
  for (const item of items) {
    const signal = lookUp(reader, item, target);
    if (signal === undefined) fields.hasErrors = true;
    else {
      signals.push(signal);
      parseOne(reader, item, target, signal, fields, sides, setOne);
    }
  }
  for (const signal of signals) {
    if (sides.isSame) {
      const absence = sides.match && absenceOf(signal, sides.match);
      if (absence !== undefined) fields.refuse(entry, absence);
      continue;
    }
    selectMultiplexors(signal, entry, fields, named, constants, setOne);
  }
}

/** The multiplexors on which a signal depends: set where the file does not set them. */
function selectMultiplexors(
  signal: Signal,
  entry: Entry,
  fields: Fields,
  named: ReadonlySet<string>,
  constants: ReadonlyMap<string, bigint>,
  setConstant: SetConstant,
): void {
  for (const { multiplexor, ranges } of signal.presence) {
    const { name } = multiplexor;
    const raw = constants.get(name);
    const [{ least }] = ranges;
    if (raw === undefined && !named.has(name))
      setConstant({ ...entry, label: name }, multiplexor, least);
    else if (
      raw !== undefined &&
      !ranges.some((range) => raw >= range.least && raw <= range.most)
    ) {
      const reason = `${signal.name} is in the frame only if ${name} is ${least}, and it is set to ${raw}`;
      fields.refuse(entry, reason);
    }
  }
}

function parseOne(
  reader: YamlReader,
  item: Entry,
  target: Message,
  signal: Signal,
  fields: Fields,
  sides: SignalSides,
  setConstant: SetConstant,
): void {
  if (!isMap(item.node)) {
    const raw = parseRaw(reader, item, target, signal, 'nearest');
    if (raw === undefined) {
      fields.hasErrors = true;
      return;
    }
    if (!isInStatedRange(signal, physicalOf(signal, raw))) {
      const reason = `${item.label} is outside of the range that the DBC file states (${target.place(signal)})`;
      reader.diagnostics.warning(item.offset, reason);
    }
    return setConstant(item, signal, raw);
  }
  const field = fieldOfSignal(signal);
  const steps = item.node.has('live')
    ? liveSteps(reader, item, signal, fields)
    : item.node.has('counter')
      ? undefined
      : parseScaled(reader, item, target, signal, fields, sides);
  if (steps !== undefined) return fields.add(item, field, steps);
  if (!item.node.has('counter')) {
    fields.hasErrors = true;
    return;
  }
  const counterEntry = reader.map(item, ['counter'])?.byKey.get('counter');
  const numbers = counterEntry && parseNumbers(reader, counterEntry, [], { max: -1, step: 1 });
  if (numbers === undefined) {
    fields.hasErrors = true;
    return;
  }
  const max = numbers.max === -1 ? undefined : numbers.max;
  const counter = checkCounter(item, fields, signal.bitCount, max, numbers.step);
  if (counter !== undefined) fields.addCounter(item, field, counter);
}

/** The raw value, least significant byte first, from live value n on. */
function liveSteps(
  reader: YamlReader,
  item: Entry,
  signal: Signal,
  fields: Fields,
): Step[] | undefined {
  const numbers = parseNumbers(reader, item, ['live'], {});
  if (numbers === undefined) return undefined;
  const first = numbers.live;
  const bytes = Math.ceil(signal.bitCount / 8);
  if (first + bytes > LIVE_VALUES) {
    fields.refuse(
      item,
      `${item.label} reads live values ${first} to ${first + bytes - 1}; the last one is ${LIVE_VALUES - 1}`,
    );
    return undefined;
  }
  return [{ kind: 'load-live', field: plainField(0, signal.bitCount), first }];
}

/** The request must have the bytes of a signal that is read. */
export function needSignal(fields: Fields, signal: Signal): void {
  fields.requestBytes = Math.max(fields.requestBytes, bytesNeeded(signal));
}
