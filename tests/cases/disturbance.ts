// SPDX-License-Identifier: MIT
/**
 * Ready-made disturbances of the bus, and the numbers of SocketCAN's error frames.
 *
 * The numbers are those of linux/can/error.h, typed here on purpose.
 */
import type { WireFault } from '../../twin/bus/attempt.ts';
import type { Rig, ErrorArrival } from '../../lab/rig/rig.ts';

export const CAN_ERR_TX_TIMEOUT = 0x001;
export const CAN_ERR_LOSTARB = 0x002;
export const CAN_ERR_CRTL = 0x004;
export const CAN_ERR_ACK = 0x020;
export const CAN_ERR_BUSOFF = 0x040;
export const CAN_ERR_RESTARTED = 0x100;
export const CAN_ERR_CNT = 0x200;
/** data[1] */
export const CAN_ERR_CRTL_RX_OVERFLOW = 0x01;
export const CAN_ERR_CRTL_RX_WARNING = 0x04;
export const CAN_ERR_CRTL_TX_WARNING = 0x08;
export const CAN_ERR_CRTL_RX_PASSIVE = 0x10;
export const CAN_ERR_CRTL_TX_PASSIVE = 0x20;
export const CAN_ERR_CRTL_ACTIVE = 0x40;

/** A frame whose bit 21, the third data bit, is recessive and no stuff bit: identifier 0x555, data AA. */
export const ALTERNATING = { identifier: 0x555, data: [0xaa, 0xaa, 0xaa, 0xaa] };
const RECESSIVE_DATA_BIT = 21;

/**
 * Destroys the next `count` attempts in which the cell sends ALTERNATING: each adds 8 to its TEC.
 * `atLast` is called while the last of them is on the wire.
 */
export function failNextSends(rig: Rig, count: number, atLast?: () => void): void {
  let left = count;
  rig.board.bus.onAttempt((participants): readonly WireFault[] => {
    const sends = participants.some(({ node, offer }) => node === rig.board.chip && offer);
    if (!sends || left === 0) return [];
    if (--left === 0) atLast?.();
    return [{ kind: 'flip', bit: RECESSIVE_DATA_BIT }];
  });
}

/** An error message as [classes without CNT, data[1], TEC, REC]. */
export function messageOf({ classes, data }: ErrorArrival): [number, number, number, number] {
  return [classes & ~CAN_ERR_CNT, data[1], data[6], data[7]];
}
