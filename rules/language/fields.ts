// SPDX-License-Identifier: MIT
/**
 * The fields that the steps of one program write, each with the steps that compute it. No two may share a bit.
 *
 * Bits are numbered as in a DBC file of Intel layout: bit n is bit n % 8 of byte n / 8.
 */
import { counted } from '../../cell-config/plural.ts';
import { RULE_NUMBERS_2 } from '../../formats/rule-image-2.ts';
import type { DataField, Step } from '../model.ts';
import { DATA_BYTES } from '../model.ts';
import { swapped } from '../order/cover.ts';
import type { Entry, YamlReader } from './yaml-reader.ts';

/** The counter of a rule. All places of a program that have it have the same number. */
export interface Counter {
  readonly maximum: number;
  readonly increment: number;
}

interface Written {
  readonly label: string;
  readonly bits: bigint;
}

export class Fields {
  readonly #reader: YamlReader;
  readonly #written: Written[] = [];
  readonly #steps: Step[] = [];
  readonly #counterStores: Step[] = [];
  #counter: Counter | undefined;
  /** Bytes of the request that must be there. */
  requestBytes = 0;
  hasErrors = false;

  constructor(reader: YamlReader) {
    this.#reader = reader;
  }

  /** Steps that compute A, and then store it in the field. */
  add(entry: Entry, field: DataField, steps: readonly Step[]): void {
    this.#steps.push(...steps, { kind: 'store', field });
    this.claim(entry, bitsOf(field));
  }

  /** A place of the counter, which shows `first` at first: fields that are not full start over with it. */
  addCounter(entry: Entry, field: DataField, counter: Counter, first = 0): void {
    const { maximum, increment } = this.#counter ?? counter;
    if (maximum !== counter.maximum || increment !== counter.increment) {
      this.refuse(entry, 'a rule has one counter: give all its places the same max and step');
    }
    this.#counter = counter;
    if (first !== 0) this.#counterStores.push({ kind: 'add', value: BigInt(first) });
    this.#counterStores.push({ kind: 'store', field });
    this.claim(entry, bitsOf(field));
  }

  /** The bits are written by something else, a checksum or a copied byte. */
  claim(entry: Pick<Entry, 'label' | 'offset'>, bits: bigint): void {
    const other = this.#written.find((written) => (written.bits & bits) !== 0n);
    this.#written.push({ label: entry.label, bits });
    if (other === undefined) return;
    const where = lowestBit(other.bits & bits);
    const place = `bit ${where}, in byte ${Math.floor(where / 8)}`;
    this.refuse(entry, `${entry.label} and ${other.label} both write ${place}`);
  }

  refuse(entry: Pick<Entry, 'offset'>, reason: string): void {
    this.#reader.diagnostics.error(entry.offset, reason);
    this.hasErrors = true;
  }

  /** Number of bytes up to the last one that is written. */
  get end(): number {
    const all = this.#written.reduce((sum, { bits }) => sum | bits, 0n);
    return Math.ceil(all.toString(2).replace(/^0$/, '').length / 8);
  }

  /** Whether anything of the byte is written. */
  isWritten(byte: number): boolean {
    return this.#written.some(({ bits }) => (bits & bitsOfBytes(byte, 1)) !== 0n);
  }

  get counter(): Counter | undefined {
    return this.#counter;
  }

  /** All steps: fields, the counter, and what follows them. */
  stepsWith(entry: Entry, before: readonly Step[], after: readonly Step[]): Step[] | undefined {
    const counter = this.#counter;
    const load = counter === undefined ? [] : [{ kind: 'load-counter' as const, ...counter }];
    const steps = [...before, ...this.#steps, ...load, ...this.#counterStores, ...after];
    const most = RULE_NUMBERS_2.PROGRAM_STEPS_MAXIMUM;
    if (steps.length > most) {
      this.refuse(
        entry,
        `${entry.label} takes ${counted(steps.length, 'step')}, at most ${most} fit`,
      );
    }
    return this.hasErrors ? undefined : steps;
  }
}

/** The bits of the data that a field has, byte 0 lowest. */
export function bitsOf({ shift, width, bigEndian }: DataField): bigint {
  const bits = ((1n << BigInt(width)) - 1n) << BigInt(shift);
  return bigEndian ? swapped(bits) : bits;
}

/** All bits of `count` bytes from number `first` on. */
export function bitsOfBytes(first: number, count: number): bigint {
  return ((1n << BigInt(8 * count)) - 1n) << BigInt(8 * first);
}

/** A field of Intel layout without sign. */
export function plainField(shift: number, width: number): DataField {
  return { shift, width, bigEndian: false, signed: false };
}

/** Number of bytes that a frame has which holds the field. */
export function bytesFor(field: DataField): number {
  return Math.ceil(bitsOf(field).toString(2).length / DATA_BYTES);
}

function lowestBit(bits: bigint): number {
  return bits.toString(2).length - bits.toString(2).lastIndexOf('1') - 1;
}
