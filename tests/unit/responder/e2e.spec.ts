// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * The checksums of E2E profiles, by the examples of AUTOSAR PRS E2E Protocol R20-11: data 0, data identifiers 0x1234,
 * or 1 to 16.
 */
import { isE2e16, isE2e8, StepFields, withE2e } from '../../../src/responder/e2e';
import { RuleImage2 } from '../support/rule-image-2';

const place: usize = memory.data(0x10000, 8);
const table: usize = memory.data(2 * 272, 8);

/** The only step of an image. */
function step(kind: u8, shift: u8, width: u8, word: u32, value: u64): StepFields {
  const image = new RuleImage2(place);
  image.addStep(kind, 0, shift, width, word, value);
  return changetype<StepFields>(place + 64);
}

/** CRC-8H2F, and data identifiers 1 to 16. */
function fillTable(): void {
  for (let index: u32 = 0; index < 256; index++) {
    let sum = index;
    for (let bit = 0; bit < 8; bit++) sum = (sum << 1) ^ ((sum & 0x80) !== 0 ? 0x12f : 0);
    store<u8>(table + index, sum as u8);
  }
  for (let index: u32 = 0; index < 16; index++) store<u8>(table + index, (index + 1) as u8, 256);
}

describe('a checksum of an E2E profile', () => {
  test('profile 5: data 0, identifier 0x1234, counters 0 and 1', () => {
    expect(withE2e(step(30, 0, 0, 0x1234, 0), 0, 8, 0)).toBe(0xca1c);
    expect(withE2e(step(30, 0, 0, 0x1234, 0), 0x01_ffff, 8, 0)).toBe(0x01_8dcf);
  });

  test('profile 22: data 0, identifiers 1 to 16, counters 1 and 8', () => {
    fillTable();
    const profile = step(29, 0, 8, 0, 0x1ffffff);
    expect(withE2e(profile, 0x0100, 8, table)).toBe(0x011b);
    expect(withE2e(profile, 0x08ee, 8, table)).toBe(0x0808);
  });

  test('goes by the table that its step names', () => {
    fillTable();
    memory.copy(table + 272, table, 272);
    memory.fill(table, 0, 272);
    expect(withE2e(step(29, 0, 8, 1, 0x1ffffff), 0x0100, 8, table)).toBe(0x011b);
  });

  test('begins with one value for even counters and another for odd ones', () => {
    fillTable();
    const profile = step(29, 0, 8, 0, 0x003412);
    // An all-zero frame but for the counter in byte 1: of two bytes, one look into the table.
    for (let counter: u32 = 0; counter < 4; counter++) {
      const initial: u32 = (counter & 1) !== 0 ? 0x34 : 0x12;
      const sum: u32 = load<u8>(table + (initial ^ counter));
      expect(withE2e(profile, (counter << 8) as u64, 2, table)).toBe((counter << 8) | sum);
    }
  });

  test('of a length above 8 changes nothing: there is no frame', () => {
    expect(withE2e(step(30, 0, 0, 0x1234, 0), 5, 9, 0)).toBe(5);
  });

  test('lies in the data, at a byte, and refers to a table that exists', () => {
    expect(isE2e8(step(29, 56, 60, 0, 0x1ffffff), 1)).toBe(true);
    expect(isE2e8(step(29, 4, 8, 0, 0), 1)).toBe(false);
    expect(isE2e8(step(29, 64, 8, 0, 0), 1)).toBe(false);
    expect(isE2e8(step(29, 0, 61, 0, 0), 1)).toBe(false);
    expect(isE2e8(step(29, 0, 8, 1, 0), 1)).toBe(false);
    expect(isE2e8(step(29, 0, 8, 0, 0x2000000), 1)).toBe(false);
    expect(isE2e16(step(30, 48, 0, 0xffff, 0))).toBe(true);
    expect(isE2e16(step(30, 56, 0, 0, 0))).toBe(false);
    expect(isE2e16(step(30, 0, 1, 0, 0))).toBe(false);
    expect(isE2e16(step(30, 0, 0, 0x10000, 0))).toBe(false);
    expect(isE2e16(step(30, 0, 0, 0, 1))).toBe(false);
  });
});
