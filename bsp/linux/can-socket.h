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

/** Set in a result of can_socket_send: the frames were refused (src/abi/socket.ts). */
#define CAN_REFUSED 0x80000000u

/** The most frames in one call. */
#define CAN_BATCH_FRAMES 8u

struct can_socket {
  int handle;
  const char *interface;
  /** Standard input and output instead of an interface (can-text.h). */
  bool is_text;
  /** The module asked for a frame since the main loop last slept, and there was none. */
  bool receive_wanted;
  /** The last read found the socket empty. Until the main loop hears of a frame, no other is tried. */
  bool drained;
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

/** False: there is no frame to read, as far as is known since the last sleep. The main loop will listen. */
bool can_socket_waiting(struct can_socket *can);

/** Reads the frames that are there, at most `limit`, in one system call. Returns their number. */
unsigned can_socket_receive(struct can_socket *can, struct can_frame *frames, unsigned limit);

/**
 * Hands `count` frames to the interface in one system call. Returns how many it took, from the first on; 0: it
 * has no room. With CAN_REFUSED: so many were refused.
 */
uint32_t can_socket_send(struct can_socket *can, struct can_frame *frames, unsigned count);

/** Creates a vcan interface and sets it up (interface.c). 0, or a negative errno. */
int interface_create(const char *name);

/** Whether the interface exists, and whether it is up (interface.c). */
bool interface_exists(const char *name);
bool interface_is_up(const char *name);

/** Sets an interface up (interface.c). 0, or a negative errno. */
int interface_set_up(const char *name);

#endif
