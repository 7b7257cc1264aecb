// SPDX-License-Identifier: MIT
/**
 * MCP2515 registers and their bits (DS20001801J), in address order. Registers that the driver leaves at their
 * reset value are omitted.
 */

// Section 4.5: acceptance filters and masks. SIDH, SIDL, EID8, EID0 of each are consecutive.
export const RXF0SIDH: u32 = 0x00;
export const RXF1SIDH: u32 = 0x04;
export const RXF2SIDH: u32 = 0x08;
export const RXF3SIDH: u32 = 0x10;
export const RXF4SIDH: u32 = 0x14;
export const RXF5SIDH: u32 = 0x18;
export const RXM0SIDH: u32 = 0x20;
export const RXM1SIDH: u32 = 0x24;

/** RXFnSIDL: set for extended frames only, clear for standard frames only. */
export const RXFSIDL_EXIDE: u32 = 1 << 3;

// Register 10-2: CANSTAT.
export const CANSTAT: u32 = 0x0e;
export const CANSTAT_OPMOD_MASK: u32 = 0xe0;

// Register 10-1: CANCTRL.
export const CANCTRL: u32 = 0x0f;
export const CANCTRL_REQOP_MASK: u32 = 0xe0;
export const CANCTRL_ABAT: u32 = 1 << 4;
export const CANCTRL_OSM: u32 = 1 << 3;

/** Operation modes, as in CANCTRL.REQOP and CANSTAT.OPMOD. */
export const MODE_NORMAL: u32 = 0x00;
export const MODE_SLEEP: u32 = 0x20;
export const MODE_LOOPBACK: u32 = 0x40;
export const MODE_LISTEN_ONLY: u32 = 0x60;
export const MODE_CONFIGURATION: u32 = 0x80;

// Registers 6-1 and 6-2: error counters. TEC reads 0xff at most.
export const TEC: u32 = 0x1c;
export const REC: u32 = 0x1d;

// Registers 5-1 to 5-3: bit timing, in the order CNF3, CNF2, CNF1.
export const CNF3: u32 = 0x28;
export const CNF2: u32 = 0x29;
export const CNF1: u32 = 0x2a;
export const CNF1_SJW_SHIFT: u32 = 6;
export const CNF2_BTLMODE: u32 = 1 << 7;
export const CNF2_SAM: u32 = 1 << 6;
export const CNF2_PHSEG1_SHIFT: u32 = 3;

// Registers 7-1 and 7-2: CANINTE, CANINTF.
export const CANINTE: u32 = 0x2b;
export const CANINTE_RX0IE: u32 = 1 << 0;
export const CANINTE_RX1IE: u32 = 1 << 1;
export const CANINTE_ERRIE: u32 = 1 << 5;
export const CANINTE_WAKIE: u32 = 1 << 6;
export const CANINTF: u32 = 0x2c;
export const CANINTF_TX0IF: u32 = 1 << 2;
export const CANINTF_ERRIF: u32 = 1 << 5;
export const CANINTF_WAKIF: u32 = 1 << 6;
export const CANINTF_MERRF: u32 = 1 << 7;

// Register 6-3: EFLG. Only the two overflow bits can be written.
export const EFLG: u32 = 0x2d;
export const EFLG_EWARN: u32 = 1 << 0;
export const EFLG_RXWAR: u32 = 1 << 1;
export const EFLG_TXWAR: u32 = 1 << 2;
export const EFLG_RXEP: u32 = 1 << 3;
export const EFLG_TXEP: u32 = 1 << 4;
export const EFLG_TXBO: u32 = 1 << 5;
export const EFLG_RX0OVR: u32 = 1 << 6;
export const EFLG_RX1OVR: u32 = 1 << 7;

// Register 3-1: TXBnCTRL.
export const TXB0CTRL: u32 = 0x30;
export const TXB1CTRL: u32 = 0x40;
export const TXB2CTRL: u32 = 0x50;
export const TXBCTRL_TXP_MASK: u32 = 0x03;
export const TXBCTRL_TXREQ: u32 = 1 << 3;
export const TXBCTRL_TXERR: u32 = 1 << 4;
export const TXBCTRL_MLOA: u32 = 1 << 5;
export const TXBCTRL_ABTF: u32 = 1 << 6;
/** Register 3-8: D0 of TXB0; those of the others follow, each 1 << TXB_SHIFT registers on. */
export const TXB0D0: u32 = 0x36;
export const TXB_SHIFT: u32 = 4;
/** Bits that read as 0. */
export const TXBCTRL_UNUSED: u32 = (1 << 7) | (1 << 2);

// Registers 4-1 and 4-2: RXB0CTRL, RXB1CTRL.
export const RXB0CTRL: u32 = 0x60;
export const RXB0CTRL_BUKT: u32 = 1 << 2;
export const RXBCTRL_RXM_MASK: u32 = 0x60;
export const RXB0DLC: u32 = 0x65;
export const RXB1CTRL: u32 = 0x70;

// Registers 3-3 to 3-7 and 4-4 to 4-8: layout of the buffers.
export const SIDL_EXIDE: u32 = 1 << 3;
export const SIDL_SRR: u32 = 1 << 4;
export const SIDL_EID_MASK: u32 = 0x03;
export const DLC_RTR: u32 = 1 << 6;
export const DLC_MASK: u32 = 0x0f;
/** Reads as 0 (register 4-8). */
export const RXBDLC_UNUSED: u32 = 1 << 7;

// Figure 12-8: the answer of READ STATUS.
export const STATUS_RX0IF: u32 = 1 << 0;
export const STATUS_RX1IF: u32 = 1 << 1;
export const STATUS_RECEIVED_MASK: u32 = 0x03;
export const STATUS_TX0REQ: u32 = 1 << 2;
export const STATUS_TX1REQ: u32 = 1 << 4;
export const STATUS_TX2REQ: u32 = 1 << 6;
/** All buffers full, all requests pending; or no chip that answers. */
export const STATUS_ALL: u32 = 0xff;

// Figure 12-9: the answer of RX STATUS.
export const RX_STATUS_BUFFERS_SHIFT: u32 = 6;
export const RX_STATUS_FORM_SHIFT: u32 = 3;
export const RX_STATUS_FORM_MASK: u32 = 0x03;
export const RX_STATUS_FILTER_MASK: u32 = 0x07;
