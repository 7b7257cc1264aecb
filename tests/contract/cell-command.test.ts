// SPDX-License-Identifier: MIT
/**
 * `npm run cells` as a user meets it: `show` and `emit-c` of files of both revisions, its own and
 * other people's, `check` with an image, and what a damaged file is told.
 */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { decodeFile } from '../../cell-config/format/decode.ts';
import { encodeCell, encodeSystem } from '../../cell-config/format/encode.ts';
import { RPI4_CANWARDEN } from '../../cell-config/rpi4-canwarden.ts';
import { RPI4_ROOT } from '../../cell-config/rpi4-root.ts';
import * as stock from './cell-stock.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { runScript } from '../run-script.ts';

const folder = temporaryFolder();

const cells = (...words: string[]) => runScript('cells', words);

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

describe('cells show', () => {
  it('reads other people’s cells and machines of both revisions', () => {
    const demo = file('demo.cell', encodeCell(stock.STOCK_RPI4_INMATE_DEMO, { revision: 13 }));
    const machine = file('machine.cell', encodeSystem(stock.STOCK_QEMU));
    const { status, text } = cells('show', demo, machine);
    assert.equal(status, 0, text);
    // Values of the stock configurations, jailhouse configs/arm64.
    assert.match(text, /cell configuration, revision 13, arm64 assumed: revision 13 does not say/);
    assert.match(text, /cell "inmate-demo"\n.*\n {2}flags {16}PASSIVE_COMMREG\n {2}CPUs {17}1 /);
    assert.match(
      text,
      /memory {2}6 {3}physical {2}0x1fa00000 .*READ \| WRITE \| EXECUTE \| LOADABLE$/m,
    );
    assert.match(text, /interrupts of 0xff841000: 184$/m);
    assert.match(text, /id 1 of 3 peers, protocol 0x0, memory from 0, INTx$/m);
    assert.match(text, /system configuration, revision 14, arm64/);
    assert.match(text, /flags {16}VIRTUAL_DEBUG_CONSOLE$/m);
    assert.match(text, /debug console {8}PL011 at 0x9000000 \+ 0x1000/);
    assert.doesNotMatch(text, /"memory/);
  });

  it('gives the regions of this project their names back', () => {
    const { text } = cells('show', file('own.cell', encodeCell(RPI4_CANWARDEN)));
    assert.match(text, /physical {2}0xfe204000 .* READ \| WRITE \| IO {2}"SPI0"$/m);
    assert.match(text, /"output 0"\n.*"output 1"$/m);
  });

  it('reads a cell for x86', () => {
    const { status, text } = cells(
      'show',
      file('x86.cell', encodeCell(RPI4_CANWARDEN, { architecture: 0 })),
    );
    assert.equal(status, 0);
    assert.match(text, /^cell configuration, revision 14, x86$/m);
  });

  it('says where a damaged file is damaged, status 2', () => {
    const bytes = encodeCell(RPI4_CANWARDEN);
    const { status, text } = cells('show', file('cut.cell', bytes.subarray(0, bytes.length - 1)));
    assert.equal(status, 2);
    assert.match(text, /cut\.cell: cell PCI device 1 \(of 2\) at offset 0x[0-9a-f]+: expected 56 /);
  });
});

describe('cells emit-c', () => {
  it('prints a shipped configuration by its name', () => {
    const { status, text } = cells('emit-c', 'rpi4-root');
    assert.equal(status, 0, text);
    assert.match(text, /\tstruct jailhouse_system header;\n/);
    assert.match(text, /\.maintenance_irq = 25,/);
  });

  it('prints any file in its own revision: 13 has no architecture', () => {
    const path = file('old.cell', encodeCell(stock.STOCK_RPI4_LINUX_DEMO, { revision: 13 }));
    assert.doesNotMatch(cells('emit-c', path).text, /\.architecture/);
    assert.match(cells('emit-c', path, '--revision', '14').text, /JAILHOUSE_ARM64/);
  });

  it('writes to a file when asked', () => {
    const path = join(folder, 'canwarden.c');
    assert.equal(cells('emit-c', 'rpi4-canwarden', '--out', path).status, 0);
    assert.match(readFileSync(path, 'utf8'), /\.name = "canwarden",/);
  });
});

describe('cells check', () => {
  const system = file('root.cell', encodeSystem(RPI4_ROOT));
  const cell = file('canwarden.cell', encodeCell(RPI4_CANWARDEN));

  it('says that no image was checked for a cell of another name', () => {
    const other = { ...RPI4_CANWARDEN, name: 'another' };
    const path = file('another.cell', encodeCell(other));
    const { status, text } = cells('check', system, path);
    assert.equal(status, 0, text);
    assert.match(text, /no errors, 4 notes\nimage: not checked/);
  });

  it('without files looks at both cells of this project', () => {
    const { status, text } = cells('check');
    assert.equal(status, 0, text);
    assert.match(
      text,
      /no errors, 4 notes\nthe same with rpi4-canwarden-wfi\.cell: no errors\nthe same in the roles driver and device: no errors\n/,
    );
  });

  it('says what the stock machine lacks, and does not call its demo link ours', () => {
    const { status, text } = cells(
      'check',
      file('stock.cell', encodeSystem(stock.STOCK_RPI4)),
      cell,
    );
    assert.equal(status, 2);
    assert.match(text, /E-CELL-45 the ends disagree on the number of peers: 3 and 2/);
    assert.match(text, /E-CELL-49 no other cell has an ivshmem device at bdf 0x10/);
    assert.doesNotMatch(text, /canwarden link/);
  });

  it('refuses an image that is none', () => {
    const { status, text } = cells(
      'check',
      system,
      cell,
      '--image',
      file('text.elf', Buffer.from('#')),
    );
    assert.equal(status, 2);
    assert.match(text, /text\.elf: not an ELF file/);
  });

  it('names both places and the fix of a fault in files, status 2', () => {
    const bad = { ...RPI4_CANWARDEN, cpus: [7] };
    const { status, text } = cells('check', system, file('bad.cell', encodeCell(bad)));
    assert.equal(status, 2);
    assert.match(
      text,
      /E-CELL-22 CPU 7 .*\n {2}at .*CPUs 7\n {2}at .*0, 1, 2, 3\n {2}fix .*\n1 error/,
    );
  });
});

/** The protocol of the device at slot 0: both files hold bdf 0 in their first ivshmem device. */
function linkProtocol(path: string): number {
  const file = decodeFile(readFileSync(path));
  const cell = file.kind === 'system' ? file.system.rootCell : file.cell;
  return cell.pciDevices[0].shmemProtocol;
}

describe('cells build --role', () => {
  const FILES = ['rpi4-root.cell', 'rpi4-canwarden.cell', 'rpi4-canwarden-wfi.cell'];

  it('writes the class codes of a role into all three files', () => {
    for (const [role, root, cell] of [
      // virtio over ivshmem: 0x8000 and the device type (36) is the front-end, 0xc000 the back-end.
      ['driver', 0xc024, 0x8024],
      ['device', 0x8024, 0xc024],
    ] as const) {
      const out = join(folder, role);
      const { status, text } = cells('build', '--role', role, '--out', out);
      assert.equal(status, 0, text);
      assert.match(text, new RegExp(`rpi4-canwarden-wfi\\.cell .* role ${role}$`, 'm'));
      const protocols = FILES.map((name) => linkProtocol(join(out, name)));
      assert.deepEqual(protocols, [root, cell, cell]);
      assert.equal(cells('check', ...FILES.slice(0, 2).map((name) => join(out, name))).status, 0);
    }
  });

  it('refuses another role, and says the two', () => {
    const { status, text } = cells('build', '--role', 'slave', '--out', folder);
    assert.equal(status, 2);
    assert.match(text, /Allowed choices are driver, device/);
  });

  it('of which a mixture is refused in words', () => {
    const mixed = [join(folder, 'driver', FILES[0]), join(folder, 'device', FILES[1])];
    const { status, text } = cells('check', ...mixed);
    assert.equal(status, 2);
    assert.match(text, /E-CELL-50 both ends are the back-end \(device\) of a virtio device/);
    assert.match(text, /npm run cells -- build --role/);
  });

  it('is refused for a file of somebody else', () => {
    const path = file('other.cell', encodeCell(stock.STOCK_RPI4_LINUX_DEMO));
    const { status, text } = cells('emit-c', path, '--role', 'device');
    assert.equal(status, 2);
    assert.match(text, /--role goes with rpi4-root/);
    assert.match(cells('emit-c', 'rpi4-root', '--role', 'device').text, /VIRTIO_FRONT \+ 36/);
  });
});
