// SPDX-License-Identifier: MIT
/**
 * What the tests with a Linux guest share: the suite that is skipped by name where none can be made, programs for it, a
 * boot beside the cell in the twin with the bridge and the shared section, a boot alone, and a recording.
 *
 * Does not: start the bridge.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileBytes } from '../../lab/live/shared-link.ts';
import { PROJECT } from '../../scripts/build/command.ts';
import { Guest, type GuestOptions } from '../../scripts/linux-guest/guest.ts';
import {
  guestParts,
  type GuestParts,
  GuestUnavailable,
} from '../../scripts/linux-guest/packages.ts';
import { skipForSetup } from '../../scripts/test/result.ts';
import { describe } from '../skippable.ts';
import type { LiveLink } from './live-link.ts';

const SECTION_BYTES = 0x40000;
const OUTPUT_BYTES = 0x20000;
/** Of a guest alone, for which the section is there and nobody uses it. */
const UNUSED_BYTES = 0x100000;
const SUITE_MILLIS = 1_500_000;

/** A suite with a guest. */
export function describeGuest(name: string, body: (parts: GuestParts) => void): void {
  const parts = findGuest();
  const skip = typeof parts === 'string' ? parts : false;
  // Of a suite that is skipped no hook and no test runs.
  describe(name, { skip, timeout: SUITE_MILLIS }, () => body(parts as GuestParts));
}

/** Builds `name`.c of this folder as a program for a guest. */
export function buildForGuest(folder: string, name: string): string {
  const program = join(folder, name);
  const words = ['-std=gnu11', '-Wall', '-Werror', '-static', '-o', program];
  const { status, stderr } = spawnSync('cc', [...words, join(PROJECT, `tests/linux/${name}.c`)]);
  assert.equal(status, 0, String(stderr));
  return program;
}

/** Starts candump in the guest, to a file there. It listens when this is done: the kernel lists one more receiver. */
export async function record(guest: Guest, file: string, what: string): Promise<void> {
  // A large receive buffer: on a busy machine candump is late, and its socket loses frames.
  await guest.output(
    'receivers() { cat /proc/net/can/rcvlist_* | grep -c raw; }; before=$(receivers); ' +
      `candump -r 8388608 -L ${what} > ${file} & echo $! > recorder; ` +
      'until [ "$(receivers)" -gt "$before" ]; do sleep 0.05; done',
  );
}

export const STOP_RECORDING = 'kill $(cat recorder); wait $(cat recorder); true';

/** The parts of a guest, or why there is none. */
function findGuest(): GuestParts | string {
  try {
    return guestParts();
  } catch (error) {
    if (!(error instanceof GuestUnavailable)) throw error;
    return skipForSetup(`no Linux guest can be made here: ${error.message}`);
  }
}

export interface Beside {
  readonly guest: Guest;
  /** What the bridge maps. */
  readonly resource: string;
}

/** Boots a guest with the bridge, and more `programs`. */
export async function bootBeside(
  link: LiveLink,
  parts: GuestParts,
  options: Pick<GuestOptions, 'programs' | 'files' | 'secondPort' | 'onLine'>,
): Promise<Beside> {
  const guest = await Guest.boot({
    ...options,
    parts,
    sharedFile: link.sharedFile,
    sharedBytes: fileBytes(SECTION_BYTES, OUTPUT_BYTES),
    programs: [join(PROJECT, 'build/canwarden-bridge'), ...options.programs],
    kvm: process.env.CANWARDEN_KVM === '1',
  });
  const found = await guest.output(
    'for d in /sys/bus/pci/devices/*; do ' +
      'if [ "$(cat $d/vendor):$(cat $d/device)" = 0x1af4:0x1110 ]; then ' +
      'echo 1 > $d/enable; echo $d/resource2; fi; done',
  );
  return { guest, resource: found.trim() };
}

/** Boots a guest alone, with `programs`. */
export async function bootAlone(
  folder: string,
  parts: GuestParts,
  options: { programs: readonly string[]; countsInstructions?: boolean },
): Promise<Guest> {
  const sharedFile = join(folder, 'shared');
  writeFileSync(sharedFile, Buffer.alloc(UNUSED_BYTES));
  // A clock that counts instructions is one of software emulation.
  const kvm = options.countsInstructions !== true && process.env.CANWARDEN_KVM === '1';
  const onLine = (): void => undefined;
  return Guest.boot({ ...options, parts, sharedFile, sharedBytes: UNUSED_BYTES, kvm, onLine });
}
