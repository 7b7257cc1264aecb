// SPDX-License-Identifier: MIT
/**
 * The host ABI of the bridge: frames to and from the CAN interface of the AGL side.
 *
 * A frame is SocketCAN's `struct can_frame`, 16 bytes in the module's linear memory (see
 * src/can/frame.ts).
 * Does not: block. Both calls return at once.
 */

/** Stores the next frame of the interface at `frame`; 1 if there was one, 0 if not. */
export declare function socket_receive(frame: usize): u32;
/** Gives the frame at `frame` to the interface; 1 taken, 0 would block, 2 refused (it is down). */
export declare function socket_send(frame: usize): u32;
