// SPDX-License-Identifier: MIT
/** Communication region, hypercalls and cell loading. Numbers: Jailhouse hypercall.h, driver/cell.c. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RPI4_CANWARDEN } from '../../cell-config/rpi4-canwarden.ts';
import { RPI4_ROOT } from '../../cell-config/rpi4-root.ts';
import { loadBlobs, LoadError } from '../../twin/machine/loader.ts';
import { makeFixture } from './machine-fixture.ts';

describe('the communication region at cell start', () => {
  it('holds what hypercall.h says, at its offsets', () => {
    const { space, communication } = makeFixture();
    const { bytes } = space.communicationRegion;
    bytes.fill(0xa5);
    const console = {
      address: 0xfe215040,
      size: 0x40,
      type: 2,
      flags: 3,
      divider: 0x11,
      gateNumber: 0x22,
      clockRegister: 0x33,
    };
    communication.fill({ ...RPI4_CANWARDEN, console }, RPI4_ROOT);
    assert.equal(bytes.toString('latin1', 0, 6), 'JHCOMM');
    assert.equal(bytes.readUInt16LE(0x06), 2);
    assert.deepEqual([...bytes.subarray(0x08, 0x14)], new Array(12).fill(0));
    assert.equal(bytes.readUInt32LE(0x14), 3, 'console by hypercall: permitted and active');
    assert.equal(bytes.readBigUInt64LE(0x18), 0xfe215040n);
    assert.equal(bytes.readUInt32LE(0x20), 0x40);
    assert.equal(bytes.readUInt16LE(0x24), 2, '8250');
    assert.equal(bytes.readUInt16LE(0x26), 3, 'memory mapped, four bytes apart');
    assert.equal(bytes.readUInt32LE(0x28), 0x11);
    assert.equal(bytes.readUInt32LE(0x2c), 0x22);
    assert.equal(bytes.readBigUInt64LE(0x30), 0x33n);
    assert.equal(bytes.readBigUInt64LE(0x38), 0xff900000n);
    assert.equal(bytes.readUInt8(0x40), 2);
    assert.equal(bytes.readBigUInt64LE(0x48), 0xff841000n);
    assert.equal(bytes.readBigUInt64LE(0x50), 0xff842000n);
    assert.equal(bytes.readBigUInt64LE(0x58), 0n);
    assert.equal(bytes.readUInt32LE(0x60), 153);
    assert.ok(bytes.subarray(0x64).every((byte) => byte === 0));
  });

  it('carries a message as the hypervisor sends it', () => {
    const { space, communication } = makeFixture();
    const { bytes } = space.communicationRegion;
    bytes.writeUInt32LE(3, 0x10);
    communication.sendMessage(1);
    assert.equal(bytes.readUInt32LE(0x0c), 1);
    assert.equal(communication.reply, 0, 'the old reply is cleared');
  });
});

describe('hypercalls', () => {
  it('prints characters', () => {
    const { machine, console } = makeFixture();
    for (const character of 'ready\r\nnot yet') machine.hypercall(8, character.charCodeAt(0), 0);
    assert.deepEqual(console.cellText, ['ready', 'not yet']);
  });

  it('refuses what only the root cell may do with -1 and unknown codes with -38', () => {
    const { machine } = makeFixture();
    for (const code of [0, 1, 2, 3, 4, 6]) assert.equal(machine.hypercall(code, 0, 0), -1);
    assert.equal(machine.hypercall(99, 0, 0), -38);
  });
});

describe('jailhouse cell load', () => {
  it('puts a blob at its guest address and leaves the rest stale', () => {
    const { space, machine } = makeFixture();
    loadBlobs(space, [{ name: 'rules.bin', address: 0x100000, bytes: Buffer.from('CWRL') }]);
    const ram = machine.memories.find(({ name }) => name === 'RAM');
    assert.equal(ram?.bytes.toString('latin1', 0x100000, 0x100004), 'CWRL');
    assert.equal(ram?.bytes[0x100004], 0xa5);
  });

  it('refuses a blob that does not fit into one loadable region', () => {
    const { space } = makeFixture();
    const load = (address: number, length: number) => () =>
      loadBlobs(space, [{ name: 'image', address, bytes: Buffer.alloc(length) }]);
    load(0x1ff000, 0x1000)();
    assert.throws(load(0x1ff001, 0x1000), LoadError);
    assert.throws(load(0x80000000, 16), LoadError);
    assert.throws(load(0x0aa21000, 16), LoadError, 'shared memory is not loadable');
  });
});
