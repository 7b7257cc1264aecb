// SPDX-License-Identifier: MIT
/// <reference types="@as-pect/assembly/types/as-pect" />
/**
 * Identifiers, frames and filters, with SocketCAN's meaning of the flag bits.
 */
import { allocateFrames, dataMaskOf, Frame } from '../../../src/can/frame';
import { isExtended, isRemote, isValidIdentifier, numberOf } from '../../../src/can/identifier';

const EFF: u32 = 0x80000000;
const RTR: u32 = 0x40000000;
const ERR: u32 = 0x20000000;

describe('identifier', () => {
  test('form and kind are in the upper bits', () => {
    expect(isExtended(0x123)).toBe(false);
    expect(isExtended(EFF | 0x123)).toBe(true);
    expect(isRemote(EFF | 0x123)).toBe(false);
    expect(isRemote(RTR | 0x123)).toBe(true);
    expect(numberOf(RTR | 0x7ff)).toBe(0x7ff);
    expect(numberOf(EFF | RTR | 0x1fffffff)).toBe(0x1fffffff);
  });

  test('a bus carries 11 or 29 bits, data or remote, and no error messages', () => {
    expect(isValidIdentifier(0x7ff)).toBe(true);
    expect(isValidIdentifier(0x800)).toBe(false);
    expect(isValidIdentifier(RTR | 0x7ff)).toBe(true);
    expect(isValidIdentifier(EFF | 0x1fffffff)).toBe(true);
    expect(isValidIdentifier(EFF | RTR)).toBe(true);
    expect(isValidIdentifier(ERR | 0x001)).toBe(false);
    expect(isValidIdentifier(EFF | ERR | 0x001)).toBe(false);
  });
});

describe('frame', () => {
  test('is laid out as struct can_frame', () => {
    const address = allocateFrames(2);
    const frame = changetype<Frame>(address);
    frame.identifier = 0x12345678;
    frame.length = 8;
    frame.rawDlc = 13;
    frame.data = 0x8877665544332211;
    expect(load<u32>(address)).toBe(0x12345678);
    expect(load<u8>(address, 4)).toBe(8);
    expect(load<u8>(address, 5)).toBe(0);
    expect(load<u8>(address, 6)).toBe(0);
    expect(load<u8>(address, 7)).toBe(13);
    expect(load<u8>(address, 8)).toBe(0x11);
    expect(load<u8>(address, 15)).toBe(0x88);
    expect(offsetof<Frame>()).toBe(16);
    expect(load<u64>(address, 16)).toBe(0);
  });

  test('a data mask covers the bytes in use', () => {
    expect(dataMaskOf(0)).toBe(0);
    expect(dataMaskOf(1)).toBe(0xff);
    expect(dataMaskOf(7)).toBe(0x00ffffffffffffff);
    expect(dataMaskOf(8)).toBe(0xffffffffffffffff);
    expect(dataMaskOf(200)).toBe(0xffffffffffffffff);
  });
});
