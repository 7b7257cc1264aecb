/*
 * `--interface -`: frames as lines on standard input and output instead of a CAN interface.
 *
 * For machines without SocketCAN (containers), and for tests.
 * Does not: block; lines wait in the pipe while the ring has no room.
 */
#ifndef CANWARDEN_CAN_TEXT_H
#define CANWARDEN_CAN_TEXT_H

#include "can-socket.h"

/** The name that stands for standard input and output. */
#define CAN_TEXT_INTERFACE "-"

void can_text_open(struct can_socket *can);
bool can_text_receive(struct can_socket *can, struct can_frame *frame);
enum can_send_result can_text_send(struct can_socket *can, const struct can_frame *frame);

#endif
