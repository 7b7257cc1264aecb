// SPDX-License-Identifier: MIT
/**
 * Reads one cell: descriptor, CPU set and the arrays behind it, up to the end of the file.
 */
import type { BarMask } from './constants.ts';
import { CellFormatError } from './error.ts';
import { expectZero, readFields, readNumber } from './fields.ts';
import * as layout from './layout.ts';
import type { Cell, InterruptController, PciDevice } from './model.ts';

/** Reads the cell whose descriptor starts at `base`. Bytes behind its last array become `uncounted`. */
export function readCell(bytes: Buffer, base: number, where: string): Cell {
  if (bytes.length < base + layout.CELL.size) {
    throw new CellFormatError({
      field: `${where} descriptor`,
      offset: base,
      expected: `${layout.CELL.size} bytes`,
      got: `${bytes.length - base} before the end of the file`,
    });
  }
  const name = readName(bytes, base + layout.CELL_NAME.offset, where);
  const fields = readFields(bytes, base, layout.CELL, where);
  const counts = readFields(bytes, base, layout.CELL_COUNTS, where);
  const cursor = new Cursor(bytes, base + layout.CELL.size, where);

  const cpuSet = cursor.take(fields.cpuSetBytes, 'CPU set');
  const cell: Cell = {
    name,
    ...fields,
    cpus: bitsOf(bytes.subarray(cpuSet, cpuSet + fields.cpuSetBytes)),
    console: readFields(
      bytes,
      base + layout.CELL_CONSOLE_OFFSET,
      layout.CONSOLE,
      `${where} console`,
    ),
    memoryRegions: cursor
      .array(counts.memoryRegions, layout.MEMORY, 'memory region')
      .map(({ values, index }) => ({ name: `memory ${index}`, ...values })),
    cacheRegions: cursor
      .array(counts.cacheRegions, layout.CACHE, 'cache region')
      .map(({ values, offset, field }) => {
        expectZero(bytes, offset + layout.CACHE_PADDING_OFFSET, 1, `${field}: padding`);
        return values;
      }),
    interruptControllers: cursor
      .array(counts.interruptControllers, layout.INTERRUPT_CONTROLLER, 'interrupt controller')
      .map(({ values, offset }): InterruptController => {
        const start = offset + layout.INTERRUPT_BITMAP.offset;
        const bitmap = bytes.subarray(start, start + 4 * layout.INTERRUPT_BITMAP.words);
        return { ...values, interrupts: bitsOf(bitmap).map((bit) => values.pinBase + bit) };
      }),
    portRanges: cursor
      .array(counts.portRanges, layout.PORT_RANGE, 'port range')
      .map(({ values }) => values),
    pciDevices: cursor
      .array(counts.pciDevices, layout.PCI_DEVICE, 'PCI device')
      .map(({ values, offset, index, field }): PciDevice => ({
        name: `PCI device ${index}`,
        ...values,
        barMask: readBarMask(bytes, offset, field),
      })),
    pciCapabilities: cursor
      .array(counts.pciCapabilities, layout.PCI_CAPABILITY, 'PCI capability')
      .map(({ values }) => values),
    streamIds: cursor
      .array(counts.streamIds, layout.STREAM_ID, 'stream id')
      .map(({ values }) => values.value),
  };
  const uncounted = cursor.rest();
  return uncounted.length === 0 ? cell : { ...cell, uncounted };
}

/** One structure of an array: its numbers, its offset, and its name in messages. */
interface Element<Name extends string> {
  readonly values: Record<Name, number>;
  readonly offset: number;
  readonly index: number;
  readonly field: string;
}

/** Walks through the variable part of a cell. Refuses to pass the end of the file. */
class Cursor {
  readonly #bytes: Buffer;
  readonly #where: string;
  #offset: number;

  constructor(bytes: Buffer, offset: number, where: string) {
    this.#bytes = bytes;
    this.#offset = offset;
    this.#where = where;
  }

  /** Steps over `length` bytes and returns where they start. */
  take(length: number, field: string): number {
    const start = this.#offset;
    if (length > this.#bytes.length - start) {
      throw new CellFormatError({
        field: `${this.#where} ${field}`,
        offset: start,
        expected: `${length} bytes`,
        got: `${this.#bytes.length - start} before the end of the file`,
      });
    }
    this.#offset = start + length;
    return start;
  }

  /** Reads `count` consecutive structures. */
  array<Name extends string>(
    count: number,
    structure: layout.Layout<Name>,
    what: string,
  ): Element<Name>[] {
    const held = Math.floor((this.#bytes.length - this.#offset) / structure.size);
    if (held < count) {
      // The count may be wrong: refuse at the structure that is cut off before anything is read.
      this.take(held * structure.size, what);
      this.take(structure.size, `${what} ${held} (of ${count})`);
    }
    return Array.from({ length: count }, (_, index) => {
      const offset = this.take(structure.size, what);
      const field = `${this.#where} ${what} ${index}`;
      return { values: readFields(this.#bytes, offset, structure, field), offset, index, field };
    });
  }

  /** A copy of the rest of the file. */
  rest(): Uint8Array {
    return Uint8Array.from(this.#bytes.subarray(this.#offset));
  }
}

function readName(bytes: Buffer, offset: number, where: string): string {
  const field = bytes.subarray(offset, offset + layout.CELL_NAME.bytes);
  const end = field.indexOf(0);
  const name = field.toString('latin1', 0, end === -1 ? field.length : end);
  if (end === -1 || !/^[\x20-\x7e]+$/.test(name)) {
    throw new CellFormatError({
      field: `${where} name`,
      offset,
      expected: `1 to ${layout.CELL_NAME.bytes - 1} printable ASCII characters and a NUL`,
      got: JSON.stringify(name),
    });
  }
  expectZero(bytes, offset + end, layout.CELL_NAME.bytes - end, `${where} name: rest`);
  return name;
}

function readBarMask(bytes: Buffer, offset: number, field: string): BarMask {
  const word = (index: number): number => {
    const place = { offset: layout.PCI_BAR_MASK.offset + 4 * index, bytes: 4 } as const;
    return readNumber(bytes, offset, place, `${field}: BAR mask ${index}`);
  };
  return [word(0), word(1), word(2), word(3), word(4), word(5)];
}

/** Numbers of the bits set in a little-endian bitmap, ascending. */
function bitsOf(bitmap: Uint8Array): number[] {
  const bits: number[] = [];
  bitmap.forEach((byte, index) => {
    for (let bit = 0; bit < 8; bit += 1) {
      if ((byte >> bit) % 2 === 1) bits.push(8 * index + bit);
    }
  });
  return bits;
}
