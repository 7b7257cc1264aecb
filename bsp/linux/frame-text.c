// SPDX-License-Identifier: MIT
/*
 * CAN frames as text; see frame-text.h.
 *
 * An identifier of more than 3 digits has 29 bits, as in candump.
 */
#include "frame-text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define STANDARD_DIGITS 3

static int digit_of(char character) {
  if (character >= '0' && character <= '9') {
    return character - '0';
  }
  char upper = (char)toupper((unsigned char)character);
  return upper >= 'A' && upper <= 'F' ? upper - 'A' + 10 : -1;
}

static bool read_identifier(const char *text, const char *end, struct can_frame *frame) {
  canid_t identifier = 0;
  long digits = end - text;
  if (digits != STANDARD_DIGITS && digits != 8) {
    return false;
  }
  for (; text < end; text++) {
    int digit = digit_of(*text);
    if (digit < 0) {
      return false;
    }
    identifier = identifier << 4 | (canid_t)digit;
  }
  bool is_extended = digits > STANDARD_DIGITS;
  /* candump prints CAN_ERR_FLAG as part of the 8 digits of an error frame. */
  frame->can_id =
      is_extended && (identifier & CAN_ERR_FLAG) == 0 ? identifier | CAN_EFF_FLAG : identifier;
  return is_extended ? identifier <= (CAN_EFF_MASK | CAN_ERR_FLAG) : identifier <= CAN_SFF_MASK;
}

/* Reads an optional `_9` to `_F` behind 8 bytes: the length code on the wire (len8_dlc), as in candump. */
static bool read_length_code(const char *text, struct can_frame *frame) {
  if (*text == '\0') {
    return true;
  }
  int code = text[0] == '_' && text[1] != '\0' && text[2] == '\0' ? digit_of(text[1]) : -1;
  frame->len8_dlc = (unsigned char)code;
  return code > CAN_MAX_DLEN && frame->can_dlc == CAN_MAX_DLEN;
}

bool frame_from_text(const char *line, struct can_frame *frame) {
  memset(frame, 0, sizeof *frame);
  const char *space = strrchr(line, ' ');
  const char *text = space == NULL ? line : space + 1;
  const char *hash = strchr(text, '#');
  if (hash == NULL || !read_identifier(text, hash, frame)) {
    return false;
  }
  const char *data = hash + 1;
  if (*data == 'R' || *data == 'r') {
    const char *end = data + 1;
    frame->can_id |= CAN_RTR_FLAG;
    if (isdigit((unsigned char)*end)) {
      frame->can_dlc = (unsigned char)digit_of(*end++);
    }
    return frame->can_dlc <= CAN_MAX_DLEN && read_length_code(end, frame);
  }
  size_t characters = strcspn(data, "_");
  if (characters % 2 != 0 || characters > 2 * CAN_MAX_DLEN) {
    return false;
  }
  for (size_t index = 0; index < characters / 2; index++) {
    int high = digit_of(data[2 * index]);
    int low = digit_of(data[2 * index + 1]);
    if (high < 0 || low < 0) {
      return false;
    }
    frame->data[index] = (unsigned char)(high << 4 | low);
  }
  frame->can_dlc = (unsigned char)(characters / 2);
  return read_length_code(data + characters, frame);
}

unsigned frame_to_text(const struct can_frame *frame, char text[FRAME_TEXT_BYTES]) {
  canid_t number = frame->can_id & (CAN_EFF_MASK | CAN_ERR_FLAG);
  bool is_long = (frame->can_id & (CAN_EFF_FLAG | CAN_ERR_FLAG)) != 0;
  int length = snprintf(text, FRAME_TEXT_BYTES, is_long ? "%08X#" : "%03X#", number);
  unsigned bytes = frame->can_dlc > CAN_MAX_DLEN ? CAN_MAX_DLEN : frame->can_dlc;
  if ((frame->can_id & CAN_RTR_FLAG) != 0) {
    length +=
        snprintf(text + length, FRAME_TEXT_BYTES - (size_t)length, bytes == 0 ? "R" : "R%u", bytes);
  } else {
    for (unsigned index = 0; index < bytes; index++) {
      length +=
          snprintf(text + length, FRAME_TEXT_BYTES - (size_t)length, "%02X", frame->data[index]);
    }
  }
  if (bytes == CAN_MAX_DLEN && frame->len8_dlc > CAN_MAX_DLEN && frame->len8_dlc <= 15) {
    length += snprintf(text + length, FRAME_TEXT_BYTES - (size_t)length, "_%X", frame->len8_dlc);
  }
  text[length] = '\n';
  return (unsigned)length + 1;
}
