// SPDX-License-Identifier: MIT
/**
 * The host ABI of the bridge: frames to and from the CAN interface of the AGL side, several at a time.
 *
 * A frame is SocketCAN's `struct can_frame`, 16 bytes in the module's linear memory (see
 * src/can/frame.ts).
 * Does not: block, or wait for more frames. Every call returns at once.
 */

/** 0 while the interface has no frame, as far as the program knows since it last slept. */
export declare function socket_waiting(): u32;

/**
 * Stores the next frames of the interface at `frames`, at most `limit`; returns their number.
 */
export declare function socket_receive(frames: usize, limit: u32): u32;

/**
 * Gives the interface `count` frames from `frames` on. Returns how many of the first it took; 0: it has no room
 * now. With SOCKET_REFUSED: so many of the first were refused (it is down).
 */
export declare function socket_send(frames: usize, count: u32): u32;
