// SPDX-License-Identifier: MIT
/**
 * The two receive buffers: acceptance, rollover, overflow, and the layout of a frame in the registers
 * (DS20001801J, section 4, figure 4-3).
 *
 * Does not: clear flags; READ RX BUFFER and the MCU do.
 */
import type { CanFrame } from '../../bus/can-frame.ts';
import { UnimplementedFeature } from '../../unimplemented.ts';
import { hitFilter } from './acceptance.ts';
import {
  BUFFER_D0,
  BUFFER_DLC,
  BUFFER_EID0,
  BUFFER_EID8,
  BUFFER_SIDH,
  BUFFER_SIDL,
  CANINTF,
  DLC_RTR,
  EFLG,
  EFLG_RX0OVR,
  EFLG_RX1OVR,
  CANINTF_ERRIF,
  CANINTF_RX0IF,
  CANINTF_RX1IF,
  RXB0CTRL,
  RXB0CTRL_BUKT,
  RXB0CTRL_FILHIT_MASK,
  RXB1CTRL,
  RXB1CTRL_FILHIT_MASK,
  RXBCTRL_RXM_MASK,
  RXBCTRL_RXM_SHIFT,
  RXBCTRL_RXRTR,
  RXBSIDL_IDE,
  RXBSIDL_SRR,
  RXM_ANY,
  RXM_FILTERED,
} from './registers.ts';

/** What happened to a good frame. */
export type Fate = 'stored' | 'refused' | 'overflow';

/**
 * Stores a good frame from the message assembly buffer, or flags an overflow. `missingMatches`: see
 * hitFilter.
 */
export function storeReceived(
  registers: Uint8Array,
  frame: CanFrame,
  missingMatches = false,
): Fate {
  const hit0 = filterOf(registers, 0, frame, missingMatches);
  if (hit0 !== undefined) {
    if ((registers[CANINTF] & CANINTF_RX0IF) === 0) return load(registers, 0, frame, hit0);
    // Full: rolls over to RXB1 whatever RXB1's own filters say, or is lost.
    if ((registers[RXB0CTRL] & RXB0CTRL_BUKT) === 0) return overflow(registers, EFLG_RX0OVR);
    if ((registers[CANINTF] & CANINTF_RX1IF) === 0) return load(registers, 1, frame, hit0);
    return overflow(registers, EFLG_RX1OVR);
  }
  const hit1 = filterOf(registers, 1, frame, missingMatches);
  if (hit1 === undefined) return 'refused';
  if ((registers[CANINTF] & CANINTF_RX1IF) === 0) return load(registers, 1, frame, hit1);
  return overflow(registers, EFLG_RX1OVR);
}

/**
 * A receive error. With RXM = 11 the chip loads part of the damaged frame in a way the datasheet does not
 * define.
 */
export function refuseDamagedFrame(registers: Uint8Array): void {
  if (receiveMode(registers, 0) !== RXM_ANY && receiveMode(registers, 1) !== RXM_ANY) return;
  throw new UnimplementedFeature('MCP2515', 'loading part of a damaged frame (RXM = 11)');
}

/** Filter that accepts the frame into the buffer. With filters off FILHIT is assumed to read 0. */
function filterOf(
  registers: Uint8Array,
  buffer: 0 | 1,
  frame: CanFrame,
  missingMatches: boolean,
): number | undefined {
  if (receiveMode(registers, buffer) === RXM_ANY) return 0;
  return hitFilter(registers, buffer, frame, missingMatches);
}

function receiveMode(registers: Uint8Array, buffer: 0 | 1): number {
  const control = registers[buffer === 0 ? RXB0CTRL : RXB1CTRL];
  const mode = (control & RXBCTRL_RXM_MASK) >> RXBCTRL_RXM_SHIFT;
  if (mode !== RXM_ANY && mode !== RXM_FILTERED) {
    throw new UnimplementedFeature(
      'MCP2515',
      `reserved receive mode RXM = ${mode} of RXB${buffer}`,
    );
  }
  return mode;
}

/** Each overflow raises ERRIF, even if RXnOVR was already set (section 7.6.1). */
function overflow(registers: Uint8Array, flag: number): Fate {
  registers[EFLG] |= flag;
  registers[CANINTF] |= CANINTF_ERRIF;
  return 'overflow';
}

/**
 * Writes the buffer's registers. Parts that the frame lacks (data beyond the length, EID of a standard frame)
 * keep their old content, because the datasheet promises nothing for them.
 */
function load(registers: Uint8Array, buffer: 0 | 1, frame: CanFrame, filter: number): Fate {
  const base = buffer === 0 ? RXB0CTRL : RXB1CTRL;
  const { identifier } = frame;
  if (frame.extended) {
    const base11 = identifier >>> 18;
    registers[base + BUFFER_SIDH] = base11 >> 3;
    registers[base + BUFFER_SIDL] =
      ((base11 & 0x07) << 5) | RXBSIDL_SRR | RXBSIDL_IDE | ((identifier >> 16) & 0x03);
    registers[base + BUFFER_EID8] = (identifier >> 8) & 0xff;
    registers[base + BUFFER_EID0] = identifier & 0xff;
    registers[base + BUFFER_DLC] = frame.dlc | (frame.remote ? DLC_RTR : 0);
  } else {
    registers[base + BUFFER_SIDH] = identifier >> 3;
    registers[base + BUFFER_SIDL] = ((identifier & 0x07) << 5) | (frame.remote ? RXBSIDL_SRR : 0);
    registers[base + BUFFER_DLC] = frame.dlc;
  }
  registers.set(frame.data, base + BUFFER_D0);
  const hitMask = buffer === 0 ? RXB0CTRL_FILHIT_MASK : RXB1CTRL_FILHIT_MASK;
  const kept = registers[base] & ~(hitMask | RXBCTRL_RXRTR);
  registers[base] = kept | (filter & hitMask) | (frame.remote ? RXBCTRL_RXRTR : 0);
  registers[CANINTF] |= buffer === 0 ? CANINTF_RX0IF : CANINTF_RX1IF;
  return 'stored';
}
