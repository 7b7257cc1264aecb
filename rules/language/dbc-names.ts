// SPDX-License-Identifier: MIT
/**
 * The DBC files of a rules file: messages and signals by their names.
 *
 * Does not: read DBC; see rules/dbc.
 */
import type { Database, Message, Signal, ValueRange } from '../dbc/database.ts';
import { piecesOf } from '../dbc/layout.ts';
import type { DataCondition, DataField, RuleMatch } from '../model.ts';
import { DATA_BYTES } from '../model.ts';
import { fieldOf, isSameField, knownBits } from '../order/cover.ts';
import type { Entries, YamlReader } from './yaml-reader.ts';

/** Looks names up in the files of `dbc:`. One of them must have the message, and no second one. */
export class Names {
  readonly #databases: readonly Database[];
  readonly #isWhole: boolean;

  /** `isWhole`: no file is missing here that the rules file names. */
  constructor(databases: readonly Database[], isWhole: boolean) {
    this.#databases = databases;
    this.#isWhole = isWhole;
  }

  /** The message that `message:` names. Undefined: there is no such key, or an error was told. */
  message(reader: YamlReader, entries: Entries): Message | undefined {
    const entry = entries.byKey.get('message');
    const name = entry && reader.text(entry);
    if (entry === undefined || name === undefined) return undefined;
    const isIn = ({ messages }: Database) => messages.some((each) => each.name === name);
    const holders = this.#databases.filter(isIn);
    const [first, second] = holders;
    // The missing file may have it, and its error is told.
    if (first === undefined && !this.#isWhole) return undefined;
    const asked = first === undefined ? this.#databases : [first];
    const lookups = asked.map((database) => database.message(name));
    if (lookups.length === 1 && second === undefined && lookups[0].found) return lookups[0].found;
    const reason =
      second !== undefined
        ? `message "${name}" is in ${first.file} and in ${second.file}: name one of the files`
        : lookups.length === 0
          ? 'message needs a DBC file: write dbc: car.dbc at the top of the rules file'
          : lookups.map(({ refused }) => refused).join('; ');
    reader.diagnostics.error(entry.offset, reason);
    return undefined;
  }
}

/** Where the signal lies in the data. */
export function fieldOfSignal(signal: Signal): DataField {
  const [{ dataBit }] = piecesOf(signal);
  const [byte, bit] = [Math.floor(dataBit / 8), dataBit % 8];
  const bigEndian = signal.byteOrder === 'motorola';
  return {
    shift: bigEndian ? (DATA_BYTES - 1 - byte) * 8 + bit : dataBit,
    width: signal.bitCount,
    bigEndian,
    signed: signal.signed,
  };
}

/** Why frames that match may be without the signal; undefined: all of them have it. */
export function absenceOf(signal: Signal, match: RuleMatch): string | undefined {
  for (const { multiplexor, ranges } of signal.presence) {
    if (isWithin(fieldOfSignal(multiplexor), ranges, match)) continue;
    const [{ least, most }] = ranges;
    const values = least === most ? `${least}` : `${least} to ${most}`;
    return `${signal.name} is in the frame only if ${multiplexor.name} is ${values}: match signals: { ${multiplexor.name}: ${least} }`;
  }
  return undefined;
}

/** Whether the match takes only frames in which the field has a value of the ranges. */
function isWithin(field: DataField, ranges: readonly ValueRange[], match: RuleMatch): boolean {
  const isIn = (first: bigint, last: bigint) =>
    ranges.some(({ least, most }) => first >= least && last <= most);
  const raw = fieldOf(field, knownBits(match));
  if (raw !== undefined) return isIn(raw, raw);
  const isSure = (condition: DataCondition) => {
    if (condition.kind === 'bits' || condition.inverted) return false;
    if (!isSameField(condition.field, field)) return false;
    if (condition.kind === 'range') return isIn(condition.minimum, condition.maximum);
    return condition.values.map(BigInt).every((value) => isIn(value, value));
  };
  return (match.conditions ?? []).some((group) => group.every(isSure));
}
