// SPDX-License-Identifier: MIT
/**
 * Reads the statements of a DBC file that are of use here: messages, signals, values, multiplexing, and
 * three attributes.
 */
import type { Decimal } from './decimal.ts';
import { DbcSyntaxError } from './scanner.ts';
import type { Scanner } from './scanner.ts';
import { NUMBER_MAXIMUM, parseSignal } from './parse-signal.ts';
import { StatementReader } from './reader.ts';
import type {
  BitType,
  MessageStatement,
  SignalReference,
  Statements,
  ValueNames,
  ValueRange,
} from './statements.ts';

/** The form of each statement, for messages. */
export const FORMS: ReadonlyMap<string, string> = new Map([
  ['BO_', 'BO_ 256 Message: 8 Node'],
  ['SG_', 'SG_ Signal : 0|8@1+ (1,0) [0|255] "unit" Node'],
  ['VAL_TABLE_', 'VAL_TABLE_ Table 0 "off" 1 "on" ;'],
  ['VAL_', 'VAL_ 256 Signal 0 "off" 1 "on" ;'],
  ['SIG_VALTYPE_', 'SIG_VALTYPE_ 256 Signal : 1;'],
  ['SG_MUL_VAL_', 'SG_MUL_VAL_ 256 Signal Multiplexor 0-3, 5-5;'],
  ['BA_DEF_DEF_', 'BA_DEF_DEF_ "GenMsgCycleTime" 0;'],
  ['BA_', 'BA_ "GenMsgCycleTime" BO_ 256 100;'],
]);

/** CANdb++ keeps signals without a message in a message of this name, which is on no bus. */
const NO_MESSAGE = 'VECTOR__INDEPENDENT_SIG_MSG';
const CYCLE_TIME = 'GenMsgCycleTime';
const BITRATE = 'Baudrate';
const IDENTIFIER_MAXIMUM = 0xffff_ffffn;
const VALUE_MAXIMUM = 2n ** 64n - 1n;
const BIT_TYPES: readonly BitType[] = ['integer', 'float', 'double'];

export class StatementParser {
  readonly #scanner: Scanner;
  readonly #reader: StatementReader;
  readonly #statements: Statements;
  /** Where signals belong. `skipped`: to a message that is not read. */
  #message: Pick<MessageStatement, 'signals'> | 'skipped' | undefined;

  constructor(scanner: Scanner, statements: Statements) {
    this.#scanner = scanner;
    this.#reader = new StatementReader(scanner);
    this.#statements = statements;
  }

  /**
   * Reads the statement behind its keyword, which stands at `at`. False: what is left of it is to be
   * skipped. Throws DbcSyntaxError.
   */
  read(keyword: string, at: number): boolean {
    if (keyword === 'SG_') return this.#signal(at);
    this.#message = undefined;
    switch (keyword) {
      case 'BO_':
        return this.#messageHead();
      case 'VAL_TABLE_':
        this.#statements.tables.set(this.#reader.name('the name of the table'), this.#valueNames());
        return true;
      case 'VAL_':
        return this.#values(at);
      case 'SIG_VALTYPE_':
        return this.#type(at);
      case 'SG_MUL_VAL_':
        return this.#multiplexing(at);
      case 'BA_DEF_DEF_':
        return this.#attributeDefault();
      case 'BA_':
        return this.#attribute(at);
      default:
        return false;
    }
  }

  #messageHead(): boolean {
    const reader = this.#reader;
    this.#message = 'skipped';
    const identifier = this.#identifier();
    const at = this.#scanner.offset;
    const name = reader.name('the name of the message');
    reader.mark(':');
    const length = Number(reader.whole('its length in bytes', 0n, NUMBER_MAXIMUM));
    const sender = this.#scanner.startsLine ? '' : reader.name('the node that sends it');
    if (name === NO_MESSAGE) return true;
    const message = { at, name, identifier, length, sender, signals: [] };
    this.#statements.messages.push(message);
    this.#message = message;
    return true;
  }

  #signal(at: number): boolean {
    if (this.#message === 'skipped') return false;
    if (this.#message === undefined) {
      throw new DbcSyntaxError(at, 'the signal belongs to no message; put it below a BO_');
    }
    this.#message.signals.push(parseSignal(this.#reader));
    // The nodes that receive it.
    return false;
  }

  #identifier(): number {
    return Number(this.#reader.whole('the identifier (decimal)', 0n, IDENTIFIER_MAXIMUM));
  }

  #reference(at: number, section: string): SignalReference {
    const identifier = this.#identifier();
    return { at, section, identifier, signal: this.#reader.name('the name of the signal') };
  }

  #values(at: number): boolean {
    // The values of an environment variable, which is on no bus.
    if (this.#reader.isAt('word')) return false;
    const reference = this.#reference(at, 'VAL_');
    if (!this.#reader.isAt('word')) {
      this.#statements.values.push({ ...reference, values: this.#valueNames() });
      return true;
    }
    const values = this.#reader.name('the name of a table');
    this.#reader.endStatement();
    this.#statements.values.push({ ...reference, values });
    return true;
  }

  #valueNames(): ValueNames {
    const values = new Map<bigint, string>();
    while (this.#reader.isAt('number')) {
      const value = this.#reader.whole('a value', -VALUE_MAXIMUM, VALUE_MAXIMUM);
      values.set(value, this.#reader.text('the name of the value in quotes'));
    }
    this.#reader.endStatement();
    return values;
  }

  #type(at: number): boolean {
    const reference = this.#reference(at, 'SIG_VALTYPE_');
    this.#reader.optional(':');
    const what = 'the type (0 integer, 1 float, 2 double)';
    const type = BIT_TYPES[Number(this.#reader.whole(what, 0n, 2n))];
    this.#reader.endStatement();
    this.#statements.types.push({ ...reference, type });
    return true;
  }

  #multiplexing(at: number): boolean {
    const reference = this.#reference(at, 'SG_MUL_VAL_');
    const multiplexor = this.#reader.name('the name of the multiplexor');
    const ranges: ValueRange[] = [];
    do ranges.push(this.#range());
    while (this.#reader.optional(','));
    this.#reader.endStatement();
    this.#statements.multiplexings.push({ ...reference, multiplexor, ranges });
    return true;
  }

  /** `0-3`. The scanner takes the minus for a sign. */
  #range(): ValueRange {
    const least = this.#reader.whole('the first value of a range', 0n, VALUE_MAXIMUM);
    const { offset } = this.#scanner;
    const isApart = this.#reader.optional('-');
    const last = this.#reader.whole('the last value of the range', -VALUE_MAXIMUM, VALUE_MAXIMUM);
    const most = isApart ? last : -last;
    if (most >= least) return { least, most };
    const reason = `the last value of a range such as ${least}-${least + 1n} must follow and be ${least} or more`;
    throw new DbcSyntaxError(offset, reason);
  }

  #attributeDefault(): boolean {
    if (!this.#reader.isAt('text')) return false;
    const name = this.#reader.text('the name of the attribute');
    if (name !== CYCLE_TIME && name !== BITRATE) return false;
    this.#setDefault(name, this.#reader.decimal('a number'));
    this.#reader.endStatement();
    return true;
  }

  #setDefault(name: typeof CYCLE_TIME | typeof BITRATE, value: Decimal): void {
    if (name === CYCLE_TIME) this.#statements.cycleDefault = value;
    else this.#statements.bitrate ??= value;
  }

  #attribute(at: number): boolean {
    if (!this.#reader.isAt('text')) return false;
    const name = this.#reader.text('the name of the attribute');
    if (name === BITRATE && this.#reader.isAt('number')) {
      this.#statements.bitrate = this.#reader.decimal('bit/s');
    } else if (name === CYCLE_TIME) {
      this.#reader.mark('BO_');
      const identifier = this.#identifier();
      const millis = this.#reader.decimal('the cycle time in ms');
      this.#statements.cycles.push({ at, identifier, millis });
    } else {
      return false;
    }
    this.#reader.endStatement();
    return true;
  }
}
