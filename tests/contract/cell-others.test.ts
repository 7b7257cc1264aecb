// SPDX-License-Identifier: MIT
/**
 * Other people's files as Jailhouse takes them: bytes that no count covers, machines for x86, spare
 * entries of interrupts, empty slots. The hash is that of the file that Jailhouse's own build makes.
 */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { checkConfiguration } from '../../cell-config/check.ts';
import { decodeFile } from '../../cell-config/format/decode.ts';
import { describeFile } from '../../cell-config/format/describe.ts';
import { encodeCell, encodeSystem } from '../../cell-config/format/encode.ts';
import { nameRegions } from '../../cell-config/region-names.ts';
import { RPI4_CANWARDEN } from '../../cell-config/rpi4-canwarden.ts';
import { RPI4_ROOT } from '../../cell-config/rpi4-root.ts';
import { errors, root, warden } from './cell-check-fixture.ts';
import { EMTRION_SPARE_DEVICE, QEMU_X86, STOCK_EMTRION_LINUX_DEMO } from './cell-stock-others.ts';
import * as stock from './cell-stock.ts';

const ARM = 1;

describe('bytes behind the counts', () => {
  const bytes = encodeCell(STOCK_EMTRION_LINUX_DEMO, { architecture: ARM });

  it('are kept: the file of the stock demo, byte for byte', () => {
    assert.equal(bytes.length, 740);
    assert.equal(createHash('sha256').update(bytes).digest('hex').slice(0, 16), 'ac1f62b94dc9674e');
    const cell = STOCK_EMTRION_LINUX_DEMO;
    assert.deepEqual(decodeFile(bytes), {
      kind: 'cell',
      revision: 14,
      architecture: ARM,
      cell: { ...cell, uncounted: Uint8Array.from(EMTRION_SPARE_DEVICE) },
    });
  });

  it('are shown, and noted by the checker, as what Jailhouse does not read', () => {
    const text = describeFile(decodeFile(bytes));
    assert.match(text, /behind the cell {6}56 bytes that no count covers: Jailhouse does not read/);
    const cell = warden({ uncounted: Uint8Array.of(1) });
    const notes = checkConfiguration({ system: RPI4_ROOT, cells: [cell] });
    assert.deepEqual(errors(RPI4_ROOT, cell), []);
    const [note] = notes.filter(({ code }) => code === 'N-CELL-65');
    assert.match(note.message, /^1 byte behind the cell/);
    assert.deepEqual(note.places, ['canwarden: end of the file']);
  });

  it('of a root cell are kept too', () => {
    const system = root({ uncounted: Uint8Array.of(1, 2, 3) });
    const whole = encodeSystem(system);
    assert.equal(whole.subarray(-3).toString('hex'), '010203');
    const file = decodeFile(whole);
    assert.ok(file.kind === 'system');
    assert.deepEqual(encodeSystem(file.system), whole);
  });
});

describe('a machine for x86', () => {
  // struct jailhouse_system, platform_info.x86: port 0x608, APIC mode, padding, 256 interrupts.
  const PLATFORM = `0806 00 00 00010000 ${'00'.repeat(36)}`.replaceAll(' ', '');

  for (const revision of [13, 14] as const) {
    it(`is written and read back as one, revision ${revision}`, () => {
      const bytes = encodeSystem(QEMU_X86, { revision });
      assert.equal(bytes.subarray(0x138, 0x164).toString('hex'), PLATFORM);
      const file = decodeFile(bytes);
      assert.deepEqual(file, { kind: 'system', revision, architecture: 0, system: QEMU_X86 });
      const text = describeFile(file);
      assert.match(text, revision === 13 ? /, x86 assumed: revision 13/ : /revision 14, x86$/m);
      assert.match(text, /timer port {11}0x608\n.*\n {2}VT-d interrupts {6}256$/m);
      assert.doesNotMatch(text, /GIC/);
    });
  }

  it('is told from an ARM machine by its content in revision 13, whatever port the timer has', () => {
    for (const pmTimerPort of [0x208, 0x308, 0x408, 0x808]) {
      for (const vtdInterruptLimit of [0, 256]) {
        const x86 = { ...QEMU_X86, x86: { ...QEMU_X86.x86!, pmTimerPort, vtdInterruptLimit } };
        const file = decodeFile(encodeSystem(x86, { revision: 13 }));
        assert.equal(file.architecture, 0, pmTimerPort.toString(16));
      }
    }
    for (const arm of [stock.STOCK_RPI4, stock.STOCK_QEMU, RPI4_ROOT]) {
      assert.equal(decodeFile(encodeSystem(arm, { revision: 13 })).architecture, 2);
    }
  });

  it('is never written with the architecture of another', () => {
    assert.throws(
      () => encodeSystem(QEMU_X86, { architecture: 2 }),
      /^.*architecture: expected x86, as the platform part of the machine is, got arm64$/,
    );
    assert.throws(() => encodeSystem(RPI4_ROOT, { architecture: 0 }), /expected an ARM.*got x86/);
  });

  it('has no GIC that its memory could cover, and its interrupts are noted as not checked', () => {
    const findings = checkConfiguration({ system: QEMU_X86, cells: [] });
    assert.deepEqual(
      findings.map(({ code }) => code),
      ['N-CELL-64'],
    );
  });
});

describe('a spare entry of interrupts', () => {
  it('of zeros is no mistake: Jailhouse skips it and nothing is lost', () => {
    const spare = { address: 0, id: 0, pinBase: 0, interrupts: [] };
    const { interruptControllers } = RPI4_CANWARDEN;
    const cell = warden({ interruptControllers: [...interruptControllers, spare, spare] });
    const { rootCell } = RPI4_ROOT;
    const system = root({ interruptControllers: [...rootCell.interruptControllers, spare] });
    assert.deepEqual(errors(system, cell), []);
  });

  it('that Jailhouse skips is told once, not for its first INTID as well', () => {
    const [first] = RPI4_CANWARDEN.interruptControllers;
    const skipped = { address: 0, id: 0, pinBase: 0, interrupts: [40] };
    const found = errors(RPI4_ROOT, warden({ interruptControllers: [first, skipped] }));
    assert.deepEqual(
      found.map(({ code }) => code),
      ['E-CELL-30'],
    );
  });
});

describe('names for an empty slot', () => {
  const known = [RPI4_CANWARDEN, RPI4_ROOT.rootCell];
  const names = (file: ReturnType<typeof decodeFile>): string[] => {
    const named = nameRegions(file, known);
    const { memoryRegions } = named.kind === 'cell' ? named.cell : named.system.rootCell;
    return memoryRegions.map(({ name }) => name);
  };

  it('are not those of a link that the stock root cell does not have', () => {
    // The same name "Raspberry-Pi4" and network link; memory 0 to 4 are the demo's, none is canwarden's.
    const given = names(decodeFile(encodeSystem(stock.STOCK_RPI4)));
    assert.deepEqual(
      given.filter((name) => name.includes('canwarden')),
      [],
    );
  });

  it('are given in this project’s own, each its own', () => {
    for (const file of [
      decodeFile(encodeCell(RPI4_CANWARDEN)),
      decodeFile(encodeSystem(RPI4_ROOT)),
    ]) {
      const cell = file.kind === 'cell' ? RPI4_CANWARDEN : RPI4_ROOT.rootCell;
      assert.deepEqual(
        names(file),
        cell.memoryRegions.map(({ name }) => name),
      );
    }
  });
});
