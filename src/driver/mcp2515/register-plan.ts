// SPDX-License-Identifier: MIT
/**
 * RegisterPlan: the registers that set the chip up, in groups, and their values.
 *
 * Each group is one WRITE and one READ of at most 10 bytes, made by the caller. Registers in no group keep
 * their reset values.
 */
import { Acceptance } from './acceptance';
import { BitRate } from './bit-rate';
import {
  CNF3,
  RXB0CTRL,
  RXB0CTRL_BUKT,
  RXB1CTRL,
  RXBCTRL_RXM_MASK,
  RXF0SIDH,
  RXF2SIDH,
  RXF3SIDH,
  RXF5SIDH,
  RXFSIDL_EXIDE,
  RXM0SIDH,
  TXB0CTRL,
  TXBCTRL_TXP_MASK,
  TXBCTRL_TXREQ,
} from './registers';
import { PRIORITIES_AT_START } from './transmit-order';

/** Groups of the plan. */
export const PLAN_GROUPS: u32 = 11;

/** Filter for extended frames. A filter of zero is for standard frames. */
const FILTER_EXTENDED: u64 = (RXFSIDL_EXIDE as u64) << 8;
/** First of the last groups, one for each transmit buffer. */
const FIRST_PRIORITY: u32 = 8;
@final
export class RegisterPlan {
  /** The selected group: its first register, their number, and their values. */
  address: u32 = 0;
  count: u32 = 0;
  values: u64 = 0;
  /** Bits that must read back as written. */
  mask: u64 = 0;

  /**
   * Selects `group`, 0..PLAN_GROUPS-1.
   *
   * Mask 0 lets everything pass, and the filters only separate standard from extended frames. RXB1 always
   * works that way, and RXB0 in the shared layout. Filters are undefined after a reset, so every one is
   * written. RXM is 00 everywhere (use filters); "any message" (11) would also store frames with errors.
   */
  select(group: u32, acceptance: Acceptance, rate: BitRate): void {
    switch (group) {
      case 0:
        this.urgentFilters(acceptance);
        return;
      case 1:
        this.set(RXF2SIDH, 4, 0, u64.MAX_VALUE);
        return;
      case 2:
        this.set(RXF3SIDH, 8, FILTER_EXTENDED, u64.MAX_VALUE);
        return;
      case 3:
        this.set(RXF5SIDH, 4, FILTER_EXTENDED, u64.MAX_VALUE);
        return;
      case 4:
        this.set(RXM0SIDH, 8, acceptance.maskRegisters, u64.MAX_VALUE);
        return;
      case 5:
        this.timing(acceptance, rate);
        return;
      case 6:
        this.set(RXB0CTRL, 1, RXB0CTRL_BUKT, RXBCTRL_RXM_MASK | RXB0CTRL_BUKT);
        return;
      case 7:
        this.set(RXB1CTRL, 1, 0, RXBCTRL_RXM_MASK);
        return;
      default:
        this.priority(group - FIRST_PRIORITY);
    }
  }

  private urgentFilters(acceptance: Acceptance): void {
    const filter1 = (acceptance.filter1Registers as u64) << 32;
    this.set(RXF0SIDH, 8, (acceptance.filter0Registers as u64) | filter1, u64.MAX_VALUE);
  }

  /**
   * CNF3, CNF2, CNF1 and CANINTE are consecutive. Only receiving asserts INT, so a low line after both
   * buffers were empty means that one is full. Sent frames and errors are polled.
   */
  private timing(acceptance: Acceptance, rate: BitRate): void {
    const interrupts = acceptance.interrupts;
    const values = rate.cnf3 | (rate.cnf2 << 8) | (rate.cnf1 << 16) | (interrupts << 24);
    this.set(CNF3, 4, values, u64.MAX_VALUE);
  }

  private priority(buffer: u32): void {
    const value = (PRIORITIES_AT_START >> (buffer << 3)) & TXBCTRL_TXP_MASK;
    this.set(TXB0CTRL + (buffer << 4), 1, value, TXBCTRL_TXREQ | TXBCTRL_TXP_MASK);
  }

  private set(address: u32, count: u32, values: u64, mask: u64): void {
    this.address = address;
    this.count = count;
    this.values = values;
    this.mask = mask;
  }
}
