// SPDX-License-Identifier: MIT
/*
 * Asks a running bridge; see ask.h. control-wire.h defines the wire.
 */
#define _GNU_SOURCE
#include "ask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "control-wire.h"
#include "rules-file.h"

#define EXIT_FAILED 1
#define EXIT_BAD_INPUT 2
/* The bridge answers within milliseconds. It waits up to ten seconds for its turn and five for the cell
 * before it says why not. */
#define ANSWER_WAIT_SECONDS 30
#define LIVE_VALUES 64

static const char USAGE[] =
    "usage: canwarden-bridge [--socket PATH] --ask QUESTION\n"
    "  status [--json]      how the cell is\n"
    "  trace [-f]           what the cell traced; -f goes on\n"
    "  recorder dump        the last frames, as a candump log\n"
    "  rules load FILE      puts a compiled rule table into force\n"
    "  latency [--json]     how long answers took, by way and by rule\n"
    "  latency --reset      they begin anew\n"
    "  live FROM BYTE...    sets live values FROM (0 to 63) and on; bytes in hexadecimal\n";

struct question {
  struct ask_head head;
  uint8_t payload[ASK_PAYLOAD_MAXIMUM];
};

static int complain(const char *format, const char *value) {
  fprintf(stderr, "canwarden-bridge: ");
  fprintf(stderr, format, value);
  fprintf(stderr, "\n%s", USAGE);
  return EXIT_BAD_INPUT;
}

static bool read_number(const char *text, int base, unsigned long highest, unsigned long *number) {
  char *end = NULL;
  *number = strtoul(text, &end, base);
  return end != text && *end == 0 && *number <= highest;
}

static int read_live_values(struct question *question, int count, char *const *words) {
  unsigned long number;
  if (count < 3) {
    return complain("live takes %s", "the first one's number and at least one byte");
  }
  if (!read_number(words[1], 10, LIVE_VALUES - 1, &number)) {
    return complain("\"%s\" is no number from 0 to 63", words[1]);
  }
  if ((unsigned long)(count - 2) > LIVE_VALUES - number) {
    return complain("there are 64 live values; %s and so many bytes are more", words[1]);
  }
  question->head.argument = (uint32_t)number;
  for (int index = 2; index < count; index++) {
    if (!read_number(words[index], 16, 0xff, &number)) {
      return complain("\"%s\" is no byte in hexadecimal", words[index]);
    }
    question->payload[index - 2] = (uint8_t)number;
  }
  question->head.kind = ASK_LIVE;
  question->head.bytes = (uint32_t)(count - 2);
  return 0;
}

static bool is_words(int count, char *const *words, const char *first, const char *second) {
  return count >= 1 && strcmp(words[0], first) == 0 &&
         (second == NULL ? count == 1 : count == 2 && strcmp(words[1], second) == 0);
}

/* Reads the question from the words. Returns 0, or the exit status of a mistake. */
static int read_question(struct question *question, int count, char *const *words) {
  *question = (struct question){.head = {.magic = ASK_MAGIC}};
  struct ask_head *head = &question->head;
  if (is_words(count, words, "status", NULL) || is_words(count, words, "status", "--json")) {
    head->kind = ASK_STATUS;
    head->argument = count == 2;
  } else if (is_words(count, words, "trace", NULL) || is_words(count, words, "trace", "-f")) {
    head->kind = ASK_TRACE;
    head->argument = count == 2;
  } else if (is_words(count, words, "latency", NULL) ||
             is_words(count, words, "latency", "--json")) {
    head->kind = ASK_LATENCY;
    head->argument = count == 2;
  } else if (is_words(count, words, "latency", "--reset")) {
    head->kind = ASK_LATENCY_RESET;
  } else if (is_words(count, words, "recorder", "dump")) {
    head->kind = ASK_RECORDER;
  } else if (count == 3 && strcmp(words[0], "rules") == 0 && strcmp(words[1], "load") == 0) {
    head->kind = ASK_RULES;
    if (!rules_file_read(words[2], question->payload, ASK_PAYLOAD_MAXIMUM, &head->bytes)) {
      return EXIT_BAD_INPUT;
    }
  } else if (count >= 1 && strcmp(words[0], "live") == 0) {
    return read_live_values(question, count, words);
  } else {
    return complain("unknown question \"%s\"", count == 0 ? "" : words[0]);
  }
  return 0;
}

/* Returns a connected socket, or -1 after a line with the reason. */
static int reach(const char *path) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(path) >= sizeof address.sun_path) {
    fprintf(stderr, "canwarden-bridge: --socket \"%s\" is too long for a socket\n", path);
    return -1;
  }
  memcpy(address.sun_path, path, strlen(path) + 1);
  int handle = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (handle >= 0 && connect(handle, (const struct sockaddr *)&address, sizeof address) == 0) {
    return handle;
  }
  fprintf(stderr,
          "canwarden-bridge: nobody answers at %s: %s. Next: systemctl status "
          "canwarden-bridge; it answers where there is a control device\n",
          path, strerror(errno));
  if (handle >= 0) {
    close(handle);
  }
  return -1;
}

static bool send_all(int handle, const void *data, size_t bytes) {
  const uint8_t *start = data;
  while (bytes > 0) {
    ssize_t sent = send(handle, start, bytes, MSG_NOSIGNAL);
    if (sent < 0 && errno != EINTR) {
      return false;
    }
    start += sent > 0 ? sent : 0;
    bytes -= sent > 0 ? (size_t)sent : 0;
  }
  return true;
}

static bool receive_all(int handle, void *data, size_t bytes) {
  uint8_t *start = data;
  while (bytes > 0) {
    ssize_t received = recv(handle, start, bytes, 0);
    if (received == 0 || (received < 0 && errno != EINTR)) {
      return false;
    }
    start += received > 0 ? received : 0;
    bytes -= received > 0 ? (size_t)received : 0;
  }
  return true;
}

/* Prints the answer to its end. Returns the exit status. */
static int print_answer(int handle) {
  static char text[ANSWER_PIECE_MAXIMUM];
  struct answer_head head;
  while (receive_all(handle, &head, sizeof head) && head.bytes <= sizeof text &&
         receive_all(handle, text, head.bytes)) {
    if (head.kind == ANSWER_END) {
      return head.exit_status;
    }
    FILE *output = head.kind == ANSWER_TEXT ? stdout : stderr;
    if (head.kind == ANSWER_REMARK) {
      fflush(stdout);
      fputs("canwarden-bridge: ", stderr);
    }
    fwrite(text, 1, head.bytes, output);
    if (fflush(output) != 0) {
      return EXIT_FAILED; /* the reader of standard output is gone */
    }
  }
  fprintf(stderr, "canwarden-bridge: the answer broke off: the bridge ended, or answers nothing\n");
  return EXIT_FAILED;
}

int ask(const char *socket_path, int count, char *const *words) {
  static struct question question;
  int result = read_question(&question, count, words);
  if (result != 0) {
    return result;
  }
  int handle = reach(socket_path);
  if (handle < 0) {
    return EXIT_FAILED;
  }
  bool follows = question.head.kind == ASK_TRACE && question.head.argument != 0;
  struct timeval limit = {.tv_sec = follows ? 0 : ANSWER_WAIT_SECONDS};
  setsockopt(handle, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  if (!send_all(handle, &question.head, sizeof question.head) ||
      !send_all(handle, question.payload, question.head.bytes)) {
    fprintf(stderr, "canwarden-bridge: %s took no question: %s\n", socket_path, strerror(errno));
    /* The bridge may have said why before it closed the socket. */
  }
  result = print_answer(handle);
  close(handle);
  return result;
}
