/**
 * The state bits of EFLG, without RXnOVR (DS20001801J, register 6-3 and section 7.6).
 */
import type { FaultConfinement } from '../../bus/fault-confinement.ts';
import { PASSIVE_LIMIT, WARNING_LIMIT } from '../../bus/fault-confinement.ts';
import {
  EFLG_EWARN,
  EFLG_RXEP,
  EFLG_RXWAR,
  EFLG_TXBO,
  EFLG_TXEP,
  EFLG_TXWAR,
} from './registers.ts';

/** EFLG bits 5..0 for these counters. */
export function errorFlagsOf(faults: FaultConfinement): number {
  const { transmitErrors, receiveErrors } = faults;
  let flags = 0;
  if (faults.busOff) flags |= EFLG_TXBO;
  if (transmitErrors >= PASSIVE_LIMIT) flags |= EFLG_TXEP;
  if (receiveErrors >= PASSIVE_LIMIT) flags |= EFLG_RXEP;
  if (transmitErrors >= WARNING_LIMIT) flags |= EFLG_TXWAR | EFLG_EWARN;
  if (receiveErrors >= WARNING_LIMIT) flags |= EFLG_RXWAR | EFLG_EWARN;
  return flags;
}
