// SPDX-License-Identifier: MIT
/**
 * The short forms of the chip's state: READ STATUS, RX STATUS, the interrupt code, and bits 5..0 of EFLG.
 *
 * Source: DS20001801J, figures 12-8 and 12-9, table 7-1, register 6-3 and section 7.6.
 * Does not: touch RXnOVR.
 */
import {
  BUFFER_DLC,
  BUFFER_SIDL,
  BUFFER_STRIDE,
  CANINTF,
  DLC_RTR,
  CANINTF_ERRIF,
  CANINTF_RX0IF,
  CANINTF_RX1IF,
  CANINTF_TX0IF,
  CANINTF_WAKIF,
  RXB0CTRL,
  RXB0CTRL_FILHIT_MASK,
  RXB1CTRL,
  RXB1CTRL_FILHIT_MASK,
  RXBSIDL_IDE,
  RXBSIDL_SRR,
  TXB0CTRL,
  TXBCTRL_TXREQ,
  TX_BUFFER_COUNT,
} from './registers.ts';
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

/** READ STATUS: RX0IF, RX1IF, then TXREQ and TXnIF of each transmit buffer. */
export function quickStatus(registers: Uint8Array): number {
  const flags = registers[CANINTF];
  let status = flags & (CANINTF_RX0IF | CANINTF_RX1IF);
  for (let buffer = 0; buffer < TX_BUFFER_COUNT; buffer++) {
    const control = registers[TXB0CTRL + buffer * BUFFER_STRIDE];
    if ((control & TXBCTRL_TXREQ) !== 0) status |= 0x04 << (2 * buffer);
    if ((flags & (CANINTF_TX0IF << buffer)) !== 0) status |= 0x08 << (2 * buffer);
  }
  return status;
}

/** RX STATUS: full buffers, and form and filter of the message in the first of them. */
export function receiveStatus(registers: Uint8Array): number {
  const flags = registers[CANINTF] & (CANINTF_RX0IF | CANINTF_RX1IF);
  if (flags === 0) return 0;
  const first = (flags & CANINTF_RX0IF) !== 0;
  const base = first ? RXB0CTRL : RXB1CTRL;
  const low = registers[base + BUFFER_SIDL];
  const extended = (low & RXBSIDL_IDE) !== 0;
  const remote = extended
    ? (registers[base + BUFFER_DLC] & DLC_RTR) !== 0
    : (low & RXBSIDL_SRR) !== 0;
  const filter = registers[base] & (first ? RXB0CTRL_FILHIT_MASK : RXB1CTRL_FILHIT_MASK);
  // Codes 6 and 7: a rollover, with filter 0 or 1 in RXB1.
  const code = !first && filter < 2 ? filter + 6 : filter;
  return (flags << 6) | (extended ? 0x10 : 0) | (remote ? 0x08 : 0) | code;
}

/** ICOD for the pending and enabled interrupts: the lowest code has the highest priority. */
export function interruptCode(pending: number): number {
  if ((pending & CANINTF_ERRIF) !== 0) return 1;
  if ((pending & CANINTF_WAKIF) !== 0) return 2;
  for (let buffer = 0; buffer < TX_BUFFER_COUNT; buffer++) {
    if ((pending & (CANINTF_TX0IF << buffer)) !== 0) return 3 + buffer;
  }
  if ((pending & CANINTF_RX0IF) !== 0) return 6;
  return (pending & CANINTF_RX1IF) !== 0 ? 7 : 0;
}

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
