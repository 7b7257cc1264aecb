// SPDX-License-Identifier: MIT
/**
 * A board that is only files: the helper runs under busybox sh against it, with faked commands.
 *
 * A new board is one on which everything is installed and right, Jailhouse is loaded and not yet
 * enabled; each test breaks one thing.
 */
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { BRIDGE_PROGRAM, COMMANDS } from './fake-commands.ts';
import { skipForSetup } from '../../scripts/test/result.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const BUSYBOX = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path));

/** For `describe(name, NEEDS_BUSYBOX, ...)`: skips with the reason where there is no busybox. */
export const NEEDS_BUSYBOX = {
  skip: BUSYBOX === undefined ? skipForSetup('no busybox here') : false,
} as const;

/** The first lines of system and cell files, facts of Jailhouse's format: signature and revision. */
export const SYSTEM_14 = Buffer.from('JHSYS\x02\x0e\x00', 'latin1');
export const SYSTEM_13 = Buffer.from('JHSYST\x0d\x00', 'latin1');
export const CELL_14 = Buffer.from('JHCLL\x02\x0e\x00', 'latin1');
export const CELL_13 = Buffer.from('JHCELL\x0d\x00', 'latin1');

export const READY =
  'canwarden: ready, 500000 bit/s, sample point 83.3 %, crystal 12000000 Hz (measured 12000525), SPI 10000000 Hz, rules 6';
export const CELLS = 'usr/share/jailhouse/cells';
export const RULES = 'lib/firmware/canwarden/rules.bin';
export const LINK = 'sys/bus/pci/devices/0001:00:00.0';
export const CONTROL = 'sys/bus/pci/devices/0001:00:02.0';
const CELL = 'sys/devices/jailhouse/cells/1';

/** A rule table of `count` empty rules: the header's fields as docs/rules.md has them. */
export function ruleTable(count: number): Buffer {
  const bytes = Buffer.alloc(32 + 64 * count);
  bytes.write('CWRL');
  bytes.writeUInt16LE(1, 4);
  bytes.writeUInt16LE(32, 6);
  bytes.writeUInt32LE(bytes.length, 8);
  bytes.writeUInt32LE(0x89abcdef, 12);
  bytes.writeUInt16LE(count, 16);
  bytes.writeUInt16LE(64, 18);
  return bytes;
}

/** The kernel's list of its modules. */
export const MODULES = 'lib/modules/5.10.0-agl/modules.dep';

const INSTALLED: Readonly<Record<string, string | Buffer>> = {
  [`${CELLS}/rpi4-root.cell`]: SYSTEM_14,
  [`${CELLS}/rpi4-canwarden.cell`]: CELL_14,
  'usr/share/jailhouse/inmates/canwarden.bin': 'image',
  'usr/share/jailhouse/inmates/canwarden-selftest.bin': 'self test',
  [RULES]: ruleTable(6),
  'lib/firmware/jailhouse.bin': 'hypervisor',
  'proc/iomem':
    '00000000-09ffffff : System RAM\n  00010000-00ffffff : Kernel code\n' +
    '0a000000-0affffff : reserved\n0b000000-3b3fffff : System RAM\n',
  'dev/jailhouse': '',
  'dev/uio0': '',
  'dev/uio1': '',
  'sys/module/jailhouse/version': 'v0.12',
  'sys/devices/jailhouse/enabled': '0\n',
  'sys/devices/jailhouse/console': 'Initializing Jailhouse hypervisor v0.12\n',
  'sys/devices/system/cpu/cpu3/online': '1\n',
  'sys/class/net/vcan0/flags': '0x41\n',
  'sys/class/net/vcan0/type': '280\n',
  'sys/devices/system/cpu/cpufreq/policy0/scaling_governor': 'ondemand\n',
  'sys/devices/system/cpu/cpufreq/policy0/scaling_min_freq': '1500000\n',
  'sys/devices/system/cpu/cpufreq/policy0/scaling_max_freq': '1500000\n',
  'sys/devices/system/cpu/cpufreq/policy0/cpuinfo_max_freq': '1500000\n',
  [MODULES]:
    'extra/jailhouse.ko:\nkernel/drivers/uio/uio_ivshmem.ko.xz: kernel/drivers/uio/uio.ko.xz\n' +
    'kernel/drivers/net/can/vcan.ko:\n',
  'fake/dmesg': '',
  'fake/user': '0\n',
  'fake/bridge-unit': 'active\n',
  'fake/bridge-runs': '',
  'fake/start-state': 'running\n',
  'fake/start-console': `${READY}\n`,
  'fake/log': '',
};

/** Folder of busybox's applets with the faked commands in front, made once for each test file. */
let path: string | undefined;

/** A socket that each board has under a name of its own. */
const SOCKET = join(temporaryFolder(), 'socket');
const server = createServer().listen(SOCKET).unref();
await once(server, 'listening');

after(() => void server.close());

function commandPath(): string {
  if (path !== undefined) return path;
  const folder = temporaryFolder();
  const applets = join(folder, 'applets');
  mkdirSync(applets);
  spawnSync(BUSYBOX ?? '', ['--install', '-s', applets]);
  for (const [name, script] of Object.entries(COMMANDS)) {
    writeFileSync(join(folder, name), script, { mode: 0o755 });
  }
  path = `${folder}:${applets}`;
  return path;
}

export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class FakeBoard {
  readonly root = temporaryFolder();

  constructor() {
    for (const [name, content] of Object.entries(INSTALLED)) this.write(name, content);
    this.copy('agl/canwarden', 'usr/bin/canwarden');
    cpSync('agl/lib', join(this.root, 'usr/lib/canwarden'), { recursive: true });
    this.copy('build/generated/status-numbers.txt', 'usr/lib/canwarden/status-numbers.txt');
    this.copy('build/generated/self-test.txt', 'usr/lib/canwarden/self-test.txt');
    this.copy('build/generated/promises.txt', 'usr/lib/canwarden/promises.txt');
    this.copy('lab/model/raspberry-pi-4.json', 'usr/lib/canwarden/board-model.json');
    this.write('usr/bin/canwarden-bridge', BRIDGE_PROGRAM);
    chmodSync(join(this.root, 'usr/bin/canwarden-bridge'), 0o755);
  }

  /** Runs `canwarden WORDS` under busybox sh. */
  run(...words: string[]): Outcome {
    const { status, stdout, stderr } = spawnSync(
      BUSYBOX ?? '',
      ['sh', join(this.root, 'usr/bin/canwarden'), ...words],
      {
        encoding: 'utf8',
        env: { PATH: commandPath(), CANWARDEN_ROOT: this.root },
        timeout: 300_000,
      },
    );
    const short = (text: string) => text.replaceAll(this.root, '');
    return { status, stdout: short(stdout), stderr: short(stderr) };
  }

  write(name: string, content: string | Buffer): this {
    mkdirSync(dirname(join(this.root, name)), { recursive: true });
    writeFileSync(join(this.root, name), content);
    return this;
  }

  read(name: string): string {
    return readFileSync(join(this.root, name), 'latin1');
  }

  has(name: string): boolean {
    return existsSync(join(this.root, name));
  }

  remove(name: string): this {
    rmSync(join(this.root, name), { recursive: true });
    return this;
  }

  /** Commands that change something, in order, paths without the root. */
  get commands(): string[] {
    return this.read('fake/log').replaceAll(this.root, '').trim().split('\n').filter(Boolean);
  }

  /** The state after `up`: enabled, running, shared memory bound to uio_ivshmem. */
  bringUp(): this {
    this.write('sys/devices/jailhouse/enabled', '1\n')
      .write(`${CELL}/name`, 'canwarden\n')
      .write(`${CELL}/state`, 'running\n')
      .write(`${CELL}/cpus_assigned_list`, '3\n')
      .write('sys/devices/system/cpu/cpu3/online', '0\n')
      .say('Started cell "canwarden"', READY);
    return this.addLink().bindLink('uio_ivshmem').addControl().bindControl();
  }

  /** Appends lines to the hypervisor's console. */
  say(...lines: string[]): this {
    const console = 'sys/devices/jailhouse/console';
    return this.write(console, this.read(console) + lines.map((line) => `${line}\r\n`).join(''));
  }

  /** What the running cell has said since its start, as the bridge tells it. */
  tell(...lines: readonly (readonly [times: number, line: string])[]): this {
    const text = lines.map(([times, line]) => {
      return `said             ${times} ${times === 1 ? 'time' : 'times'}: ${line}\n`;
    });
    return this.write('fake/said', text.join(''));
  }

  state(state: string): this {
    return this.write(`${CELL}/state`, `${state}\n`);
  }

  addLink(classCode = '0xffc024'): this {
    return this.write(`${LINK}/vendor`, '0x110a\n')
      .write(`${LINK}/device`, '0x4106\n')
      .write(`${LINK}/class`, `${classCode}\n`);
  }

  /** The kernel has Linux's own drivers for the link, and the files are those of the role device. */
  installDevice(): this {
    const modules = ['virtio_ivshmem', 'virtio_can'];
    if (this.has('fake/modules')) {
      this.write('fake/modules', `${this.read('fake/modules')}${modules.join('\n')}\n`);
    }
    return this.write('fake/link-class', '0xff8024\n');
  }

  /** The state after `up` in the role device; `status` of the virtio device: 0x0f, driver ready. */
  bringUpDevice(status = '0x0000000f', flags = '0x41'): this {
    this.installDevice().bringUp().unbindLink().addLink('0xff8024');
    this.write('sys/bus/virtio/drivers/virtio_can/unbind', '');
    mkdirSync(join(this.root, 'sys/bus/pci/drivers/virtio-ivshmem'), { recursive: true });
    symlinkSync('../../drivers/virtio-ivshmem', join(this.root, LINK, 'driver'));
    this.write(`${LINK}/virtio0/status`, `${status}\n`).write(
      `${LINK}/virtio0/net/can0/type`,
      '280\n',
    );
    return this.write('sys/class/net/can0/flags', `${flags}\n`);
  }

  bindLink(driver: string): this {
    this.write(`sys/bus/pci/drivers/${driver}/new_id`, '');
    rmSync(join(this.root, LINK, 'driver'), { force: true });
    symlinkSync(`../../drivers/${driver}`, join(this.root, LINK, 'driver'));
    if (driver === 'uio_ivshmem') this.write(`${LINK}/uio/uio0/name`, 'uio_ivshmem\n');
    return this;
  }

  /** The second shared-memory device, for status and requests. */
  addControl(): this {
    return this.write(`${CONTROL}/vendor`, '0x110a\n')
      .write(`${CONTROL}/device`, '0x4106\n')
      .write(`${CONTROL}/class`, '0xff4057\n');
  }

  bindControl(driver = 'uio_ivshmem'): this {
    this.write(`sys/bus/pci/drivers/${driver}/new_id`, '');
    rmSync(join(this.root, CONTROL, 'driver'), { force: true });
    symlinkSync(`../../drivers/${driver}`, join(this.root, CONTROL, 'driver'));
    return this.write(`${CONTROL}/uio/uio1/name`, 'uio_ivshmem\n');
  }

  unbindLink(): this {
    rmSync(join(this.root, LINK, 'driver'), { force: true });
    rmSync(join(this.root, LINK, 'uio'), { recursive: true, force: true });
    return this;
  }

  /** The bridge's socket: a real one, nobody answers. */
  openSocket(): this {
    mkdirSync(join(this.root, 'run/canwarden'), { recursive: true });
    linkSync(SOCKET, join(this.root, 'run/canwarden/bridge.sock'));
    return this;
  }

  private copy(from: string, to: string): void {
    this.write(to, readFileSync(from));
  }
}
