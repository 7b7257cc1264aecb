// SPDX-License-Identifier: MIT
/**
 * Cell files that are cut or damaged are refused with the place and the reason.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { decodeFile } from '../../cell-config/format/decode.ts';
import { encodeCell, encodeSystem } from '../../cell-config/format/encode.ts';
import { CellFormatError } from '../../cell-config/format/error.ts';
import { QEMU_X86 } from './cell-stock-others.ts';
import * as stock from './cell-stock.ts';

/** What the decoder says to `bytes`. */
function refusal(bytes: Uint8Array): CellFormatError {
  try {
    decodeFile(bytes);
  } catch (error) {
    assert.ok(error instanceof CellFormatError, String(error));
    return error;
  }
  assert.fail('the file was taken');
}

describe('a file that is cut or damaged', () => {
  const cell = (): Buffer => encodeCell(stock.STOCK_RPI4_INMATE_DEMO);
  const system = (): Buffer => encodeSystem(stock.STOCK_RPI4);

  it('is refused at every length shorter than the whole', () => {
    for (const whole of [cell(), system()]) {
      for (let length = 0; length < whole.length; length += 1) {
        const error = refusal(whole.subarray(0, length));
        assert.match(error.message, /before the end of the file|a file of/);
      }
    }
  });

  it('is refused with the structure that is cut and how much of it is there', () => {
    // Memory region 3 is at 0xec .. 0x10c.
    const error = refusal(cell().subarray(0, 0xf0));
    assert.equal(
      error.message,
      'cell memory region 3 (of 8) at offset 0xec: expected 32 bytes, got 4 before the end of the file',
    );
    assert.equal(error.offset, 0xec);
  });

  it('is refused when a count is far too large, without reading on for ever', () => {
    const bytes = cell();
    bytes.writeUInt32LE(0xffffffff, 0x34);
    assert.match(refusal(bytes).message, /memory region \d+ \(of 4294967295\)/);
  });

  it('is refused when the CPU set is far too large', () => {
    const bytes = cell();
    bytes.writeUInt32LE(0xffffffff, 0x30);
    assert.match(refusal(bytes).message, /CPU set at offset 0x84: expected 4294967295 bytes/);
  });

  it('is refused when the signature is unknown', () => {
    assert.match(
      refusal(Buffer.from('# not a cell at all')).message,
      /^signature at offset 0x0: expected "JHCLL" or "JHSYS" .*, got "# not "$/,
    );
  });

  it('is refused when signature and revision contradict each other', () => {
    const bytes = cell();
    bytes.writeUInt16LE(13, 6);
    assert.match(
      refusal(bytes).message,
      /^revision at offset 0x6: expected 14, as the signature "JHCLL" belongs to, got 13$/,
    );
  });

  it('is refused when the unused part of an x86 machine is not zero', () => {
    // platform_info.x86 ends at 0x148, the union at 0x164.
    const bytes = encodeSystem(QEMU_X86);
    bytes.writeUInt8(1, 0x150);
    assert.match(
      refusal(bytes).message,
      /^unused part of the x86 platform at offset 0x150: expected zero, got 0x01$/,
    );
  });

  it('is refused when its architecture is unknown', () => {
    const bytes = cell();
    bytes.writeUInt8(9, 5);
    assert.match(refusal(bytes).message, /^architecture at offset 0x5: .* got 0x09$/);
  });

  it('is refused when the name has no end', () => {
    const bytes = cell();
    bytes.fill(0x61, 0x08, 0x28);
    assert.match(refusal(bytes).message, /^cell name at offset 0x8: expected 1 to 31 printable/);
  });

  it('is refused when there are bytes after the name', () => {
    const bytes = cell();
    bytes.writeUInt8(1, 0x27);
    assert.match(
      refusal(bytes).message,
      /^cell name: rest at offset 0x27: expected zero, got 0x01$/,
    );
  });

  it('is refused when an address has more than 53 bits', () => {
    const bytes = cell();
    bytes.writeBigUInt64LE(1n << 60n, 0x8c);
    assert.match(
      refusal(bytes).message,
      /^cell memory region 0: physicalStart at offset 0x8c: .* got 0x1000000000000000$/,
    );
  });

  it('is refused when padding of a system is not zero', () => {
    const bytes = system();
    bytes.writeUInt8(7, 0x13a);
    assert.match(refusal(bytes).message, /^padding after the GIC version at offset 0x13a/);
  });
});
