// SPDX-License-Identifier: MIT
/*
 * `--interface -`: frames as lines on standard input and output; see can-text.h.
 */
#define _GNU_SOURCE
#include "can-text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "frame-text.h"
#include "log.h"

#define INPUT_BYTES 4096

static char input[INPUT_BYTES];
static size_t input_used;

void can_text_open(struct can_socket *can) {
  can->handle = STDIN_FILENO;
  can->is_text = true;
  fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
}

/* Takes the first line out of the input. False: no complete line yet. */
static bool take_line(char line[INPUT_BYTES]) {
  char *end = memchr(input, '\n', input_used);
  if (end == NULL) {
    return false;
  }
  size_t bytes = (size_t)(end - input);
  memcpy(line, input, bytes);
  line[bytes] = 0;
  input_used -= bytes + 1;
  memmove(input, end + 1, input_used);
  return true;
}

/* Reads more input. False: there is none now. */
static bool read_input(struct can_socket *can) {
  if (input_used == INPUT_BYTES) {
    input_used = 0; /* longer than any frame line, so drop it */
  }
  ssize_t bytes = read(STDIN_FILENO, input + input_used, INPUT_BYTES - input_used);
  if (bytes > 0) {
    input_used += (size_t)bytes;
    return true;
  }
  /* At the end of the input the bridge still writes frames from the cell. */
  if (bytes == 0) {
    can->handle = -1;
  }
  return false;
}

bool can_text_receive(struct can_socket *can, struct can_frame *frame) {
  char line[INPUT_BYTES];
  for (;;) {
    if (!take_line(line)) {
      if (read_input(can)) {
        continue;
      }
      can->receive_wanted = true;
      return false;
    }
    if (frame_from_text(line, frame)) {
      can->received += 1;
      return true;
    }
    log_line(LOG_WARNING, "\"%s\" on standard input is no frame; expected ID#DATA or ID#R", line);
  }
}

uint32_t can_text_send(struct can_socket *can, const struct can_frame *frame) {
  char text[FRAME_TEXT_BYTES];
  size_t bytes = frame_to_text(frame, text);
  size_t written = 0;
  while (written < bytes) {
    ssize_t result = write(STDOUT_FILENO, text + written, bytes - written);
    if (result > 0) {
      written += (size_t)result;
    } else if (errno != EINTR && errno != EAGAIN) {
      can->refused += 1;
      return CAN_REFUSED | 1;
    } else if (written == 0 && errno == EAGAIN) {
      can->send_blocked = true;
      return 0;
    }
  }
  can->sent += 1;
  return 1;
}
