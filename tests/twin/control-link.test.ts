// SPDX-License-Identifier: MIT
/** The control link as the two cells see it. Numbers: ivshmem v2, and docs/status-page.md. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RPI4_CANWARDEN } from '../../cell-config/rpi4-canwarden.ts';
import { RPI4_ROOT } from '../../cell-config/rpi4-root.ts';
import { connect, ivshmemDeviceOf, PROTOCOL_CONTROL } from '../../twin/hypervisor/links.ts';
import { AddressSpace } from '../../twin/machine/address-space.ts';
import { PhysicalMemory } from '../../twin/machine/physical-memory.ts';

function makeLink(isCut = false) {
  const physicalMemory = new PhysicalMemory();
  const space = new AddressSpace(RPI4_CANWARDEN, physicalMemory);
  const device = ivshmemDeviceOf(RPI4_ROOT.rootCell, PROTOCOL_CONTROL);
  return { space, ...connect(physicalMemory, RPI4_ROOT, device, RPI4_CANWARDEN, isCut) };
}

describe('the control link', () => {
  it('has a function of the same protocol, with the same sections, in both cells', () => {
    const { rootEndpoint, cellEndpoint } = makeLink();
    for (const [endpoint, identity] of [
      [rootEndpoint, 0],
      [cellEndpoint, 1],
    ] as const) {
      assert.ok(endpoint);
      assert.equal(endpoint.bdf, 0x10);
      assert.equal(endpoint.id, identity);
      assert.equal(endpoint.readConfig(0x00), 0x4106110a);
      assert.equal(endpoint.readConfig(0x08) >>> 8, 0xff4057);
      // Interrupt pin ((bdf >> 3) & 3) + 1.
      assert.equal((endpoint.readConfig(0x3c) >>> 8) & 0xff, 3);
      // State table, R/W section, each output section, base address.
      assert.deepEqual(
        [0x44, 0x48, 0x4c, 0x50, 0x54, 0x58, 0x5c].map((offset) => endpoint.readConfig(offset)),
        [0x1000, 0, 0, 0x20000, 0, 0x0aa70000, 0],
      );
    }
  });

  it('shows each side what the other one writes', () => {
    const { space, section, outputs } = makeLink();
    assert.equal(section.length, 0);
    const [requests, status] = outputs;
    requests.writeUInt32LE(0x12345678, 0x1fffc);
    const seen = space.find(0x0aa71000)?.memory;
    assert.equal(seen?.bytes.readUInt32LE(0x1fffc), 0x12345678);
    assert.equal(seen?.writable, false);
    const page = space.find(0x0aa91000)?.memory;
    assert.equal(page?.writable, true);
    page?.bytes.writeUInt32LE(0x9abcdef0, 0);
    assert.equal(status.readUInt32LE(0), 0x9abcdef0);
  });

  it('begins with states zeroed and sections stale', () => {
    const { stateTable, outputs } = makeLink();
    assert.ok(stateTable.every((byte) => byte === 0));
    for (const output of outputs) assert.ok(output.every((byte) => byte === 0xa5));
  });

  it('can lack the end of the cell', () => {
    const { cellEndpoint, outputs } = makeLink(true);
    assert.equal(cellEndpoint, undefined);
    assert.equal(outputs.length, 2);
  });

  it('is looked for by protocol, and says what there is none of', () => {
    const { rootCell } = RPI4_ROOT;
    assert.equal(ivshmemDeviceOf(rootCell, 0x0001).bdf, 0x08);
    assert.throws(
      () => ivshmemDeviceOf(rootCell, 0x4000, 0x4001),
      /"Raspberry-Pi4" has no ivshmem device with protocol 0x4000 or 0x4001/,
    );
  });
});
