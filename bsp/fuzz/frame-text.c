// SPDX-License-Identifier: MIT
/*
 * Fuzz target: a line of candump as the bridge reads it (bsp/linux/frame-text.c). A frame that is read is written as a
 * text that is read as the same frame.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "frame-text.h"

#define LINE_BYTES 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  char line[LINE_BYTES];
  char text[FRAME_TEXT_BYTES];
  struct can_frame frame;
  struct can_frame again;
  size_t length = bytes < LINE_BYTES ? bytes : LINE_BYTES - 1;
  memcpy(line, data, length);
  line[length] = 0;
  if (!frame_from_text(line, &frame)) {
    return 0;
  }
  unsigned written = frame_to_text(&frame, text);
  if (written > FRAME_TEXT_BYTES || text[written - 1] != '\n') {
    abort();
  }
  text[written - 1] = 0;
  if (!frame_from_text(text, &again) || memcmp(&frame, &again, sizeof frame) != 0) {
    abort();
  }
  return 0;
}
