// SPDX-License-Identifier: MIT
/** The checker on ivshmem links: each end by itself, and the two ends against each other. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RPI4_CANWARDEN } from '../../cell-config/rpi4-canwarden.ts';
import { RPI4_ROOT } from '../../cell-config/rpi4-root.ts';
import {
  assertOnly,
  CONTROL,
  errors,
  LINK,
  root,
  ROOT_CONTROL,
  ROOT_LINK,
  ROOT_NETWORK,
  warden,
  wardenLink,
  wardenRegion,
} from './cell-check-fixture.ts';

describe('the checker on ivshmem links', () => {
  it('finds a link whose region slots are missing', () => {
    const cell = wardenLink({ shmemRegionsStart: RPI4_CANWARDEN.memoryRegions.length - 2 });
    assertOnly(
      errors(RPI4_ROOT, cell).filter(({ code }) => code === 'E-CELL-40'),
      'E-CELL-40',
      /AGL link/,
      /memory regions/,
    );
  });

  it('finds an id that is not below the number of peers', () => {
    const findings = errors(RPI4_ROOT, wardenLink({ shmemDeviceId: 2 }));
    assertOnly(findings, 'E-CELL-41', /AGL link.*id 2/, /AGL link.*peers 2/);
  });

  it('finds a gap between the sections', () => {
    const cell = wardenRegion('read-write section', { virtualStart: 0x0aa22000 });
    assertOnly(errors(RPI4_ROOT, cell), 'E-CELL-42', /AGL link/, /read-write section/);
  });

  it('finds a state table the cell could write', () => {
    const cell = wardenRegion('state table', { flags: 0x83 });
    assertOnly(errors(RPI4_ROOT, cell), 'E-CELL-43', /AGL link/, /state table/);
  });

  it('finds shared memory that root would lose', () => {
    const cell = wardenRegion('read-write section', { flags: 0x3 });
    assertOnly(errors(RPI4_ROOT, cell), 'E-CELL-44', /AGL link/, /read-write section/);
  });

  it('finds ends that disagree on the number of peers', () => {
    const memoryRegions = [...RPI4_CANWARDEN.memoryRegions];
    memoryRegions.splice(4, 0, { ...memoryRegions[3], name: 'output 2' });
    const control = { ...CONTROL, shmemRegionsStart: CONTROL.shmemRegionsStart + 1 };
    const cell = warden({ memoryRegions, pciDevices: [{ ...LINK, shmemPeers: 3 }, control] });
    assertOnly(errors(RPI4_ROOT, cell), 'E-CELL-45', /canwarden link/, /AGL link/);
  });

  it('finds two ends with one id', () => {
    const cell = wardenLink({ shmemDeviceId: 0 });
    assertOnly(errors(RPI4_ROOT, cell), 'E-CELL-46', /canwarden link/, /AGL link/);
  });

  it('finds a section with two sizes', () => {
    const cell = wardenRegion('read-write section', { size: 0x20000 });
    assertOnly(errors(RPI4_ROOT, cell), 'E-CELL-47', /Raspberry.*0x40000/, /canwarden.*0x20000/);
  });

  it('finds a section that is not the same memory', () => {
    const cell = wardenRegion('read-write section', { physicalStart: 0x10000000 });
    assertOnly(errors(RPI4_ROOT, cell), 'E-CELL-48', /0xaa21000/, /0x10000000/);
  });

  it('finds one-way memory that the wrong side could write', () => {
    const requests = wardenRegion('requests', { flags: 0x83 });
    assertOnly(errors(RPI4_ROOT, requests), 'E-CELL-43', /control link/, /"requests"/);
    const status = wardenRegion('status page', { flags: 0x81 });
    assertOnly(errors(RPI4_ROOT, status), 'E-CELL-43', /control link/, /"status page"/);
  });

  it('finds a link with one end', () => {
    const cell = warden({
      pciDevices: [{ ...LINK, bdf: 0x18 }, CONTROL],
      virtualPciInterruptBase: 150,
    });
    assertOnly(errors(RPI4_ROOT, cell), 'E-CELL-49', /AGL link/, /PCI devices/);
  });

  it('finds a device on a bus that nobody can see', () => {
    const network = { ...ROOT_NETWORK, bdf: 0x108 };
    const system = root({ pciDevices: [ROOT_LINK, network, ROOT_CONTROL] });
    assertOnly(errors(system, RPI4_CANWARDEN), 'E-CELL-51', /network link/, /window/);
  });

  it('finds two front-ends', () => {
    const link = { ...ROOT_LINK, shmemProtocol: 0x8024 };
    const system = root({ pciDevices: [link, ROOT_NETWORK, ROOT_CONTROL] });
    const findings = errors(system, RPI4_CANWARDEN);
    assertOnly(findings, 'E-CELL-50', /canwarden link/, /AGL link/);
    assert.match(findings[0].message, /both ends are the front-end \(driver\)/);
    assert.match(findings[0].fix, /set the second to 0xc024/);
  });

  it('names the end to correct when the other alone is one of virtio', () => {
    // 0x0000 and 0x0001 are no virtio; 0xc024 is the back-end of the CAN front-end 0x8024.
    for (const shmemProtocol of [0x0, 0x1]) {
      const link = { ...ROOT_LINK, shmemProtocol };
      const system = root({ pciDevices: [link, ROOT_NETWORK, ROOT_CONTROL] });
      const [finding] = errors(system, RPI4_CANWARDEN);
      assert.equal(finding.code, 'E-CELL-50');
      assert.equal(finding.fix, 'set the first to 0xc024, or correct the second');
    }
  });

  it('finds front-end and back-end of two different devices', () => {
    const cell = wardenLink({ shmemProtocol: 0x8001 });
    assertOnly(errors(RPI4_ROOT, cell), 'E-CELL-50', /canwarden link/, /AGL link/);
  });
});
