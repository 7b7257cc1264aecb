// SPDX-License-Identifier: MIT
/*
 * `--interface -`: frames as lines on standard input and output instead of a CAN interface. For tests,
 * and for machines without SocketCAN (containers).
 *
 * Never blocks: lines wait in the pipe while the ring is full.
 */
#ifndef CANWARDEN_CAN_TEXT_H
#define CANWARDEN_CAN_TEXT_H

#include "can-socket.h"

/** The interface name for standard input and output. */
#define CAN_TEXT_INTERFACE "-"

void can_text_open(struct can_socket *can);
bool can_text_receive(struct can_socket *can, struct can_frame *frame);
/** As can_socket_send, for one frame. */
uint32_t can_text_send(struct can_socket *can, const struct can_frame *frame);

#endif
