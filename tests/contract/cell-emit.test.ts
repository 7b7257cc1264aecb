// SPDX-License-Identifier: MIT
/**
 * `emit-c`: the C form, compiled against a header written from the documented offsets, gives the
 * bytes of the encoder. Two independent descriptions of the format must agree for that.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { emitC } from '../../cell-config/c/emit.ts';
import { encodeCell, encodeSystem } from '../../cell-config/format/encode.ts';
import type { DecodedFile, Revision } from '../../cell-config/format/model.ts';
import { RPI4_CANWARDEN } from '../../cell-config/rpi4-canwarden.ts';
import { RPI4_ROOT } from '../../cell-config/rpi4-root.ts';
import { rpi4InRole, ROLES } from '../../cell-config/roles.ts';
import { CellRandom, randomCell, randomSystem } from './cell-random.ts';
import { QEMU_X86, STOCK_EMTRION_LINUX_DEMO } from './cell-stock-others.ts';
import * as stock from './cell-stock.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const TOOL = 'aarch64-linux-gnu-';
/** Types 0 (none) to 10 (SCIF), include/jailhouse/console.h. */
const CONSOLE_TYPES = 11;
const HEADERS = new URL('./cell-header', import.meta.url).pathname;
const FLAGS = ['-Wall', '-Wextra', '-Werror', '-Wno-missing-field-initializers', '-std=gnu11'];
const folder = temporaryFolder();

type Case = DecodedFile & { readonly title: string };

function cell(title: string, revision: Revision, value = RPI4_CANWARDEN): Case {
  return { title, kind: 'cell', revision, architecture: 2, cell: value };
}

function system(title: string, revision: Revision, value = RPI4_ROOT): Case {
  return { title, kind: 'system', revision, architecture: 2, system: value };
}

/** Compiles every case, all in one run of the compiler, and returns the bytes of each. */
function compile(cases: readonly Case[], revision: Revision): Buffer[] {
  const names = cases.map((_, index) => `config-${revision}-${index}`);
  cases.forEach((file, index) => writeFileSync(join(folder, `${names[index]}.c`), emitC(file)));
  const sources = names.map((name) => `${name}.c`);
  execFileSync(
    `${TOOL}gcc`,
    [...FLAGS, `-DCONFIG_REVISION=${revision}`, `-I${HEADERS}`, '-c', ...sources],
    { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  return names.map((name) => {
    execFileSync(`${TOOL}objcopy`, ['-O', 'binary', `${name}.o`, `${name}.cell`], { cwd: folder });
    return readFileSync(join(folder, `${name}.cell`));
  });
}

function encode(file: DecodedFile): Buffer {
  const { revision } = file;
  return file.kind === 'cell'
    ? encodeCell(file.cell, { revision })
    : encodeSystem(file.system, { revision });
}

describe('the C form of a configuration', () => {
  for (const revision of [13, 14] as const) {
    const random = new CellRandom(revision);
    const cases = [
      ...ROLES.flatMap((role) => {
        const own = rpi4InRole(role);
        return [
          cell(`the ${role} of this project`, revision, own.cell),
          cell(`the ${role} of this project that may sleep`, revision, own.sleepingCell),
          system(`the machine of this project's ${role}`, revision, own.system),
        ];
      }),
      cell('the stock inmate demo', revision, stock.STOCK_RPI4_INMATE_DEMO),
      cell('the stock Linux demo', revision, stock.STOCK_RPI4_LINUX_DEMO),
      system('the stock Raspberry Pi 4', revision, stock.STOCK_RPI4),
      system('the stock QEMU machine', revision, stock.STOCK_QEMU),
      cell('a demo with bytes behind its counts', revision, STOCK_EMTRION_LINUX_DEMO),
      { ...system('an x86 machine', revision, QEMU_X86), architecture: 0 },
      // Every console that Jailhouse's console.h names: a word that is not its own does not compile.
      ...Array.from({ length: CONSOLE_TYPES }, (_, type) =>
        system(`a machine with console type ${type}`, revision, {
          ...RPI4_ROOT,
          debugConsole: { ...RPI4_ROOT.debugConsole, type },
        }),
      ),
      ...Array.from({ length: 6 }, (_, index) => {
        const value = randomCell(random);
        const pciDevices = value.pciDevices.map((device) => ({
          ...device,
          // The C structure names two of the eight bits.
          msiFlags: device.msiFlags % 4,
        }));
        return cell(`random cell ${index}`, revision, { ...value, pciDevices });
      }),
      ...Array.from({ length: 4 }, (_, index) => {
        const value = randomSystem(random);
        const rootCell = { ...value.rootCell, pciDevices: [] };
        return system(`random machine ${index}`, revision, { ...value, rootCell });
      }),
    ];
    it(`gives the encoder's bytes when compiled, revision ${revision}, ${cases.length} files`, () => {
      compile(cases, revision).forEach((bytes, index) => {
        const expected = encode(cases[index]);
        assert.equal(bytes.toString('hex'), expected.toString('hex'), cases[index].title);
      });
    });
  }

  it('uses the names of Jailhouse and carries the names and reasons of the regions', () => {
    const text = emitC(cell('shipped', 14, rpi4InRole('driver').cell));
    assert.match(text, /^#include <jailhouse\/cell-config.h>$/m);
    assert.match(text, /^\t\t\.name = "canwarden",$/m);
    assert.match(text, /^\t\t\.flags = JAILHOUSE_CELL_VIRTUAL_CONSOLE_PERMITTED \| JAILHOUSE/m);
    assert.match(text, /^\t\t\/\* SPI0: exclusive: root loses the page/m);
    assert.match(text, /^\t\t\t\.flags = JAILHOUSE_MEM_READ \| JAILHOUSE_MEM_WRITE \| JAILHOUSE_/m);
    assert.match(text, /^\t\t\t\.shmem_protocol = JAILHOUSE_SHMEM_PROTO_VIRTIO_FRONT \+ 36,$/m);
    assert.match(text, /^\t\t0b1000,$/m);
    const device = emitC(cell('shipped', 14, rpi4InRole('device').cell));
    assert.match(device, /^\t\t\t\.shmem_protocol = JAILHOUSE_SHMEM_PROTO_VIRTIO_BACK \+ 36,$/m);
  });

  it('keeps text out of the code: a name cannot end its comment or its string', () => {
    const [first, ...rest] = RPI4_CANWARDEN.memoryRegions;
    const memoryRegions = [{ ...first, name: 'a */ b', comment: '*/' }, ...rest];
    const value = { ...RPI4_CANWARDEN, name: 'q"\\??/', memoryRegions };
    const odd = cell('odd', 14, value);
    assert.deepEqual(compile([odd], 14), [encodeCell(value)]);
  });

  it('refuses MSI flags that the C structure cannot name', () => {
    const pciDevices = [{ ...RPI4_CANWARDEN.pciDevices[0], msiFlags: 4 }];
    assert.throws(
      () => emitC(cell('odd', 14, { ...RPI4_CANWARDEN, pciDevices })),
      /PCI device "AGL link": msiFlags: expected bits 0 and 1 alone/,
    );
  });
});
