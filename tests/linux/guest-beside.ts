// SPDX-License-Identifier: MIT
/**
 * A Linux guest beside the cell in the twin: its files, and a boot with the bridge in it and the shared section mapped.
 *
 * Does not: start the bridge.
 */
import { join } from 'node:path';
import { fileBytes } from '../../lab/live/shared-link.ts';
import { PROJECT } from '../../scripts/build/command.ts';
import { Guest } from '../../scripts/linux-guest/guest.ts';
import {
  guestParts,
  type GuestParts,
  GuestUnavailable,
} from '../../scripts/linux-guest/packages.ts';
import { skipForSetup } from '../../scripts/test/result.ts';
import type { LiveLink } from './live-link.ts';

const SECTION_BYTES = 0x40000;
const OUTPUT_BYTES = 0x20000;

/** The parts of a guest, or why there is none. */
export function findGuest(): GuestParts | string {
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
  { programs, onLine }: { programs: readonly string[]; onLine: (line: string) => void },
): Promise<Beside> {
  const guest = await Guest.boot({
    parts,
    sharedFile: link.sharedFile,
    sharedBytes: fileBytes(SECTION_BYTES, OUTPUT_BYTES),
    programs: [join(PROJECT, 'build/canwarden-bridge'), ...programs],
    kvm: process.env.CANWARDEN_KVM === '1',
    onLine,
  });
  const found = await guest.output(
    'for d in /sys/bus/pci/devices/*; do ' +
      'if [ "$(cat $d/vendor):$(cat $d/device)" = 0x1af4:0x1110 ]; then ' +
      'echo 1 > $d/enable; echo $d/resource2; fi; done',
  );
  return { guest, resource: found.trim() };
}
