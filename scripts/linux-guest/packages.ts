// SPDX-License-Identifier: MIT
/**
 * Parts of a small Linux guest from the distribution's packages: its kernel, busybox and can-utils; and
 * QEMU's AArch64 program, for the board's bridge. They go to build/, and nothing is installed.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { PROJECT } from '../build/command.ts';
import { copyModule, downloadBytes, GuestUnavailable, quiet, takeFrom } from './unpack.ts';
import type { UnpackedPackages } from './unpack.ts';

export { GuestUnavailable };

const GUEST = join(PROJECT, 'build/linux-guest');
const AARCH64 = join(PROJECT, 'build/qemu-user');

/** For each machine: its kernel package (which depends on the versioned one) and its QEMU. */
const MACHINES = {
  x64: { kernel: 'linux-image-amd64', qemu: 'qemu-system-x86_64', console: 'ttyS0' },
  arm64: { kernel: 'linux-image-arm64', qemu: 'qemu-system-aarch64', console: 'ttyAMA0' },
} as const;

/** In loading order. */
const MODULES = [
  'kernel/net/can/can.ko',
  'kernel/drivers/net/can/dev/can-dev.ko',
  'kernel/net/can/can-raw.ko',
  'kernel/drivers/net/can/vcan.ko',
  'kernel/net/can/can-gw.ko',
  'kernel/net/can/can-bcm.ko',
  'kernel/net/can/can-isotp.ko',
];
const CAN_TOOLS = [
  ...['candump', 'cansend', 'cangen', 'cangw', 'canplayer'],
  ...['isotpsend', 'isotprecv'],
];

export interface GuestParts {
  /** The QEMU program. */
  readonly qemu: string;
  /** Name of the guest's serial port. */
  readonly console: string;
  readonly kernel: string;
  /** Module files in loading order. */
  readonly modules: readonly string[];
  /** The kernel's version, as `uname -r` prints it. */
  readonly version: string;
  /** A static busybox. */
  readonly busybox: string;
  /** candump and similar tools. */
  readonly tools: readonly string[];
}

/** The versioned package behind a kernel package. */
function kernelPackage(name: string): string {
  const depends = quiet('apt-cache', ['depends', '--no-recommends', name]).toString();
  const found = /Depends: (linux-image-\S+)/.exec(depends);
  if (!found) throw new GuestUnavailable(`apt knows no kernel behind ${name}: apt-get update?`);
  return found[1];
}

/** Picks the guest's files. Something that the kernel has neither as a module nor built in is an error. */
export function pickGuestFiles(unpacked: UnpackedPackages, target: string): void {
  const [version] = unpacked.list('lib/modules');
  if (version === undefined) throw new Error('the kernel package has no lib/modules');
  copyFileSync(unpacked.get(`boot/vmlinuz-${version}`), join(target, 'vmlinuz'));
  copyFileSync(unpacked.get('bin/busybox'), join(target, 'busybox'));
  for (const tool of CAN_TOOLS) copyFileSync(unpacked.get(`usr/bin/${tool}`), join(target, tool));
  const folder = `lib/modules/${version}`;
  const builtIn = readFileSync(unpacked.get(`${folder}/modules.builtin`), 'utf8').split('\n');
  mkdirSync(join(target, 'modules'));
  const names: string[] = [];
  for (const path of MODULES) {
    const name = basename(path);
    if (copyModule(unpacked, `${folder}/${path}`, join(target, 'modules', name))) names.push(name);
    else if (!builtIn.includes(path)) {
      throw new Error(`the kernel ${version} has ${path} neither as a module nor built in`);
    }
  }
  writeFileSync(join(target, 'guest.json'), JSON.stringify({ version, names, asked: MODULES }));
}

function machineOf() {
  const machine = MACHINES[process.arch as keyof typeof MACHINES];
  if (process.platform !== 'linux' || !machine) {
    throw new GuestUnavailable(`no guest is prepared for ${process.platform} on ${process.arch}`);
  }
  for (const tool of ['apt-get', 'apt-cache', 'dpkg', 'ldd']) {
    if (spawnSync(tool, ['--version']).error !== undefined) {
      throw new GuestUnavailable(`${tool} is not there; the guest is made of Debian packages`);
    }
  }
  return machine;
}

function guestPackages(): string[] {
  return [kernelPackage(machineOf().kernel), 'busybox-static', 'can-utils'];
}

/** Whether the parts are there, all that are wanted now. */
function hasGuest(): boolean {
  const list = join(GUEST, 'guest.json');
  if (!existsSync(list)) return false;
  const { asked } = JSON.parse(readFileSync(list, 'utf8')) as { asked?: readonly string[] };
  const isWhole = asked?.join() === MODULES.join();
  return isWhole && CAN_TOOLS.every((tool) => existsSync(join(GUEST, tool)));
}

/** The parts for this machine's own architecture. Throws GuestUnavailable. */
export function guestParts(): GuestParts {
  const { qemu, console } = machineOf();
  if (spawnSync(qemu, ['--version']).status !== 0) {
    throw new GuestUnavailable(`${qemu} is not there. Next: npm run setup`);
  }
  if (!hasGuest()) {
    rmSync(GUEST, { recursive: true, force: true });
    takeFrom(guestPackages(), GUEST, pickGuestFiles);
  }
  const { version, names } = JSON.parse(readFileSync(join(GUEST, 'guest.json'), 'utf8')) as {
    version: string;
    names: string[];
  };
  return {
    qemu,
    console,
    kernel: join(GUEST, 'vmlinuz'),
    modules: names.map((name) => join(GUEST, 'modules', name)),
    version,
    busybox: join(GUEST, 'busybox'),
    tools: CAN_TOOLS.map((name) => join(GUEST, name)),
  };
}

/** A program that runs the board's programs here. Empty on an ARM64 machine, which needs none. */
export function aarch64Emulator(): string[] {
  if (process.arch === 'arm64') return [];
  const works = (program: string): boolean =>
    spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0;
  if (works('qemu-aarch64')) return ['qemu-aarch64'];
  const own = join(AARCH64, 'qemu-aarch64');
  machineOf();
  takeFrom(['qemu-user'], AARCH64, (unpacked, target) => {
    copyFileSync(unpacked.get('usr/bin/qemu-aarch64'), join(target, 'qemu-aarch64'));
  });
  if (works(own)) return [own];
  throw new GuestUnavailable(`${own} does not run: its libraries come with QEMU (npm run setup)`);
}

/** Fetches missing parts after printing their size. Throws GuestUnavailable. */
export function prepareGuest(say: (line: string) => void): void {
  const wanted = [
    ...(hasGuest() ? [] : guestPackages()),
    ...(process.arch === 'arm64' || existsSync(join(AARCH64, 'qemu-aarch64')) ? [] : ['qemu-user']),
  ];
  if (wanted.length === 0) return;
  const megabytes = Math.ceil(downloadBytes(wanted) / 1e6);
  say(
    `Setup: fetching the tests' Linux guest, ${megabytes} MB (${wanted.join(', ')}); into build/.`,
  );
  guestParts();
  aarch64Emulator();
}
