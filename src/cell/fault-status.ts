// SPDX-License-Identifier: MIT
/**
 * Translates what the BSP reports of a trap into a numbered status.
 *
 * Trap numbers: bsp/wasm-rt/wasm-rt.h, in the order of wabt's `wasm_rt_trap_t`. Exception kinds:
 * 0x100 plus the vector's number. Vectors 4 to 7 belong to the current exception level with its own
 * stack (Arm ARM DDI 0487, D1.3). The class is bits 26..31 of ESR_EL1.
 * Does not: stop anything; the BSP has.
 */
import { CharacterPort } from '../hal/character-port';
import { Console } from './console';
import { Status } from '../rt/status';

const TRAP_OUT_OF_BOUNDS: u32 = 1;
const TRAP_INTEGER_OVERFLOW: u32 = 2;
const TRAP_DIVISION_BY_ZERO: u32 = 3;

const EXCEPTION: u32 = 0x100;
const VECTOR_KIND_MASK: u32 = 3;
const VECTOR_SYNCHRONOUS: u32 = 0;
const VECTOR_SYSTEM_ERROR: u32 = 3;
const SYNDROME_CLASS_SHIFT: u32 = 26;
const CLASS_DATA_ABORT: u32 = 0x25;
const CLASS_INSTRUCTION_ABORT: u32 = 0x21;

/** The status of a fault of `kind`; `syndrome` is ESR_EL1. */
export function faultStatus(kind: u32, syndrome: u32): Status {
  if (kind < EXCEPTION) {
    if (kind === TRAP_OUT_OF_BOUNDS) return Status.TrapMemory;
    if (kind === TRAP_INTEGER_OVERFLOW || kind === TRAP_DIVISION_BY_ZERO) {
      return Status.TrapArithmetic;
    }
    return Status.TrapUnreachable;
  }
  const vectorKind = kind & VECTOR_KIND_MASK;
  if (vectorKind === VECTOR_SYNCHRONOUS) {
    const exceptionClass = syndrome >> SYNDROME_CLASS_SHIFT;
    const memory =
      exceptionClass === CLASS_DATA_ABORT || exceptionClass === CLASS_INSTRUCTION_ABORT;
    return memory ? Status.TrapMemory : Status.TrapException;
  }
  return vectorKind === VECTOR_SYSTEM_ERROR ? Status.TrapException : Status.TrapInterrupt;
}

/** Appends the line about a fault. `isLast`: the cell stays down; else it starts anew. */
export function sayFault<Port extends CharacterPort>(
  console: Console<Port>,
  kind: u32,
  syndrome: u32,
  address: u32,
  programCounter: u32,
  isLast: bool,
): void {
  console
    .text('canwarden: stopped by a fault, kind ')
    .hexadecimal(kind, 3)
    .text(', syndrome ')
    .hexadecimal(syndrome, 8)
    .text(', address ')
    .hexadecimal(address, 8)
    .text(', at ')
    .hexadecimal(programCounter, 8);
  if (isLast) console.text('. The third in ten seconds: load and start the cell again');
  else console.text('. Starting anew');
  console.text(' (status ').decimal(faultStatus(kind, syndrome)).text(')').endLine();
}
