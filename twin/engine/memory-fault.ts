// SPDX-License-Identifier: MIT
/**
 * Who handles a refused access: the cell itself (its page tables refuse) or the hypervisor (they allow it,
 * the cell configuration does not).
 *
 * Works only from the instruction and the page tables, because releases of the emulator report different
 * things.
 * Source: Arm ARM DDI 0487, D17.2.37 (ESR_EL1).
 */
import type { DataAccess } from './data-access.ts';
import type { Translation } from './page-walk.ts';

const PAGE_BYTES = 0x1000n;

/** Exception classes of an abort without a change of level, and the bit for a 32-bit instruction. */
const INSTRUCTION_ABORT = (0x21n << 26n) | (1n << 25n);
const DATA_ABORT = (0x25n << 26n) | (1n << 25n);
/** WnR. */
const SYNDROME_WRITE = 1n << 6n;
/** Fault status: translation fault, plus the level. */
const FAULT_TRANSLATION = 0x04n;
/** Fault status: permission fault, plus the level. */
const FAULT_PERMISSION = 0x0cn;

export type MemoryFault =
  /** The cell's own exception: contents of FAR_EL1 and ESR_EL1. */
  | { readonly by: 'cell'; readonly address: bigint; readonly syndrome: bigint }
  /** Stage 1 allows it: the physical address that the hypervisor sees. */
  | { readonly by: 'hypervisor'; readonly physical: bigint };

type Walk = (virtual: bigint) => Translation;

/** The fault status of stage 1 for one address. Undefined: stage 1 allows the access. */
function stageOneStatus(found: Translation, right: 'writable' | 'executable' | undefined) {
  if ('invalidLevel' in found) return FAULT_TRANSLATION | BigInt(found.invalidLevel);
  if (right !== undefined && !found[right]) return FAULT_PERMISSION | BigInt(found.level);
  return undefined;
}

function physicalOf(found: Translation): bigint {
  if ('physical' in found) return found.physical;
  throw new Error('the page tables allow what they do not map');
}

/** The fault of a refused load or store. */
export function dataFault(access: DataAccess, walk: Walk): MemoryFault {
  const isWrite = access.kind === 'write';
  const first = access.address;
  const lastPage = (first + BigInt(access.bytes) - 1n) & ~(PAGE_BYTES - 1n);
  // For an access across the end of a page, report the first refused byte.
  for (const address of lastPage > first ? [first, lastPage] : [first]) {
    const status = stageOneStatus(walk(address), isWrite ? 'writable' : undefined);
    if (status !== undefined) {
      return {
        by: 'cell',
        address,
        syndrome: DATA_ABORT | (isWrite ? SYNDROME_WRITE : 0n) | status,
      };
    }
  }
  return { by: 'hypervisor', physical: physicalOf(walk(first)) };
}

/** The fault of a refused instruction fetch. */
export function fetchFault(address: bigint, walk: Walk): MemoryFault {
  const status = stageOneStatus(walk(address), 'executable');
  if (status !== undefined) return { by: 'cell', address, syndrome: INSTRUCTION_ABORT | status };
  return { by: 'hypervisor', physical: physicalOf(walk(address)) };
}
