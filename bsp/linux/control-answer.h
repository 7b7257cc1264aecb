// SPDX-License-Identifier: MIT
/*
 * One client of the bridge's socket: its question, and the answer made for it so far.
 *
 * Does not: touch the socket, or wait. A step that is not possible yet is tried again in the next round,
 * until the deadline.
 */
#ifndef CANWARDEN_CONTROL_ANSWER_H
#define CANWARDEN_CONTROL_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "control-module.h"
#include "control-wire.h"

/** Room for one full text, a remark and the end. */
#define ANSWER_BYTES (CONTROL_TEXT_BYTES + 2048u)

enum client_stage {
  /** The question is not complete. */
  CLIENT_ASKS,
  /** The cell's page cannot be read now. */
  CLIENT_AWAITS_PAGE,
  /** Another client's request is with the cell. */
  CLIENT_AWAITS_TURN,
  /** The request is with the cell. */
  CLIENT_AWAITS_CELL,
  /** Entries are being sent. */
  CLIENT_STREAMS,
  /** The answer is complete; the rest is being sent. */
  CLIENT_ENDS
};

struct client {
  /** The socket. -1: this slot is free. */
  int handle;
  enum client_stage stage;
  uint32_t question_bytes;
  uint8_t question[sizeof(struct ask_head) + ASK_PAYLOAD_MAXIMUM];
  uint32_t answer_begin;
  uint32_t answer_end;
  uint8_t answer[ANSWER_BYTES];
  /** Waiting becomes a failure at this time. */
  uint64_t deadline_nanos;
  /** The stream's next entry, and where it ends unless the client follows it. */
  enum control_stream stream;
  uint32_t cursor;
  uint32_t end;
  bool follows;
  /** The request's number. */
  uint32_t sequence;
};

/** Whether the question is complete. */
bool client_has_asked(const struct client *client);

/** Begins the answer to a complete question. */
void client_begin(struct client *client, uint64_t now_nanos);

/**
 * Makes the next piece of the answer. Call it only when all earlier output has been sent. True: there may
 * be more at once.
 */
bool client_continue(struct client *client, uint64_t now_nanos);

/** Forgets a client that is gone. Its request, if the cell has it, still completes there. */
void client_forget(const struct client *client);

/** Ends the answer with a remark. `exit_status` is the exit status of the asking program. */
void client_fail(struct client *client, uint8_t exit_status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
