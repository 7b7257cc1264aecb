// SPDX-License-Identifier: MIT
/**
 * Hypercalls of a cell: HVC #0x4a48 with the code in x0.
 *
 * Source: Jailhouse include/jailhouse/hypercall.h, hypervisor/control.c hypercall.
 * Does not: charge time. Information calls (codes 5 and 7) answer like unknown ones.
 */
import {
  CELL_VIRTUAL_CONSOLE_ACTIVE,
  CELL_VIRTUAL_CONSOLE_PERMITTED,
} from '../../cell-config/format/constants.ts';
import type { Cell } from '../../cell-config/format/model.ts';
import type { ConsoleLog } from './console-log.ts';

const DISABLE = 0;
const CELL_CREATE = 1;
const CELL_START = 2;
const CELL_SET_LOADABLE = 3;
const CELL_DESTROY = 4;
const CELL_GET_STATE = 6;
export const DEBUG_CONSOLE_PUTC = 8;
const ROOT_ONLY = [
  DISABLE,
  CELL_CREATE,
  CELL_START,
  CELL_SET_LOADABLE,
  CELL_DESTROY,
  CELL_GET_STATE,
];

// Linux errno values, negated.
const EPERM = -1;
const ENOSYS = -38;

const CONSOLE_FLAGS = CELL_VIRTUAL_CONSOLE_PERMITTED | CELL_VIRTUAL_CONSOLE_ACTIVE;

/** Runs hypercall `code` of a non-root cell. Returns x0. */
export function handleHypercall(
  cell: Cell,
  console: ConsoleLog,
  code: number,
  argument1: number,
): number {
  if (ROOT_ONLY.includes(code)) return EPERM;
  if (code !== DEBUG_CONSOLE_PUTC) return ENOSYS;
  if ((cell.flags & CONSOLE_FLAGS) === 0) return EPERM;
  console.putCharacter(argument1);
  return 0;
}
