// SPDX-License-Identifier: MIT
/**
 * The checker passes the shipped pair and the stock cells, and finds each seeded mistake with both
 * places and a fix. The links are in cell-check-links.test.ts.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkConfiguration, formatFinding } from '../../cell-config/check.ts';
import type { Cell } from '../../cell-config/format/model.ts';
import { RPI4_CANWARDEN } from '../../cell-config/rpi4-canwarden.ts';
import { RPI4_CANWARDEN_WFI } from '../../cell-config/rpi4-canwarden-wfi.ts';
import { RPI4_ROOT } from '../../cell-config/rpi4-root.ts';
import {
  assertOnly,
  errors,
  root,
  ROOT_CONTROL,
  ROOT_LINK,
  ROOT_NETWORK,
  warden,
  wardenControl,
  wardenRegion,
} from './cell-check-fixture.ts';
import * as stock from './cell-stock.ts';

describe('the checker on configurations without mistakes', () => {
  it('passes the shipped pair', () => {
    assert.deepEqual(errors(RPI4_ROOT, RPI4_CANWARDEN), []);
    assert.deepEqual(errors(RPI4_ROOT, RPI4_CANWARDEN_WFI), []);
  });

  it('notes the exclusive regions, the one that traps, and the interrupt that never arrives', () => {
    const notes = checkConfiguration({ system: RPI4_ROOT, cells: [RPI4_CANWARDEN] });
    assert.deepEqual(
      notes.map(({ code, places }) => [code, /"(.*)"/.exec(places[0])?.[1]]),
      [
        ['N-CELL-61', 'SPI0'],
        ['N-CELL-60', 'UART'],
        ['N-CELL-62', 'RAM'],
        ['N-CELL-63', 'control link'],
      ],
    );
  });

  it('passes the stock cells together with their machine', () => {
    const { STOCK_RPI4, STOCK_RPI4_INMATE_DEMO, STOCK_RPI4_LINUX_DEMO } = stock;
    assert.deepEqual(errors(STOCK_RPI4, STOCK_RPI4_INMATE_DEMO, STOCK_RPI4_LINUX_DEMO), []);
    assert.deepEqual(errors(stock.STOCK_QEMU, stock.STOCK_QEMU_INMATE_DEMO), []);
  });

  it('writes a finding with its places and its fix', () => {
    const [finding] = errors(RPI4_ROOT, warden({ cpus: [4] }));
    assert.equal(
      formatFinding(finding),
      'E-CELL-22 CPU 4 is not in the root cell\n' +
        '  at   canwarden: CPUs 4\n' +
        '  at   Raspberry-Pi4: CPUs 0, 1, 2, 3\n' +
        '  fix  choose from 0, 1, 2, 3',
    );
  });
});

describe('the checker on memory', () => {
  it('finds two regions of a cell on the same physical memory', () => {
    const cell = wardenRegion('GPIO', { physicalStart: 0xfe204000 });
    assertOnly(errors(RPI4_ROOT, cell), 'E-CELL-01', /"SPI0"/, /"GPIO"/);
  });

  it('finds two regions of a cell at the same guest address', () => {
    const cell = wardenRegion('GPIO', { virtualStart: 0x1ff000 });
    assertOnly(errors(RPI4_ROOT, cell), 'E-CELL-02', /"GPIO"/, /"RAM"/);
  });

  it('finds hypervisor memory inside a region', () => {
    const hypervisorMemory = {
      ...RPI4_ROOT.hypervisorMemory,
      physicalStart: 0x08000000,
      size: 0x1000,
    };
    assertOnly(
      errors({ ...RPI4_ROOT, hypervisorMemory }, RPI4_CANWARDEN),
      'E-CELL-03',
      /Raspberry-Pi4: region 14 "RAM below the reservation"/,
      /hypervisor memory/,
    );
  });

  it('finds a region in the PCI configuration window', () => {
    const cell = wardenRegion('communication region', { virtualStart: 0xff900000 });
    assertOnly(
      errors(RPI4_ROOT, cell),
      'E-CELL-04',
      /communication region/,
      /PCI configuration window/,
    );
  });

  it('finds a region over the interrupt controller', () => {
    const cell = wardenRegion('communication region', { virtualStart: 0xff841000 });
    assertOnly(errors(RPI4_ROOT, cell), 'E-CELL-05', /communication region/, /GICD/);
  });

  it('finds memory that the root cell does not have', () => {
    const cell = wardenRegion('RAM', { physicalStart: 0x0aa00000 });
    // 0x0aa10000 is where root's first RAM region ends, 0x0aa20000 where its link begins.
    const [first, ...rest] = errors(RPI4_ROOT, cell);
    assert.equal(first.code, 'E-CELL-01');
    assert.ok(rest.some(({ code }) => code === 'E-CELL-10'));
    const missing = rest.find(({ code }) => code === 'E-CELL-10');
    assert.equal(
      missing?.message,
      'physical 0xaa10000 + 0x1f0000 is in no region of the root cell',
    );
  });

  it('finds a sub-page region that is only exclusive on paper', () => {
    const cell = wardenRegion('UART', { flags: 0x50013 });
    assertOnly(errors(RPI4_ROOT, cell), 'E-CELL-11', /"UART"/, /Raspberry-Pi4.*"peripherals"/);
  });

  it('finds a device that two cells have', () => {
    const other: Cell = {
      ...stock.STOCK_RPI4_INMATE_DEMO,
      name: 'other',
      messageReplyTimeoutLoops: 1,
      interruptControllers: [],
      pciDevices: [],
      memoryRegions: [
        ...stock.STOCK_RPI4_INMATE_DEMO.memoryRegions.slice(5),
        {
          name: 'SPI',
          physicalStart: 0xfe204000,
          virtualStart: 0xfe204000,
          size: 0x1000,
          flags: 0x13,
        },
      ],
    };
    assertOnly(errors(RPI4_ROOT, other, RPI4_CANWARDEN), 'E-CELL-12', /other.*"SPI"/, /"SPI0"/);
  });
});

describe('the checker on how memory is mapped', () => {
  it('finds a sub-page region without an access width', () => {
    const cell = wardenRegion('UART', { flags: 0x93 });
    assertOnly(errors(RPI4_ROOT, cell), 'E-CELL-13', /"UART"/);
  });

  it('finds a physical address that is not on a page', () => {
    const cell = wardenRegion('SPI0', { physicalStart: 0xfe204800 });
    assertOnly(errors(RPI4_ROOT, cell), 'E-CELL-14', /"SPI0"/);
  });
});

describe('the checker on cells and CPUs', () => {
  it('finds two cells with one name', () => {
    const cell = warden({ name: 'Raspberry-Pi4' });
    assertOnly(errors(RPI4_ROOT, cell), 'E-CELL-20', /cell 1/, /cell 0/);
  });

  it('finds a cell without a CPU', () => {
    assertOnly(errors(RPI4_ROOT, warden({ cpus: [] })), 'E-CELL-21', /canwarden/, /0, 1, 2, 3/);
  });

  it('finds a CPU the root cell does not have', () => {
    assertOnly(errors(RPI4_ROOT, warden({ cpus: [4] })), 'E-CELL-22', /CPUs 4/, /0, 1, 2, 3/);
  });

  it('finds a cell that leaves root no CPU', () => {
    const cell = warden({ cpus: [0, 1, 2, 3] });
    assertOnly(errors(RPI4_ROOT, cell), 'E-CELL-22', /canwarden/, /Raspberry/);
  });

  it('finds a CPU that is in two cells', () => {
    const demo = { ...stock.STOCK_RPI4_INMATE_DEMO, pciDevices: [], cpus: [3] };
    const codes = errors(RPI4_ROOT, demo, RPI4_CANWARDEN).map(({ code }) => code);
    assert.ok(codes.includes('E-CELL-23'), codes.join());
  });

  it('finds a cell without communication region', () => {
    const memoryRegions = RPI4_CANWARDEN.memoryRegions.slice(0, -1);
    assertOnly(errors(RPI4_ROOT, warden({ memoryRegions })), 'E-CELL-24', /canwarden/);
  });

  it('finds two communication regions, and names both', () => {
    const last = { ...RPI4_CANWARDEN.memoryRegions[12], name: 'second', virtualStart: 0x90000000 };
    const cell = warden({ memoryRegions: [...RPI4_CANWARDEN.memoryRegions, last] });
    assertOnly(errors(RPI4_ROOT, cell), 'E-CELL-24', /"communication region"/, /"second"/);
  });

  it('finds a communication region that is more than the one page there is', () => {
    const cell = wardenRegion('communication region', { size: 0x2000 });
    assertOnly(errors(RPI4_ROOT, cell), 'E-CELL-27', /communication region/);
  });

  it('finds a console that the cell cannot reach', () => {
    const memoryRegions = RPI4_CANWARDEN.memoryRegions.filter(({ name }) => name !== 'UART');
    assertOnly(errors(RPI4_ROOT, warden({ memoryRegions })), 'E-CELL-28', /console/, /regions/);
  });

  it('finds a first instruction outside loadable memory', () => {
    const cell = warden({ cpuResetAddress: 0x200000 });
    assertOnly(errors(RPI4_ROOT, cell), 'E-CELL-25', /0x200000/, /memory regions/);
  });

  it('finds an endless wait for the cell', () => {
    const cell = warden({ messageReplyTimeoutLoops: 0 });
    assertOnly(errors(RPI4_ROOT, cell), 'E-CELL-26', /messageReplyTimeoutLoops/, /flags/);
  });
});

describe('the checker on interrupts', () => {
  const [entry] = RPI4_CANWARDEN.interruptControllers;

  it('finds an entry that does not name the distributor', () => {
    const cell = warden({ interruptControllers: [{ ...entry, address: 0xff842000 }] });
    assertOnly(errors(RPI4_ROOT, cell), 'E-CELL-30', /interrupt controller 0/, /0xff841000/);
  });

  it('finds a first INTID off the grid', () => {
    const cell = warden({ interruptControllers: [{ ...entry, pinBase: 170 }] });
    assertOnly(errors(RPI4_ROOT, cell), 'E-CELL-31', /from 170/);
  });

  it('finds a virtual PCI interrupt the cell does not own', () => {
    const cell = warden({ virtualPciInterruptBase: 154 });
    assertOnly(errors(RPI4_ROOT, cell), 'E-CELL-32', /AGL link/, /interrupt controllers/);
  });

  it('lets only a protocol of its own do without its interrupt', () => {
    // ivshmem v2: 0x4000 to 0x7fff are left to the user.
    for (const [protocol, codes] of [
      [0x3fff, ['E-CELL-32', 'E-CELL-50']],
      [0x4000, ['E-CELL-50']],
      [0x7fff, ['E-CELL-50']],
      [0x8000, ['E-CELL-32', 'E-CELL-50']],
    ] as const) {
      const found = errors(RPI4_ROOT, wardenControl({ shmemProtocol: protocol }));
      assert.deepEqual(
        found.map(({ code }) => code),
        codes,
        protocol.toString(16),
      );
    }
  });

  it('finds the interrupt of the GPIO pins in a cell that may not acknowledge it', () => {
    // BCM2711: SPI 113 is GPIO 0 to 27, INTID 145.
    const cell = warden({ interruptControllers: RPI4_CANWARDEN_WFI.interruptControllers });
    assertOnly(errors(RPI4_ROOT, cell), 'E-CELL-52', /interrupt controller 0/, /"GPIO"/);
  });

  it('finds an interrupt the root cell does not have', () => {
    const cell = warden({ interruptControllers: [{ ...entry, interrupts: [185, 230] }] });
    assertOnly(errors(RPI4_ROOT, cell), 'E-CELL-33', /canwarden/, /Raspberry/);
  });

  it('finds an interrupt that a device of root raises', () => {
    const cell = warden({ interruptControllers: [{ ...entry, interrupts: [183, 185] }] });
    assertOnly(errors(RPI4_ROOT, cell), 'E-CELL-34', /canwarden/, /network link/);
  });

  it('finds an interrupt in two cells', () => {
    const demo: Cell = {
      ...stock.STOCK_RPI4_INMATE_DEMO,
      pciDevices: [],
      memoryRegions: stock.STOCK_RPI4_INMATE_DEMO.memoryRegions.slice(5),
      interruptControllers: [{ ...entry, interrupts: [185] }],
    };
    assertOnly(errors(RPI4_ROOT, demo, RPI4_CANWARDEN), 'E-CELL-35', /inmate-demo/, /canwarden/);
  });
});

describe('the checker on collisions of interrupts inside a cell', () => {
  it('finds an interrupt in two entries', () => {
    const [entry] = RPI4_CANWARDEN.interruptControllers;
    const second = { ...entry, pinBase: 96 };
    const cell = warden({ interruptControllers: [entry, second] });
    assertOnly(errors(RPI4_ROOT, cell), 'E-CELL-36', /controller 0/, /controller 1/);
  });

  it('finds two devices on one interrupt line', () => {
    // Slots 0 and 4: (bdf >> 3) & 3 is 0 for both.
    const network = { ...ROOT_NETWORK, bdf: 0x20 };
    const system = root({ pciDevices: [ROOT_LINK, network, ROOT_CONTROL] });
    assertOnly(errors(system, RPI4_CANWARDEN), 'E-CELL-37', /canwarden link/, /network link/);
  });
});
