// SPDX-License-Identifier: MIT
/**
 * How the bridge finds and maps UIO devices: its own C files against a faked /sys/class/uio and files
 * as devices. Source: the names and the order of memory in the driver uio_ivshmem, ivshmem v2.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { hasNativeCompiler } from '../../scripts/build/bridge.ts';
import { skipForSetup } from '../../scripts/test/result.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const PAGE = 4096;
const OUTPUT = 0x20000;
const SECTION = 0x40000;

/** A memory of a device: Linux maps number n at offset n pages. */
type Map = readonly [name: string, size: number];

const LINK_MAPS: readonly Map[] = [
  ['registers', PAGE],
  ['state_table', PAGE],
  ['rw_section', SECTION],
];
const CONTROL_MAPS: readonly Map[] = [
  ['registers', PAGE],
  ['state_table', PAGE],
  ['input_sections', 2 * OUTPUT],
  ['output_section', OUTPUT],
];

describe(
  'UIO devices of the bridge',
  {
    skip: hasNativeCompiler()
      ? false
      : skipForSetup('no bridge for this machine: no C compiler here'),
  },
  () => {
    const folder = temporaryFolder();
    const program = join(folder, 'uio-check');

    const compiled = spawnSync(
      'cc',
      [
        ...['-std=gnu11', '-Wall', '-Wextra', '-Werror', '-Ibsp/linux'],
        `-DUIO_CLASS="${folder}/class"`,
        `-DUIO_NODES="${folder}/dev"`,
        `-DPCI_DEVICES="${folder}/pci"`,
        'tests/linux/uio-check.c',
        ...['uio', 'link-uio', 'link-pci', 'link-file', 'link', 'control-uio', 'log'].map(
          (name) => `bsp/linux/${name}.c`,
        ),
        ...['-o', program],
      ],
      { encoding: 'utf8' },
    );
    assert.equal(compiled.status, 0, compiled.stderr);

    function addDevice(name: string, classCode: string, maps: readonly Map[], vendor = '0x110a') {
      const device = join(folder, 'class', name);
      mkdirSync(join(device, 'device'), { recursive: true });
      for (const [file, text] of [
        ['vendor', vendor],
        ['device', '0x4106'],
        ['class', classCode],
      ]) {
        writeFileSync(join(device, 'device', file), `${text}\n`);
      }
      maps.forEach(([mapName, size], number) => {
        mkdirSync(join(device, `maps/map${number}`), { recursive: true });
        writeFileSync(join(device, `maps/map${number}/name`), `${mapName}\n`);
        writeFileSync(join(device, `maps/map${number}/size`), `0x${size.toString(16)}\n`);
      });
      mkdirSync(join(folder, 'dev'), { recursive: true });
      // Each page begins with its offset, so that a map can be told by its first word.
      const bytes = Buffer.alloc(2 * OUTPUT + 8 * PAGE);
      for (let at = 0; at < bytes.length; at += PAGE) bytes.writeUInt32LE(at, at);
      writeFileSync(join(folder, 'dev', name), bytes);
    }

    function clear(): void {
      for (const part of ['class', 'dev', 'pci'])
        rmSync(join(folder, part), { recursive: true, force: true });
    }

    const check = (...words: string[]) => spawnSync(program, words, { encoding: 'utf8' });
    const hex = (value: number): string => value.toString(16).padStart(8, '0');

    it('are told apart by their class code and mapped by the names of their memory', () => {
      clear();
      addDevice('uio0', '0x020000', [], '0x8086');
      addDevice('uio1', '0xff4057', CONTROL_MAPS);
      addDevice('uio2', '0xff0001', LINK_MAPS);
      addDevice('uio10', '0xffc024', LINK_MAPS);
      const { status, stdout, stderr } = check();
      assert.equal(status, 0, stderr);
      assert.deepEqual(stdout.trimEnd().split('\n'), [
        `protocol c024, section of ${SECTION}`,
        `registers ${hex(0)}`,
        `state_table ${hex(PAGE)}`,
        `section ${hex(2 * PAGE)}`,
        // The cell is peer 1: its section is the second one of those that are read.
        `status_page ${hex(2 * PAGE + OUTPUT)}`,
        `requests ${hex(3 * PAGE)}`,
      ]);
      assert.match(stderr, /control device \/dev\/uio1/);
      const requests = readFileSync(join(folder, 'dev/uio1')).readUInt32LE(3 * PAGE);
      assert.equal(requests, 0x600d600d);
    });

    it("cannot be written where the memory is the cell's", () => {
      clear();
      addDevice('uio0', '0xff8024', LINK_MAPS);
      addDevice('uio1', '0xff4057', CONTROL_MAPS);
      const { status, signal, stdout } = check('/dev/uio0', 'write');
      assert.match(stdout, /^$|protocol 8024/);
      assert.deepEqual([status, signal], [null, 'SIGSEGV']);
    });

    it('do without the control device, in one line', () => {
      clear();
      addDevice('uio0', '0xffc024', LINK_MAPS);
      const { status, stdout, stderr } = check();
      assert.equal(status, 0, stderr);
      assert.match(stdout, /status_page 00000000\nrequests 00000000/);
      assert.equal(stderr.trimEnd().split('\n').length, 1);
      assert.match(stderr, /no control device \(110a:4106, class ff4057\): frames are carried/);
    });

    it('do not take a control device of another shape', () => {
      for (const maps of [
        CONTROL_MAPS.slice(0, 3),
        [...CONTROL_MAPS.slice(0, 3), ['output_section', PAGE]] as const,
        [['rw_section', SECTION], ...CONTROL_MAPS.slice(3)] as const,
      ]) {
        clear();
        addDevice('uio0', '0xffc024', LINK_MAPS);
        addDevice('uio1', '0xff4057', maps);
        const { status, stdout, stderr } = check();
        assert.equal(status, 0, stderr);
        assert.match(stdout, /requests 00000000/);
        assert.match(stderr, /Questions about the cell are not answered\. Next: enable Jailhouse/);
      }
    });

    /** A device of the PCI bus, which need not have a driver. */
    function addPci(address: string, classCode: string): void {
      const device = join(folder, 'pci', address);
      mkdirSync(device, { recursive: true });
      for (const [file, text] of [
        ['vendor', '0x110a'],
        ['device', '0x4106'],
        ['class', classCode],
      ]) {
        writeFileSync(join(device, file), `${text}\n`);
      }
    }

    it('are the control device alone where Linux’s own driver has the link', () => {
      clear();
      addPci('0001:00:00.0', '0xff8024');
      addPci('0001:00:02.0', '0xff4057');
      addDevice('uio0', '0xff4057', CONTROL_MAPS);
      const { status, stdout, stderr } = check('control-only');
      assert.equal(status, 0, stderr);
      assert.deepEqual(stdout.trimEnd().split('\n'), [
        'control_only 1',
        'opened 1, section 0, handle -1',
        `requests ${hex(3 * PAGE)}`,
      ]);
      assert.match(stderr, /0001:00:00\.0 is the link of Linux's own virtio_can/);
      // Without its control device it has nothing to serve.
      rmSync(join(folder, 'class/uio0'), { recursive: true });
      const none = check('control-only');
      assert.match(none.stdout, /opened 0/);
      assert.match(none.stderr, /there is nothing to serve.*canwarden up/);
    });

    it('are the link as well in the other role, and where a UIO driver has it', () => {
      clear();
      addPci('0001:00:00.0', '0xffc024');
      addDevice('uio1', '0xff4057', CONTROL_MAPS);
      assert.equal(check('control-only').stdout, 'control_only 0\n');
      clear();
      addPci('0001:00:00.0', '0xff8024');
      addDevice('uio0', '0xff8024', LINK_MAPS);
      assert.equal(check('control-only').stdout, 'control_only 0\n');
    });

    it('are refused when the link is not there, or not whole', () => {
      clear();
      addDevice('uio0', '0xff4057', CONTROL_MAPS);
      const missing = check();
      assert.equal(missing.status, 1);
      assert.match(missing.stderr, /no UIO device is an ivshmem link for CAN/);
      const other = check('/dev/uio0');
      assert.equal(other.status, 1);
      assert.match(other.stderr, /uio0 is no ivshmem link for CAN/);
      addDevice('uio1', '0xffc024', LINK_MAPS.slice(0, 2));
      const short = check();
      assert.equal(short.status, 1);
      assert.match(
        short.stderr,
        /memory "rw_section" \(0 bytes\) cannot be mapped \(it is not there\)/,
      );
    });
  },
);
