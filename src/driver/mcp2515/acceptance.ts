// SPDX-License-Identifier: MIT
/**
 * Acceptance: which receive buffer takes which frames. Every frame is received in both layouts:
 *
 *   shared         both buffers take every frame; RXB1 while RXB0 is full
 *   urgent first   RXB0 takes what filters RXF0 and RXF1 match, RXB1 everything else. RX STATUS then
 *                  tells an urgent request by its filter before a byte of it is read. All other
 *                  frames have one buffer instead of two.
 *
 * Urgent first, the interrupt line can be RXB0's alone, if every frame in it has the same answer. A low line
 * is then a request, before a byte went over SPI. RXB1 is found by READ STATUS.
 *
 * In standard data frames the filters also compare the first two data bytes. The data sheet does not say what
 * a filter does with a frame that has none, so such a request must also have a length.
 *
 * Source: DS20001801J, section 4.5, registers 4-10..4-17, and table 12-1 (RX STATUS).
 */
import { IDENTIFIER_EXTENDED, IDENTIFIER_REMOTE } from '../../can/frame';
import { isExtended } from '../../can/identifier';
import { CANINTE_RX0IE, CANINTE_RX1IE, RXFSIDL_EXIDE } from './registers';

/** Number of filters of RXB0. */
export const URGENT_FILTERS: u32 = 2;

/** The data bytes that filters compare, as in a Frame. */
const DATA_MATCHED: u32 = 0xffff;

/** RX STATUS, bits 4..3: form of the frame. 1: remote, 2: extended. */
const FORM_REMOTE: u32 = 1;
const FORM_EXTENDED: u32 = 2;
/** A form no frame has. */
const FORM_NONE: u32 = 4;

/** What a line that is RXB0's alone tells. */
export enum RequestLine {
  /** No request that is not answered yet. */
  None = 0,
  /** A request, if the line can be believed. */
  Certain = 1,
  /** Perhaps a request: RX STATUS tells. */
  Doubtful = 2,
  /** As Certain, and the answer needs bytes of it. */
  Window = 3,
}

@final
export class Acceptance {
  /** RXB0 is reserved for urgent requests. */
  urgentFirst: bool = false;
  /** SIDH, SIDL, EID8, EID0 as one little-endian word, for mask RXM0 and filters RXF0, RXF1. */
  maskRegisters: u32 = 0;
  filter0Registers: u32 = 0;
  filter1Registers: u32 = RXFSIDL_EXIDE << 8;
  /** CANINTE: which buffers assert the interrupt line. */
  interrupts: u32 = CANINTE_RX0IE | CANINTE_RX1IE;
  /** What a low line tells: Doubtful, unless each frame in RXB0 is a request of the one answer. */
  told: RequestLine = RequestLine.Doubtful;
  /** The line has told of requests that were none. */
  private isLineDoubted: bool = false;
  /** Form that a frame must also have, because the filters do not compare the remote bit. */
  private form0: u32 = FORM_NONE;
  private form1: u32 = FORM_NONE;
  /** Another form that it may have. */
  private otherForm0: u32 = FORM_NONE;
  private otherForm1: u32 = FORM_NONE;
  /** The forms of a filter that is armed. */
  private armedForm0: u32 = FORM_NONE;
  private armedForm1: u32 = FORM_NONE;
  private armedOther0: u32 = FORM_NONE;
  private armedOther1: u32 = FORM_NONE;
  /** What `urgentFilter` returns for a hit of RXF1. 0: its requests have the answer of RXF0's. */
  private answerOf1: i32 = 1;
  /** Length that a frame must also have, because the filters do not compare the length code. */
  private length0: u32 = 0;
  private length1: u32 = 0;

  /**
   * Reserves RXB0 for frames whose identifier word under `mask` is `identifier0` or `identifier1`. Pass the
   * same twice for one. Before the controller is configured.
   */
  keepForUrgent(mask: u32, identifier0: u32, identifier1: u32): void {
    this.shareBoth();
    this.urgentFirst = true;
    const number = mask & ~(IDENTIFIER_EXTENDED | IDENTIFIER_REMOTE);
    const form = identifier0 & IDENTIFIER_EXTENDED;
    // A mask has no EXIDE bit: that of the filters is always compared.
    this.maskRegisters = identifierRegisters(number | form) & ~(RXFSIDL_EXIDE << 8);
    this.filter0Registers = identifierRegisters(identifier0);
    this.filter1Registers = identifierRegisters(identifier1);
    this.armedForm0 = formOf(identifier0);
    this.armedForm1 = formOf(identifier1);
    this.armedOther0 = FORM_NONE;
    this.armedOther1 = FORM_NONE;
    this.arm(0, true);
    this.arm(1, true);
  }

  /** After `keepForUrgent`: requests of `filter` may be data or remote frames. */
  takeBothForms(filter: u32): void {
    if (filter === 0) this.armedOther0 = this.armedForm0 ^ FORM_REMOTE;
    else this.armedOther1 = this.armedForm1 ^ FORM_REMOTE;
    this.arm(filter, true);
  }

  /** Both buffers take every frame. Before the controller is configured. */
  shareBoth(): void {
    this.urgentFirst = false;
    this.maskRegisters = 0;
    this.filter0Registers = 0;
    this.filter1Registers = RXFSIDL_EXIDE << 8;
    this.interrupts = CANINTE_RX0IE | CANINTE_RX1IE;
    this.told = RequestLine.Doubtful;
    this.answerOf1 = 1;
    this.requireLength(0, 0);
  }

  /** After `keepForUrgent`: RXB0 alone asserts the line. Before the controller is configured. */
  keepLine(): void {
    this.interrupts = CANINTE_RX0IE;
  }

  /** The line is RXB0's alone. */
  get lineKept(): bool {
    return this.interrupts === CANINTE_RX0IE;
  }

  /** After `arm`: all that RXB0 takes has one answer, so a low line tells `told`, if it can be believed. */
  trust(told: RequestLine): void {
    this.told = this.lineKept && !this.isLineDoubted ? told : RequestLine.Doubtful;
  }

  /** The line is not believed any more. */
  distrust(): void {
    this.isLineDoubted = true;
    this.told = RequestLine.Doubtful;
  }

  /** Sets whether the requests of both filters have one answer, that of filter 0. */
  set oneAnswer(one: bool) {
    this.answerOf1 = one ? 0 : 1;
  }

  /**
   * Sets whether hits of `filter` count. The chip still lets the same frames into RXB0; a frame that hits an
   * unarmed filter is read like any other.
   */
  arm(filter: u32, counts: bool): void {
    this.told = RequestLine.Doubtful;
    if (filter === 0) {
      this.form0 = counts ? this.armedForm0 : FORM_NONE;
      this.otherForm0 = counts ? this.armedOther0 : FORM_NONE;
    } else {
      this.form1 = counts ? this.armedForm1 : FORM_NONE;
      this.otherForm1 = counts ? this.armedOther1 : FORM_NONE;
    }
  }

  /**
   * After `keepForUrgent`, for standard data frames: the first two data bytes under `mask` must be `data0` or
   * `data1`. Byte 0 in bits 0..7, byte 1 in 8..15, as in a Frame.
   */
  matchData(mask: u32, data0: u32, data1: u32): void {
    this.maskRegisters |= dataRegisters(mask);
    this.filter0Registers |= dataRegisters(data0);
    this.filter1Registers |= dataRegisters(data1);
  }

  /** Requests of filter 0 and 1 have at least this many data bytes, 0..8, and that is to be looked at. */
  requireLength(length0: u32, length1: u32): void {
    this.length0 = length0;
    this.length1 = length1;
  }

  /** Least data bytes of a request of `filter`. 0: any length. */
  lengthOf(filter: u32): u32 {
    return filter === 0 ? this.length0 : this.length1;
  }

  /** The filter whose answer (0 or 1) the frame that RX STATUS describes asks for, if its form fits; else -1. */
  urgentFilter(filter: u32, form: u32): i32 {
    if (filter === 0) return form === this.form0 || form === this.otherForm0 ? 0 : -1;
    if (filter !== 1) return -1;
    return form === this.form1 || form === this.otherForm1 ? this.answerOf1 : -1;
  }
}

function formOf(identifier: u32): u32 {
  const extended = (identifier & IDENTIFIER_EXTENDED) !== 0 ? FORM_EXTENDED : 0;
  return (identifier & IDENTIFIER_REMOTE) !== 0 ? extended | FORM_REMOTE : extended;
}

/** D0 is compared with EID8, D1 with EID0 (section 4.4). */
function dataRegisters(data: u32): u32 {
  return (data & DATA_MATCHED) << 16;
}

/** The four registers of a filter that matches all bits of `identifier`. */
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
