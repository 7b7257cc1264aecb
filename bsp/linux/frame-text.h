// SPDX-License-Identifier: MIT
/*
 * CAN frames as text: the compact form of candump and cansend, `ID#DATA`, `ID#R` and `ID#R8`.
 *
 * Does not: support CAN FD.
 */
#ifndef CANWARDEN_FRAME_TEXT_H
#define CANWARDEN_FRAME_TEXT_H

#include <linux/can.h>
#include <stdbool.h>

/** Bytes of the longest frame text, with line end and zero. */
#define FRAME_TEXT_BYTES 32

/**
 * Reads the frame at the end of a line such as `123#1122` or `(1.0) can0 123#1122`, without its line
 * end. False: there is no frame.
 */
bool frame_from_text(const char *line, struct can_frame *frame);

/** Writes `ID#DATA` and a line end; returns the number of characters. */
unsigned frame_to_text(const struct can_frame *frame, char text[FRAME_TEXT_BYTES]);

#endif
