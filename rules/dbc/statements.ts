// SPDX-License-Identifier: MIT
/**
 * What the statements of a DBC file say, one by one, before they are put together. `at` is the place in the
 * text.
 */
import type { Decimal } from './decimal.ts';

/** `BO_ 256 Name: 8 Node`. */
export interface MessageStatement {
  readonly at: number;
  readonly name: string;
  /** As in the file: bit 31 is set for an extended identifier. */
  readonly identifier: number;
  readonly length: number;
  readonly sender: string;
  readonly signals: SignalStatement[];
}

/** Type of a signal's bits. `SIG_VALTYPE_` states the floating-point ones. */
export type BitType = 'integer' | 'float' | 'double';

export interface ValueRange {
  readonly least: bigint;
  readonly most: bigint;
}

/** Raw values with their names, in the order of the file. */
export type ValueNames = ReadonlyMap<bigint, string>;

/** A condition under which a signal is present: the raw value of `multiplexor` is in one of the ranges. */
export interface Presence {
  readonly multiplexor: Signal;
  readonly ranges: readonly ValueRange[];
}

/**
 * A number in some bits of a message: `SG_ Name m0 : 7|8@0+ (1,0) [0|255] "unit" Node`. Its physical value
 * is the raw one times `factor` plus `offset`.
 */
export interface Signal {
  /** Place in the text. */
  readonly at: number;
  readonly name: string;
  /** `M`: other signals of the message are present by its value. */
  readonly isMultiplexor: boolean;
  /** As in the file: bit 7 is the highest of byte 0. Intel: of the lowest bit; Motorola: of the highest. */
  readonly startBit: number;
  readonly bitCount: number;
  readonly byteOrder: 'intel' | 'motorola';
  readonly signed: boolean;
  readonly factor: Decimal;
  readonly offset: Decimal;
  readonly minimum: Decimal;
  readonly maximum: Decimal;
  readonly unit: string;
  readonly type: BitType;
  readonly values: ValueNames;
  /** All of them must hold; that of the outermost multiplexor is the first. Empty: always present. */
  readonly presence: readonly Presence[];
}

/** A signal while it is read. Other statements than its own add to it. */
export interface SignalStatement extends Signal {
  /** `m3`: the signal is present if the multiplexor is 3. */
  readonly multiplexValue: bigint | undefined;
  type: BitType;
  values: ValueNames;
  presence: readonly Presence[];
}

/** The first words of a statement about a signal. */
export interface SignalReference {
  readonly at: number;
  readonly section: string;
  readonly identifier: number;
  readonly signal: string;
}

/** `VAL_ 256 Signal 0 "off" 1 "on" ;`, or with the name of a `VAL_TABLE_`. */
export interface ValuesStatement extends SignalReference {
  readonly values: ValueNames | string;
}

/** `SIG_VALTYPE_ 256 Signal : 1;`. */
export interface TypeStatement extends SignalReference {
  readonly type: BitType;
}

/** `SG_MUL_VAL_ 256 Signal Multiplexor 0-3, 5-5;`. */
export interface MultiplexStatement extends SignalReference {
  readonly multiplexor: string;
  readonly ranges: readonly ValueRange[];
}

/** `BA_ "GenMsgCycleTime" BO_ 256 100;`. */
export interface CycleStatement {
  readonly at: number;
  readonly identifier: number;
  readonly millis: Decimal;
}

export interface Statements {
  readonly messages: MessageStatement[];
  readonly tables: Map<string, ValueNames>;
  readonly values: ValuesStatement[];
  readonly types: TypeStatement[];
  readonly multiplexings: MultiplexStatement[];
  readonly cycles: CycleStatement[];
  /** `BA_DEF_DEF_ "GenMsgCycleTime" 0;`: the cycle time of messages that state none. */
  cycleDefault?: Decimal;
  /** `BA_ "Baudrate" 500000;`, in bit/s. */
  bitrate?: Decimal;
}
