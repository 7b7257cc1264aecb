// SPDX-License-Identifier: MIT
/**
 * The files of a board that is only played: what deploy would have installed, and the kernel's in /sys and /proc as a
 * board has them on which everything is right, before Jailhouse is enabled.
 *
 * Does not: run anything, or change anything outside its folder.
 */
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { InputError } from '../../cell-config/files.ts';
import { PROJECT_ROOT } from '../rig/firmware.ts';
import { BRIDGE_CLIENT, SCRIPTS } from './scripts.ts';

const RULES = 'lib/firmware/canwarden/rules.bin';
export const CONSOLE = 'sys/devices/jailhouse/console';
const CELLS = 'usr/share/jailhouse/cells';
const INMATES = 'usr/share/jailhouse/inmates';
const CELL = 'sys/devices/jailhouse/cells/1';
const CLOCK = 'sys/devices/system/cpu/cpufreq/policy0';
const DEVICES = 'sys/bus/pci/devices';

/** By path on the board: a file of this project. */
const INSTALLED: Readonly<Record<string, string>> = {
  'usr/bin/canwarden': 'agl/canwarden',
  'usr/lib/canwarden/status-numbers.txt': 'build/generated/status-numbers.txt',
  'usr/lib/canwarden/self-test.txt': 'build/generated/self-test.txt',
  'usr/lib/canwarden/promises.txt': 'build/generated/promises.txt',
  'usr/lib/canwarden/board-model.json': 'lab/model/raspberry-pi-4.json',
  'etc/default/canwarden': 'agl/default',
  [`${CELLS}/rpi4-root.cell`]: 'build/rpi4-root.cell',
  [`${CELLS}/rpi4-canwarden.cell`]: 'build/rpi4-canwarden.cell',
  [`${CELLS}/rpi4-canwarden-wfi.cell`]: 'build/rpi4-canwarden-wfi.cell',
  [`${INMATES}/canwarden.bin`]: 'build/canwarden.bin',
  [`${INMATES}/canwarden-selftest.bin`]: 'build/canwarden-selftest.bin',
};

const OF_THE_KERNEL: Readonly<Record<string, string>> = {
  'lib/firmware/jailhouse.bin': 'hypervisor\n',
  'proc/iomem':
    '00000000-09ffffff : System RAM\n0a000000-0affffff : reserved\n0b000000-3b3fffff : System RAM\n',
  'proc/uptime': '60.00 180.00\n',
  'dev/uio0': '',
  'dev/uio1': '',
  'sys/devices/jailhouse/enabled': '0\n',
  [CONSOLE]: '',
  'sys/devices/system/cpu/cpu3/online': '1\n',
  'sys/class/net/vcan0/flags': '0x41\n',
  'sys/class/net/vcan0/type': '280\n',
  [`${CLOCK}/scaling_governor`]: 'performance\n',
  [`${CLOCK}/scaling_min_freq`]: '1500000\n',
  [`${CLOCK}/scaling_max_freq`]: '1500000\n',
  [`${CLOCK}/cpuinfo_max_freq`]: '1500000\n',
  'lib/modules/5.10.0-agl/modules.dep':
    'extra/jailhouse.ko:\nkernel/drivers/uio/uio_ivshmem.ko:\nkernel/drivers/net/can/vcan.ko:\n',
};

export class BoardRoot {
  readonly path = mkdtempSync(join(tmpdir(), 'canwarden-as-board-'));
  /** Folder of the commands, for the PATH. */
  readonly commands = join(this.path, 'fake/bin');

  /** `rules`: the image of the table that is installed. */
  constructor(rules: Uint8Array | undefined) {
    for (const [name, source] of Object.entries(INSTALLED)) {
      const from = join(PROJECT_ROOT, source);
      if (!existsSync(from)) throw new InputError(`${source} is missing. Next: npm run build`);
      mkdirSync(dirname(this.#at(name)), { recursive: true });
      copyFileSync(from, this.#at(name));
    }
    cpSync(join(PROJECT_ROOT, 'agl/lib'), this.#at('usr/lib/canwarden'), { recursive: true });
    for (const [name, text] of Object.entries(OF_THE_KERNEL)) this.write(name, text);
    if (rules !== undefined) this.write(RULES, rules);
    for (const [name, script] of Object.entries(SCRIPTS)) {
      this.write(`fake/bin/${name}`, script, 0o755);
    }
    this.write('usr/bin/canwarden-bridge', BRIDGE_CLIENT, 0o755);
    mkdirSync(this.#at('run/canwarden'), { recursive: true });
    for (const pipe of [this.questions, this.answers]) {
      if (spawnSync('mkfifo', [pipe]).status !== 0) throw new InputError(`cannot make ${pipe}`);
    }
  }

  /** The pipes of scripts.ts. */
  get questions(): string {
    return this.#at('fake/ask');
  }

  get answers(): string {
    return this.#at('fake/answer');
  }

  get socket(): string {
    return this.#at('run/canwarden/bridge.sock');
  }

  write(name: string, content: string | Uint8Array, mode = 0o644): void {
    mkdirSync(dirname(this.#at(name)), { recursive: true });
    writeFileSync(this.#at(name), content, { mode });
  }

  remove(name: string): void {
    rmSync(this.#at(name), { recursive: true, force: true });
  }

  /** The module of Jailhouse is loaded. */
  loadModule(): void {
    this.write('sys/module/jailhouse/version', 'v0.12\n');
    this.write('dev/jailhouse', '');
  }

  /** Jailhouse is enabled: the two devices are there, and uio_ivshmem has taken them. */
  enable(): void {
    this.write('sys/devices/jailhouse/enabled', '1\n');
    const devices = [
      ['0001:00:00.0', '0xffc024', 'uio0'],
      ['0001:00:02.0', '0xff4057', 'uio1'],
    ] as const;
    this.write('sys/bus/pci/drivers/uio_ivshmem/new_id', '');
    for (const [address, classCode, node] of devices) {
      const device = `${DEVICES}/${address}`;
      this.write(`${device}/vendor`, '0x110a\n');
      this.write(`${device}/device`, '0x4106\n');
      this.write(`${device}/class`, `${classCode}\n`);
      this.write(`${device}/uio/${node}/name`, 'uio_ivshmem\n');
      this.remove(`${device}/driver`);
      symlinkSync('../../drivers/uio_ivshmem', this.#at(`${device}/driver`));
    }
  }

  /** The cell's state in /sys; undefined: there is no cell. */
  setCell(state: string | undefined): void {
    this.write('sys/devices/system/cpu/cpu3/online', state === undefined ? '1\n' : '0\n');
    if (state === undefined) return this.remove(CELL);
    this.write(`${CELL}/name`, 'canwarden\n');
    this.write(`${CELL}/cpus_assigned_list`, '3\n');
    this.write(`${CELL}/state`, `${state}\n`);
  }

  /** A path on the board, as the helper writes it: with the root in front, or without. */
  pathOf(path: string): string {
    return path.startsWith(this.path) ? path : this.#at(path);
  }

  close(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  #at(name: string): string {
    return join(this.path, name);
  }
}
