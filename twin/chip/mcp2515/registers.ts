// SPDX-License-Identifier: MIT
/**
 * MCP2515 registers: addresses, bits, reset values, and the bits that an SPI write can change.
 *
 * The firmware has its own list (src/driver/mcp2515): a wrong constant shared by firmware and model would
 * pass every test. Names and numbers: Microchip DS20001801J, section 11 (register map) and the register named
 * per block.
 */

// Register map, table 11-1, columns 0x00 to 0x20.
export const RXF0SIDH = 0x00;
export const BFPCTRL = 0x0c;
export const TXRTSCTRL = 0x0d;
export const CANSTAT = 0x0e;
export const CANCTRL = 0x0f;
export const RXF3SIDH = 0x10;
export const TEC = 0x1c;
export const REC = 0x1d;
export const RXM0SIDH = 0x20;
export const RXM1SIDH = 0x24;
export const CNF3 = 0x28;
export const CNF2 = 0x29;
export const CNF1 = 0x2a;
export const CANINTE = 0x2b;
export const CANINTF = 0x2c;
export const EFLG = 0x2d;

// Columns 0x30 to 0x70: three transmit and two receive buffers, 16 addresses apart.
export const TXB0CTRL = 0x30;
export const RXB0CTRL = 0x60;
export const RXB1CTRL = 0x70;
export const BUFFER_STRIDE = 0x10;
/** Offsets in a buffer from its control register. */
export const BUFFER_SIDH = 1;
export const BUFFER_SIDL = 2;
export const BUFFER_EID8 = 3;
export const BUFFER_EID0 = 4;
export const BUFFER_DLC = 5;
export const BUFFER_D0 = 6;
export const BUFFER_D7 = 13;
export const TX_BUFFER_COUNT = 3;
export const REGISTER_COUNT = 0x80;

// Register 3-1: TXBnCTRL.
export const TXBCTRL_ABTF = 0x40;
export const TXBCTRL_MLOA = 0x20;
export const TXBCTRL_TXERR = 0x10;
export const TXBCTRL_TXREQ = 0x08;
export const TXBCTRL_TXP_MASK = 0x03;

// Registers 3-4 and 4-11: TXBnSIDL and RXFnSIDL.
export const SIDL_EXIDE = 0x08;
// Register 4-5: RXBnSIDL.
export const RXBSIDL_SRR = 0x10;
export const RXBSIDL_IDE = 0x08;
// Registers 3-7 and 4-8: TXBnDLC and RXBnDLC.
export const DLC_RTR = 0x40;
export const DLC_MASK = 0x0f;

// Registers 4-1 and 4-2: RXB0CTRL and RXB1CTRL.
export const RXBCTRL_RXM_MASK = 0x60;
export const RXBCTRL_RXM_SHIFT = 5;
export const RXM_FILTERED = 0;
export const RXM_ANY = 3;
export const RXBCTRL_RXRTR = 0x08;
export const RXB0CTRL_BUKT = 0x04;
export const RXB0CTRL_BUKT1 = 0x02;
export const RXB0CTRL_FILHIT_MASK = 0x01;
export const RXB1CTRL_FILHIT_MASK = 0x07;

// Register 7-2: CANINTF. The same bit of CANINTE (7-1) enables each.
export const CANINTF_MERRF = 0x80;
export const CANINTF_WAKIF = 0x40;
export const CANINTF_ERRIF = 0x20;
export const CANINTF_TX0IF = 0x04;
export const CANINTF_RX1IF = 0x02;
export const CANINTF_RX0IF = 0x01;

// Register 6-3: EFLG.
export const EFLG_RX1OVR = 0x80;
export const EFLG_RX0OVR = 0x40;
export const EFLG_TXBO = 0x20;
export const EFLG_TXEP = 0x10;
export const EFLG_RXEP = 0x08;
export const EFLG_TXWAR = 0x04;
export const EFLG_RXWAR = 0x02;
export const EFLG_EWARN = 0x01;

// Registers 10-1 and 10-2: CANCTRL and CANSTAT.
export const CANCTRL_REQOP_SHIFT = 5;
export const CANCTRL_ABAT = 0x10;
export const CANCTRL_OSM = 0x08;
export const CANSTAT_OPMOD_SHIFT = 5;
export const CANSTAT_ICOD_SHIFT = 1;

/** Values of REQOP and OPMOD. */
export const MODE_NORMAL = 0;
export const MODE_SLEEP = 1;
export const MODE_LOOPBACK = 2;
export const MODE_LISTEN_ONLY = 3;
export const MODE_CONFIGURATION = 4;

/** CANCTRL after reset: configuration requested, CLKOUT on, divided by eight. */
export const CANCTRL_RESET = 0x87;
/** TXRTSCTRL as read with the three pins pulled up and not used for requests. */
export const TXRTSCTRL_PINS_HIGH = 0x38;
/** Writable bits of TXRTSCTRL: the pins' modes. */
export const TXRTSCTRL_MODES = 0x07;

const FILTER_SIDL_MASK = 0xeb;
const MASK_SIDL_MASK = 0xe3;

/** Bits that a WRITE changes; 0 for read-only registers. Mode rules are in register-file.ts. */
export const WRITE_MASK = makeWriteMask();

function makeWriteMask(): Uint8Array {
  const mask = new Uint8Array(REGISTER_COUNT);
  // Filters and masks: SIDH, SIDL, EID8, EID0, four addresses each.
  for (const filter of [0x00, 0x04, 0x08, 0x10, 0x14, 0x18]) {
    mask.set([0xff, FILTER_SIDL_MASK, 0xff, 0xff], filter);
  }
  mask.set([0xff, MASK_SIDL_MASK, 0xff, 0xff], RXM0SIDH);
  mask.set([0xff, MASK_SIDL_MASK, 0xff, 0xff], RXM1SIDH);
  mask[BFPCTRL] = 0x3f;
  mask[TXRTSCTRL] = TXRTSCTRL_MODES;
  mask[CNF3] = 0xc7;
  mask.fill(0xff, CNF2, CANINTF + 1);
  mask[EFLG] = EFLG_RX1OVR | EFLG_RX0OVR;
  for (let buffer = 0; buffer < TX_BUFFER_COUNT; buffer++) {
    const base = TXB0CTRL + buffer * BUFFER_STRIDE;
    mask.fill(0xff, base + BUFFER_SIDH, base + BUFFER_D7 + 1);
    mask[base] = TXBCTRL_TXREQ | TXBCTRL_TXP_MASK;
    mask[base + BUFFER_SIDL] = 0xeb;
    mask[base + BUFFER_DLC] = DLC_RTR | DLC_MASK;
  }
  mask[RXB0CTRL] = RXBCTRL_RXM_MASK | RXB0CTRL_BUKT;
  mask[RXB1CTRL] = RXBCTRL_RXM_MASK;
  for (let row = 0; row < REGISTER_COUNT; row += 0x10) mask[row + CANCTRL] = 0xff;
  return mask;
}

/** Whether BIT MODIFY honours its mask here (shaded in table 11-1). Elsewhere the mask is 0xff. */
export function isBitModifiable(address: number): boolean {
  if ((address & 0x0f) === CANCTRL) return true;
  switch (address) {
    case BFPCTRL:
    case TXRTSCTRL:
    case CNF1:
    case CNF2:
    case CNF3:
    case CANINTE:
    case CANINTF:
    case EFLG:
    case TXB0CTRL:
    case TXB0CTRL + BUFFER_STRIDE:
    case TXB0CTRL + 2 * BUFFER_STRIDE:
    case RXB0CTRL:
    case RXB1CTRL:
      return true;
    default:
      return false;
  }
}

/** Whether an address belongs to a filter or mask: 0x00..0x0b, 0x10..0x1b, 0x20..0x27. */
export function isFilterOrMask(address: number): boolean {
  return address < BFPCTRL || (address >= RXF3SIDH && address < TEC) || address >> 3 === 4;
}

/** Whether a register can be changed only in configuration mode (section 10.1). */
export function isConfigurationOnly(address: number): boolean {
  if (isFilterOrMask(address) || address === TXRTSCTRL) return true;
  return address === CNF1 || address === CNF2 || address === CNF3;
}
