/**
 * What a small Linux guest is made of, taken from the distribution's own packages: its kernel,
 * busybox and can-utils. They are downloaded and unpacked in build/, not installed.
 *
 * Used by: initramfs.ts, guest.ts. Does not: need root's rights.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { PROJECT } from '../build/command.ts';

const FOLDER = join(PROJECT, 'build/linux');
const ROOT = join(FOLDER, 'root');
const COMPLETE = join(FOLDER, 'complete');

/** Of each machine: its kernel package (which depends on the versioned one) and its QEMU. */
const MACHINES = {
  x64: { kernel: 'linux-image-amd64', qemu: 'qemu-system-x86_64', console: 'ttyS0' },
  arm64: { kernel: 'linux-image-arm64', qemu: 'qemu-system-aarch64', console: 'ttyAMA0' },
} as const;

/** No guest can be made here; the message says why, and what would help. */
export class GuestUnavailable extends Error {}

export interface GuestParts {
  /** The QEMU program. */
  readonly qemu: string;
  /** Name of the guest's serial port. */
  readonly console: string;
  /** The kernel image, and the folder with its modules. */
  readonly kernel: string;
  readonly modules: string;
  /** The kernel's version, as `uname -r` will say. */
  readonly version: string;
  /** Where the packages were unpacked. */
  readonly root: string;
}

function quiet(command: string, args: readonly string[], folder?: string): string {
  const result = spawnSync(command, args, { encoding: 'utf8', cwd: folder, maxBuffer: 16 << 20 });
  if (result.status !== 0) {
    const words = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`;
    throw new GuestUnavailable(`${command} ${args.join(' ')} failed: ${words.trim().slice(-400)}`);
  }
  return result.stdout;
}

/** The versioned package that a kernel package stands for. */
function kernelPackage(name: string): string {
  const depends = quiet('apt-cache', ['depends', '--no-recommends', name]);
  const found = /Depends: (linux-image-\S+)/.exec(depends);
  if (!found) throw new GuestUnavailable(`apt knows no kernel behind ${name}: apt-get update?`);
  return found[1];
}

/** Downloads and unpacks what is not there yet. */
function unpack(kernel: string): void {
  if (existsSync(COMPLETE)) return;
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(ROOT, { recursive: true });
  const packages = [kernelPackage(kernel), 'busybox-static', 'can-utils'];
  quiet('apt-get', ['download', '-q', '-o', 'Acquire::Retries=3', ...packages], FOLDER);
  for (const name of readdirSync(FOLDER).filter((file) => file.endsWith('.deb'))) {
    quiet('dpkg', ['-x', join(FOLDER, name), ROOT]);
    rmSync(join(FOLDER, name));
  }
  writeFileSync(COMPLETE, '');
}

/** The parts for this machine's own architecture. Throws GuestUnavailable. */
export function guestParts(): GuestParts {
  const machine = MACHINES[process.arch as keyof typeof MACHINES];
  if (process.platform !== 'linux' || !machine) {
    throw new GuestUnavailable(`no guest is prepared for ${process.platform} on ${process.arch}`);
  }
  if (spawnSync(machine.qemu, ['--version']).status !== 0) {
    throw new GuestUnavailable(`${machine.qemu} is not there. Next: npm run setup`);
  }
  for (const tool of ['apt-get', 'dpkg', 'ldd']) {
    if (spawnSync(tool, ['--version']).status !== 0) {
      throw new GuestUnavailable(`${tool} is not there; the guest is made of Debian packages`);
    }
  }
  unpack(machine.kernel);
  const version = readdirSync(join(ROOT, 'lib/modules'))[0];
  return {
    qemu: machine.qemu,
    console: machine.console,
    kernel: join(ROOT, 'boot', `vmlinuz-${version}`),
    modules: join(ROOT, 'lib/modules', version),
    version,
    root: ROOT,
  };
}
