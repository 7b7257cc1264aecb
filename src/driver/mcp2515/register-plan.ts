/**
 * RegisterPlan: which registers are written to set the chip up, one group after the other, and with what.
 *
 * Each group is one WRITE and one READ of at most 10 bytes.
 * Does not: write. Registers that no group names keep what RESET gives them.
 */
import { Acceptance } from './acceptance';
import { BitRate } from './bit-rate';
import {
  CANINTE_RX0IE,
  CANINTE_RX1IE,
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

/** Groups of the plan. */
export const PLAN_GROUPS: u32 = 11;

/** A filter for extended frames; one of zero is for standard frames. */
const FILTER_EXTENDED: u64 = (RXFSIDL_EXIDE as u64) << 8;
/** The last groups, one for each transmit buffer. */
const FIRST_PRIORITY: u32 = 8;
/**
 * TXP of TXB0, TXB1 and TXB2, a byte each: urgent answers before anything from AGL. None is 0, which is
 * what a reset leaves: so it shows in TXBnCTRL that a chip has lost its frames.
 */
const PRIORITIES: u32 = 1 | (2 << 8) | (3 << 16);

@final
export class RegisterPlan {
  /** The group that was selected: its first register, how many, what is written to them. */
  address: u32 = 0;
  count: u32 = 0;
  values: u64 = 0;
  /** Bits that must read back as written. */
  mask: u64 = 0;

  /**
   * Selects `group`, 0..PLAN_GROUPS-1.
   *
   * A mask of zero lets everything pass, and the filters only tell standard frames from extended ones:
   * so RXB1 always, and RXB0 in the shared layout. Filters are undefined after a reset, so every one is
   * written. RXM = 00 everywhere: by filters; "any message" (11) would also store frames with errors.
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
        this.timing(rate);
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
   * CNF3, CNF2, CNF1 and CANINTE lie in a row. Only receiving asserts INT, so that a low line after
   * both buffers were empty says, without a question, that one is full; sent frames and errors are
   * asked for now and then.
   */
  private timing(rate: BitRate): void {
    const interrupts = CANINTE_RX0IE | CANINTE_RX1IE;
    const values = rate.cnf3 | (rate.cnf2 << 8) | (rate.cnf1 << 16) | (interrupts << 24);
    this.set(CNF3, 4, values, u64.MAX_VALUE);
  }

  private priority(buffer: u32): void {
    const value = (PRIORITIES >> (buffer << 3)) & TXBCTRL_TXP_MASK;
    this.set(TXB0CTRL + (buffer << 4), 1, value, TXBCTRL_TXREQ | TXBCTRL_TXP_MASK);
  }

  private set(address: u32, count: u32, values: u64, mask: u64): void {
    this.address = address;
    this.count = count;
    this.values = values;
    this.mask = mask;
  }
}
