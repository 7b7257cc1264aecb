/**
 * Acceptance: what the hardware filters let into which receive buffer.
 *
 * Used by: setup.ts (writes the registers), controller.ts (reads which filter hit), src/board (says
 * which requests are urgent).
 * Does not: lose anything. Every frame is received in both layouts:
 *
 *   shared         both buffers take every frame; RXB1 while RXB0 is full
 *   urgent first   RXB0 takes what filters RXF0 and RXF1 name, RXB1 everything else. RX STATUS then
 *                  tells an urgent request by its filter, before a byte of it is read. The other
 *                  frames have one buffer instead of two.
 *
 * Source: DS20001801J, section 4.5, registers 4-10..4-17, and table 12-1 (RX STATUS).
 */
import { IDENTIFIER_EXTENDED, IDENTIFIER_REMOTE } from '../../can/frame';
import { isExtended } from '../../can/identifier';
import { RXFSIDL_EXIDE } from './registers';

/** Filters of RXB0. */
export const URGENT_FILTERS: u32 = 2;

/** RX STATUS, bits 4..3: form of the frame; 1: remote, 2: extended. */
const FORM_REMOTE: u32 = 1;
const FORM_EXTENDED: u32 = 2;
/** A form no frame has. */
const FORM_NONE: u32 = 4;

@final
export class Acceptance {
  /** RXB0 is kept for urgent requests. */
  urgentFirst: bool = false;
  /** SIDH, SIDL, EID8, EID0 as one little-endian word, for mask RXM0 and filters RXF0, RXF1. */
  maskRegisters: u32 = 0;
  filter0Registers: u32 = 0;
  filter1Registers: u32 = RXFSIDL_EXIDE << 8;
  /** Form that a frame must have besides: the filters do not look at the remote bit. */
  private form0: u32 = FORM_NONE;
  private form1: u32 = FORM_NONE;

  /**
   * Keeps RXB0 for the frames whose identifier word, under `mask`, is `identifier0` or
   * `identifier1`; both the same when there is only one. Before the controller is configured.
   */
  keepForUrgent(mask: u32, identifier0: u32, identifier1: u32): void {
    this.urgentFirst = true;
    const number = mask & ~(IDENTIFIER_EXTENDED | IDENTIFIER_REMOTE);
    const form = identifier0 & IDENTIFIER_EXTENDED;
    // A mask has no EXIDE bit: the filters' own always counts.
    this.maskRegisters = identifierRegisters(number | form) & ~(RXFSIDL_EXIDE << 8);
    this.filter0Registers = identifierRegisters(identifier0);
    this.filter1Registers = identifierRegisters(identifier1);
    this.form0 = formOf(identifier0);
    this.form1 = formOf(identifier1);
  }

  /** The filter, 0 or 1, that the frame RX STATUS describes has hit in its right form; else -1. */
  urgentFilter(filter: u32, form: u32): i32 {
    if (filter === 0) return form === this.form0 ? 0 : -1;
    return filter === 1 && form === this.form1 ? 1 : -1;
  }
}

function formOf(identifier: u32): u32 {
  const extended = (identifier & IDENTIFIER_EXTENDED) !== 0 ? FORM_EXTENDED : 0;
  return (identifier & IDENTIFIER_REMOTE) !== 0 ? extended | FORM_REMOTE : extended;
}

/** The four registers of a filter that is to match `identifier` in all its bits. */
function identifierRegisters(identifier: u32): u32 {
  if (!isExtended(identifier)) {
    return ((identifier >> 3) & 0xff) | ((identifier & 7) << 13);
  }
  const sidh = (identifier >> 21) & 0xff;
  const sidl = (((identifier >> 18) & 7) << 5) | RXFSIDL_EXIDE | ((identifier >> 16) & 3);
  const eid8 = (identifier >> 8) & 0xff;
  const eid0 = identifier & 0xff;
  return sidh | (sidl << 8) | (eid8 << 16) | (eid0 << 24);
}
