// SPDX-License-Identifier: MIT
/*
 * The SocketCAN interface of canwarden-bridge: one raw non-blocking socket, frames in and out.
 *
 * Does not: carry CAN FD frames, or receive its own frames (CAN_RAW_RECV_OWN_MSGS is off).
 */
#ifndef CANWARDEN_CAN_SOCKET_H
#define CANWARDEN_CAN_SOCKET_H

#include <linux/can.h>
#include <stdbool.h>
#include <stdint.h>

#include "options.h"

/** Outcome of sending a frame. Numbers as in src/abi/socket.ts. */
enum can_send_result { CAN_WOULD_BLOCK = 0, CAN_TAKEN = 1, CAN_REFUSED = 2 };

struct can_socket {
  int handle;
  const char *interface;
  /** Standard input and output instead of an interface (can-text.h). */
  bool is_text;
  /** The module asked for a frame since the main loop last slept, and there was none. */
  bool receive_wanted;
  /** A frame waits because the interface's queue is full. */
  bool send_blocked;
  /** The interface refuses frames; logged once. */
  bool down;
  /** The interface was deleted. A new one of the same name is another interface. */
  bool deleted;
  uint64_t received;
  uint64_t sent;
  /** Error frames among the received frames. */
  uint64_t error_frames;
  /** Frames the kernel dropped because this socket's buffer was full (SO_RXQ_OVFL). */
  uint32_t kernel_drops;
  /** Frames the interface refused because it is down or deleted. */
  uint64_t refused;
};

/** Opens the interface, and creates it if the options ask for that. False: a line has said why. */
bool can_socket_open(struct can_socket *can, const struct options *options);

/** Reads the next frame. False: there is none. */
bool can_socket_receive(struct can_socket *can, struct can_frame *frame);

/** Hands a frame to the interface. */
enum can_send_result can_socket_send(struct can_socket *can, const struct can_frame *frame);

/** Creates a vcan interface and sets it up (interface.c). 0, or a negative errno. */
int interface_create(const char *name);

/** Whether the interface exists, and whether it is up (interface.c). */
bool interface_exists(const char *name);
bool interface_is_up(const char *name);

/** Sets an interface up (interface.c). 0, or a negative errno. */
int interface_set_up(const char *name);

#endif
