/*
 * CAN frames as text: the compact form of candump and cansend, `ID#DATA`, `ID#R` and `ID#R8`.
 *
 * Does not: know CAN FD.
 */
#ifndef CANWARDEN_FRAME_TEXT_H
#define CANWARDEN_FRAME_TEXT_H

#include <linux/can.h>
#include <stdbool.h>

/** Bytes that the longest text of a frame takes, with line end and zero. */
#define FRAME_TEXT_BYTES 32

/**
 * Reads the frame that ends a line such as `123#1122` or `(1.0) can0 123#1122`, without the line
 * end. False: it is none.
 */
bool frame_from_text(const char *line, struct can_frame *frame);

/** Writes `ID#DATA` and a line end; returns the number of characters. */
unsigned frame_to_text(const struct can_frame *frame, char text[FRAME_TEXT_BYTES]);

#endif
