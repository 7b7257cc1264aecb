// SPDX-License-Identifier: MIT
/*
 * Answers the questions of control-wire.h; see control-answer.h. The wasm module reads the cell's status
 * page and words it.
 */
#define _GNU_SOURCE
#include "control-answer.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "status-words.h"

#define EXIT_FAILED 1
#define EXIT_BAD_INPUT 2

#define NANOS_PER_MILLI 1000000ull
/* The cell writes its page for some milliseconds at a time. A bridge that has just started needs up to
 * 2 s to see that the cell is dead. */
#define PAGE_WAIT_NANOS (2500 * NANOS_PER_MILLI)
#define TURN_WAIT_NANOS (10000 * NANOS_PER_MILLI)
/* The cell copies and checks a request between frames. It refuses a new rule table that finds no safe
 * moment for 2 s (status 74), so wait longer than that. */
#define CELL_WAIT_SECONDS 5u
#define CELL_WAIT_NANOS (CELL_WAIT_SECONDS * 1000 * NANOS_PER_MILLI)
#define LIVE_VALUES 64u
#define REMARK_BYTES 1024u

/* The client whose request the cell is working on. There is one at a time. */
static const struct client *asking;

static void put(struct client *client, enum answer_kind kind, uint8_t exit_status, const char *text,
                size_t bytes) {
  struct answer_head head = {
      .kind = (uint8_t)kind, .exit_status = exit_status, .bytes = (uint32_t)bytes};
  if (client->answer_end + sizeof head + bytes > sizeof client->answer) {
    return; /* unreachable: a piece is made only when the buffer is empty */
  }
  memcpy(client->answer + client->answer_end, &head, sizeof head);
  memcpy(client->answer + client->answer_end + sizeof head, text, bytes);
  client->answer_end += (uint32_t)(sizeof head + bytes);
}

static void put_module_text(struct client *client) {
  size_t bytes;
  const char *text = control_module_text(&bytes);
  if (bytes > 0) {
    put(client, ANSWER_TEXT, 0, text, bytes);
  }
}

void client_forget(const struct client *client) {
  if (asking == client) {
    asking = NULL;
  }
}

static void end_answer(struct client *client, uint8_t exit_status) {
  put(client, ANSWER_END, exit_status, "", 0);
  client->stage = CLIENT_ENDS;
  client_forget(client);
}

static void put_line(struct client *client, enum answer_kind kind, const char *format,
                     va_list values) {
  char text[REMARK_BYTES];
  int length = vsnprintf(text, sizeof text - 1, format, values);
  size_t bytes = length < 0                         ? 0
                 : (size_t)length < sizeof text - 2 ? (size_t)length
                                                    : sizeof text - 2;
  text[bytes] = '\n';
  put(client, kind, 0, text, bytes + 1);
}

__attribute__((format(printf, 3, 4))) static void say(struct client *client, enum answer_kind kind,
                                                      const char *format, ...) {
  va_list values;
  va_start(values, format);
  put_line(client, kind, format, values);
  va_end(values);
}

void client_fail(struct client *client, uint8_t exit_status, const char *format, ...) {
  va_list values;
  va_start(values, format);
  put_line(client, ANSWER_REMARK, format, values);
  va_end(values);
  end_answer(client, exit_status);
}

static struct ask_head head_of(const struct client *client) {
  struct ask_head head;
  memcpy(&head, client->question, sizeof head);
  return head;
}

static const uint8_t *payload_of(const struct client *client) {
  return client->question + sizeof(struct ask_head);
}

bool client_has_asked(const struct client *client) {
  struct ask_head head = head_of(client);
  if (client->question_bytes < sizeof head) {
    return false;
  }
  /* A malformed question is answered at once. */
  return head.magic != ASK_MAGIC || head.bytes > ASK_PAYLOAD_MAXIMUM ||
         client->question_bytes >= sizeof head + head.bytes;
}

static void wait_in(struct client *client, enum client_stage stage, uint64_t deadline_nanos) {
  client->stage = stage;
  client->deadline_nanos = deadline_nanos;
}

/* Says why there is no page. While `in_time`, a page that is being written or judged is waited for. */
static void fail_without_page(struct client *client, enum page_state state, bool in_time) {
  switch (state) {
    case PAGE_ABSENT:
      client_fail(client, EXIT_FAILED,
                  "the cell has written no status page: it does not run, or its "
                  "image is older than this bridge. Next: canwarden doctor");
      return;
    case PAGE_VERSION:
      client_fail(client, EXIT_FAILED,
                  "the cell's status page has another layout. Next: install "
                  "image and bridge from one release");
      return;
    case PAGE_DAMAGED:
      client_fail(client, EXIT_FAILED,
                  "the cell's status page is damaged. Next: canwarden down; "
                  "canwarden up");
      return;
    case PAGE_NO_LATENCIES:
      client_fail(client, EXIT_FAILED,
                  "the cell keeps no latencies: its image is older than this bridge. Next: "
                  "canwarden down; canwarden up loads the installed one");
      return;
    default:
      if (!in_time) {
        client_fail(client, EXIT_FAILED,
                    "the cell is writing its status page, try again. If that "
                    "does not pass, it has stopped meanwhile: canwarden doctor");
      }
  }
}

static bool try_status(struct client *client, uint64_t now_nanos) {
  struct ask_head head = head_of(client);
  bool as_json = head.argument != 0;
  enum page_state state = control_module_status(
      head.kind == ASK_LATENCY ? (as_json ? WRITE_LATENCIES_JSON : WRITE_LATENCIES)
                               : (as_json ? WRITE_STATUS_JSON : WRITE_STATUS));
  if (state != PAGE_READ) {
    fail_without_page(client, state, now_nanos < client->deadline_nanos);
    return false;
  }
  put_module_text(client);
  end_answer(client, 0);
  return false;
}

static enum control_request request_of(uint32_t kind) {
  return kind == ASK_RULES  ? REQUEST_RULE_TABLE
         : kind == ASK_LIVE ? REQUEST_LIVE_VALUES
                            : REQUEST_RESET_LATENCY;
}

/* Gives the request to the cell when it is working on no other. */
static bool try_request(struct client *client, uint64_t now_nanos) {
  if (asking != NULL && asking != client) {
    if (now_nanos >= client->deadline_nanos) {
      client_fail(client, EXIT_FAILED, "other requests are waiting for the cell, try again");
    }
    return false;
  }
  struct ask_head head = head_of(client);
  if (head.kind == ASK_LATENCY_RESET) {
    /* An older cell would refuse the request as unknown, which says less. */
    enum page_state state = control_module_status(WRITE_LATENCIES);
    if (state == PAGE_NO_LATENCIES) {
      fail_without_page(client, state, false);
      return false;
    }
  }
  uint32_t sequence =
      control_module_request(request_of(head.kind), payload_of(client), head.bytes,
                             head.kind == ASK_LIVE ? head.argument : 0);
  if (sequence == 0) {
    /* There is no page now. The status says why. */
    enum page_state state = control_module_status(WRITE_STATUS);
    fail_without_page(client, state == PAGE_READ ? PAGE_BUSY : state,
                      now_nanos < client->deadline_nanos);
    return false;
  }
  asking = client;
  client->sequence = sequence;
  wait_in(client, CLIENT_AWAITS_CELL, now_nanos + CELL_WAIT_NANOS);
  return false;
}

static void say_outcome(struct client *client, const struct control_outcome *outcome) {
  uint32_t kind = head_of(client).kind;
  bool is_table = kind == ASK_RULES;
  const char *what = "live values";
  const char *done = "the cell has the new live values";
  if (is_table) {
    what = "rule table";
    done = "the cell has the new rule table in force";
  } else if (kind == ASK_LATENCY_RESET) {
    what = "reset of the latencies";
    done = "the latencies begin anew";
  }
  if (outcome->status != 0) {
    struct status_words words = status_words_of(outcome->status);
    char where[32] = "";
    if (outcome->rule != 0) {
      snprintf(where, sizeof where, " at rule %u", outcome->rule);
    }
    client_fail(client, EXIT_FAILED,
                "the cell refused the %s%s: status %u %s: %s. Next: %s. What was "
                "in force stays in force",
                what, where, outcome->status, words.name, words.says, words.next);
    return;
  }
  say(client, ANSWER_TEXT, "%s", done);
  if (is_table && outcome->rules_waiting != 0) {
    say(client, ANSWER_TEXT,
        "%u of its rules %s answered by software until the cell starts again: "
        "the chip's filters are set at start only",
        outcome->rules_waiting, outcome->rules_waiting == 1 ? "is" : "are");
  }
  end_answer(client, 0);
}

static bool try_outcome(struct client *client, uint64_t now_nanos) {
  struct control_outcome outcome;
  if (control_module_finished(client->sequence, &outcome)) {
    say_outcome(client, &outcome);
  } else if (now_nanos >= client->deadline_nanos) {
    client_fail(client, EXIT_FAILED,
                "the cell did not finish the request within %u s; it %s. Whether "
                "it is in force, canwarden status says",
                CELL_WAIT_SECONDS,
                control_module_alive() ? "is alive, so it may be very busy"
                                       : "shows no life (canwarden doctor)");
  }
  return false;
}

static bool continue_stream(struct client *client, uint64_t now_nanos) {
  uint32_t lost;
  if (client->follows) {
    client->end = control_module_head(client->stream);
  }
  enum page_state state =
      control_module_entries(client->stream, &client->cursor, client->end, &lost);
  if (state != PAGE_READ) {
    bool in_time = now_nanos < client->deadline_nanos;
    /* A restarting cell lays its page out first. A following client waits for that. */
    if (!client->follows || !in_time) {
      fail_without_page(client, state, in_time);
    }
    return false;
  }
  client->deadline_nanos = now_nanos + PAGE_WAIT_NANOS;
  size_t bytes;
  (void)control_module_text(&bytes);
  put_module_text(client);
  if (lost != 0) {
    say(client, ANSWER_REMARK, "%u %s lost: the cell wrote faster than they were read", lost,
        lost == 1 ? "entry" : "entries");
  }
  bool at_end = (int32_t)(client->end - client->cursor) <= 0 || (bytes == 0 && lost == 0);
  if (at_end && !client->follows) {
    end_answer(client, 0);
  }
  return !at_end;
}

static void begin_stream(struct client *client, enum control_stream stream, bool follows,
                         uint64_t now_nanos) {
  client->stream = stream;
  client->follows = follows;
  client->cursor = control_module_oldest(stream);
  client->end = control_module_head(stream);
  wait_in(client, CLIENT_STREAMS, now_nanos + PAGE_WAIT_NANOS);
}

void client_begin(struct client *client, uint64_t now_nanos) {
  struct ask_head head = head_of(client);
  if (head.magic != ASK_MAGIC || head.bytes > ASK_PAYLOAD_MAXIMUM) {
    client_fail(client, EXIT_BAD_INPUT,
                "a question that this bridge does not understand. Next: ask "
                "with the program of the same release");
    return;
  }
  switch (head.kind) {
    case ASK_STATUS:
    case ASK_LATENCY:
      wait_in(client, CLIENT_AWAITS_PAGE, now_nanos + PAGE_WAIT_NANOS);
      return;
    case ASK_TRACE:
      begin_stream(client, STREAM_TRACE, head.argument != 0, now_nanos);
      return;
    case ASK_RECORDER:
      begin_stream(client, STREAM_RECORDER, false, now_nanos);
      return;
    case ASK_LIVE:
      if (head.bytes == 0 || head.argument >= LIVE_VALUES ||
          head.bytes > LIVE_VALUES - head.argument) {
        client_fail(client, EXIT_BAD_INPUT, "live values are 1 to 64 bytes, numbered 0 to 63");
        return;
      }
      wait_in(client, CLIENT_AWAITS_TURN, now_nanos + TURN_WAIT_NANOS);
      return;
    case ASK_RULES:
    case ASK_LATENCY_RESET:
      wait_in(client, CLIENT_AWAITS_TURN, now_nanos + TURN_WAIT_NANOS);
      return;
    default:
      client_fail(client, EXIT_BAD_INPUT, "a question of kind %u, which this bridge does not know",
                  head.kind);
  }
}

bool client_continue(struct client *client, uint64_t now_nanos) {
  client->answer_begin = 0;
  client->answer_end = 0;
  switch (client->stage) {
    case CLIENT_AWAITS_PAGE:
      return try_status(client, now_nanos);
    case CLIENT_AWAITS_TURN:
      return try_request(client, now_nanos);
    case CLIENT_AWAITS_CELL:
      return try_outcome(client, now_nanos);
    case CLIENT_STREAMS:
      return continue_stream(client, now_nanos);
    default:
      return false;
  }
}
