// SPDX-License-Identifier: MIT
/*
 * Fuzz target: a client of the bridge's socket (bsp/linux/control-answer.c), with a module that answers anything.
 *
 * Input: the bytes of a question, as they come in pieces; what the module says is drawn from the end of the input.
 * Whatever comes, an answer fits its buffer, ends within the rounds that its deadlines allow, and has one end.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "control-answer.h"

#define ROUND_NANOS 50000000ull
/* The longest wait of all, 10 s for its turn and 5 s for the cell, and a stream that ends at its page's deadline. */
#define ROUNDS_MAXIMUM 4000u
#define STREAM_ENTRIES 4096u

static const uint8_t *rest;
static size_t rest_bytes;
static char text[CONTROL_TEXT_BYTES];
static size_t text_bytes;

static uint8_t draw(void) {
  if (rest_bytes == 0) {
    return 0;
  }
  rest_bytes -= 1;
  return rest[rest_bytes];
}

static enum page_state page(void) {
  text_bytes = (size_t)draw() << 8;
  memset(text, 'x', text_bytes);
  return (enum page_state)(draw() % (PAGE_NO_LATENCIES + 1));
}

bool control_module_alive(void) {
  return (draw() & 1) != 0;
}

const char *control_module_text(size_t *bytes) {
  *bytes = text_bytes;
  return text;
}

enum page_state control_module_status(enum writing what) {
  (void)what;
  return page();
}

uint32_t control_module_oldest(enum control_stream stream) {
  (void)stream;
  return 0;
}

uint32_t control_module_head(enum control_stream stream) {
  (void)stream;
  return draw();
}

enum page_state control_module_entries(enum control_stream stream, uint32_t *cursor, uint32_t end,
                                       uint32_t *lost) {
  (void)stream;
  (void)end;
  *lost = draw() >> 7;
  *cursor += draw() & 31;
  return page();
}

uint32_t control_module_request(enum control_request kind, const uint8_t *payload, uint32_t bytes,
                                uint32_t argument) {
  (void)kind;
  (void)argument;
  /* Each byte is read, so that a length beyond the question is seen. */
  uint32_t sum = 0;
  for (uint32_t index = 0; index < bytes; index++) {
    sum += payload[index];
  }
  return draw() < 64 ? 0 : (sum | 1);
}

bool control_module_finished(uint32_t sequence, struct control_outcome *outcome) {
  (void)sequence;
  *outcome = (struct control_outcome){.status = draw(), .rule = draw(), .rules_waiting = draw()};
  return (draw() & 3) == 0;
}

/* The answer is whole pieces; returns how many of them are its end. */
static unsigned count_ends(const struct client *client) {
  unsigned ends = 0;
  uint32_t at = client->answer_begin;
  while (at < client->answer_end) {
    struct answer_head head;
    if (client->answer_end - at < sizeof head) {
      abort();
    }
    memcpy(&head, client->answer + at, sizeof head);
    at += (uint32_t)sizeof head;
    if (head.bytes > client->answer_end - at) {
      abort();
    }
    at += head.bytes;
    ends += head.kind == ANSWER_END;
  }
  return ends;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  static struct client client;
  memset(&client, 0, offsetof(struct client, question));
  client.answer_begin = 0;
  client.answer_end = 0;
  client.stage = CLIENT_ASKS;
  size_t taken = bytes < sizeof client.question ? bytes : sizeof client.question;
  memcpy(client.question, data, taken);
  client.question_bytes = (uint32_t)taken;
  rest = data;
  rest_bytes = bytes;
  if (!client_has_asked(&client)) {
    return 0;
  }
  uint64_t now = 1;
  unsigned ends = 0;
  client_begin(&client, now);
  for (unsigned round = 0; client.stage != CLIENT_ENDS; round++) {
    /* A client that follows the trace is served as long as it likes. */
    if (round == ROUNDS_MAXIMUM) {
      if (client.follows) {
        break;
      }
      abort();
    }
    ends += count_ends(&client);
    now += ROUND_NANOS;
    client_continue(&client, now);
  }
  ends += count_ends(&client);
  if (client.stage == CLIENT_ENDS && ends != 1) {
    abort();
  }
  client_forget(&client);
  return 0;
}
