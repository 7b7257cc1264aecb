// SPDX-License-Identifier: MIT
/**
 * Looks for mistakes in a system configuration and its cells.
 *
 * Covers `jailhouse config check` (overlaps) and more: links, interrupts, CPUs, ownership, and whether the
 * image fits. Each check is a function in checks/ and an entry in CHECKS.
 * Does not: read files; the command line decodes them first.
 */
import { checkBoard } from './checks/board.ts';
import { checkCells } from './checks/cells.ts';
import type { Check, Configuration, Finding } from './checks/finding.ts';
import { checkImage } from './checks/image.ts';
import { checkInterrupts } from './checks/interrupts.ts';
import { checkIvshmem } from './checks/ivshmem.ts';
import { checkOverlaps } from './checks/overlaps.ts';
import { checkSharing } from './checks/sharing.ts';

export type { Configuration, Finding } from './checks/finding.ts';

const CHECKS: readonly Check[] = [
  checkOverlaps,
  checkSharing,
  checkCells,
  checkInterrupts,
  checkIvshmem,
  checkBoard,
  checkImage,
];

/** The findings of all checks: errors first, each group in the order of the checks. */
export function checkConfiguration(configuration: Configuration): Finding[] {
  const findings = CHECKS.flatMap((check) => [...check(configuration)]);
  return [
    ...findings.filter((finding) => finding.severity === 'error'),
    ...findings.filter((finding) => finding.severity === 'note'),
  ];
}

/** A finding as text: code and message, the places, the fix. */
export function formatFinding({ code, message, places, fix }: Finding): string {
  return [`${code} ${message}`, ...places.map((place) => `  at   ${place}`), `  fix  ${fix}`].join(
    '\n',
  );
}
