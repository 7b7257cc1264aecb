// SPDX-License-Identifier: MIT
/*
 * The command line of canwarden-bridge; see options.h.
 *
 * A wrong option ends the process with status 2 before anything is opened.
 */
#define _GNU_SOURCE
#include "options.h"

#include <getopt.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "control-wire.h"
#include "log.h"

#define EXIT_BAD_INPUT 2
#define POLL_MICROS_MAXIMUM 100000

static const char HELP[] =
    "canwarden-bridge: joins the canwarden cell to a SocketCAN interface.\n"
    "\n"
    "  --interface NAME     the CAN interface (default vcan0); - for frames as text, ID#DATA, on\n"
    "                       standard input and output\n"
    "  --create             create it as a vcan interface if it is not there, and set it up\n"
    "                       (needs CAP_NET_ADMIN and the kernel module vcan)\n"
    "  --uio DEVICE         the UIO device of the link (default: the first ivshmem device whose\n"
    "                       class code is virtio-can, 0xff8024 or 0xffc024)\n"
    "  --shm FILE           map this file or PCI resource instead, and poll it (docs/bridge.md)\n"
    "  --control-only       no frames and no interface, only questions about the cell: where Linux's\n"
    "                       own virtio_can drives the cell (role device); so it is by itself when the\n"
    "                       link's device is of class 0xff8024 and uio_ivshmem does not have it\n"
    "  --filter ID:MASK     give the cell only frames with (id & MASK) == (ID & MASK); hexadecimal,\n"
    "                       8 digits for 29-bit identifiers; may be repeated, one match is enough\n"
    "  --poll-micros N      longest sleep while polling with --shm (default 500)\n"
    "  --stats[=text|json]  print the counters to standard output at the end, and on SIGUSR1\n"
    "  --socket PATH        where questions about the cell are answered (default\n"
    "                       /run/canwarden/bridge.sock)\n"
    "  --ask QUESTION...    asks the bridge that runs: status [--json], trace [-f], recorder dump,\n"
    "                       rules load FILE, live FROM BYTE...; must come last\n"
    "  --quiet              warnings and errors only\n"
    "  --version            print the version\n"
    "\n"
    "Signals: SIGTERM and SIGINT end the session and leave; SIGUSR1 prints the counters.\n"
    "Under systemd use Type=notify; WatchdogSec= is served.\n"
    "Exit status: 0 stopped by a signal, 1 failed while running, 2 bad option, or the device or the\n"
    "interface cannot be used.\n";

static _Noreturn void refuse(const char *option, const char *value, const char *reason) {
  log_line(LOG_FAULT, "%s \"%s\": %s. See --help", option, value, reason);
  exit(EXIT_BAD_INPUT);
}

/* "ID:MASK". An identifier of more than 3 digits has 29 bits and matches only 29-bit identifiers. */
static struct can_filter read_filter(const char *text) {
  char *end = NULL;
  unsigned long identifier = strtoul(text, &end, 16);
  size_t digits = (size_t)(end - text);
  if (digits == 0 || digits > 8 || *end != ':') {
    refuse("--filter", text, "expected ID:MASK, two hexadecimal numbers");
  }
  const char *mask_text = end + 1;
  unsigned long mask = strtoul(mask_text, &end, 16);
  if (end == mask_text || *end != 0 || end - mask_text > 8) {
    refuse("--filter", text, "expected ID:MASK, two hexadecimal numbers");
  }
  bool is_extended = digits > 3;
  unsigned long highest = is_extended ? CAN_EFF_MASK : CAN_SFF_MASK;
  if (identifier > highest) {
    refuse("--filter", text,
           is_extended ? "the identifier is above 1FFFFFFF" : "the identifier is above 7FF");
  }
  return (struct can_filter){
      .can_id = (canid_t)identifier | (is_extended ? CAN_EFF_FLAG : 0),
      .can_mask = ((canid_t)mask & (canid_t)highest) | CAN_EFF_FLAG,
  };
}

static unsigned read_poll_micros(const char *text) {
  char *end = NULL;
  unsigned long micros = strtoul(text, &end, 10);
  if (end == text || *end != 0 || micros == 0 || micros > POLL_MICROS_MAXIMUM) {
    refuse("--poll-micros", text, "expected a whole number from 1 to 100000");
  }
  return (unsigned)micros;
}

static enum stats_format read_stats_format(const char *text) {
  if (text == NULL || strcmp(text, "text") == 0) {
    return STATS_TEXT;
  }
  if (strcmp(text, "json") != 0) {
    refuse("--stats", text, "expected text or json");
  }
  return STATS_JSON;
}

static void add_filter(struct options *options, const char *text) {
  if (options->filter_count == FILTERS_MAXIMUM) {
    refuse("--filter", text, "there can be 32 filters at most");
  }
  options->filters[options->filter_count++] = read_filter(text);
}

void options_read(struct options *options, int count, char *const *words) {
  enum {
    INTERFACE = 1,
    CREATE,
    UIO,
    SHM,
    CONTROL_ONLY,
    FILTER,
    POLL,
    STATS,
    QUIET,
    SOCKET,
    ASK,
    VERSION,
    HELP_TEXT
  };
  static const struct option KNOWN[] = {
      {"interface", required_argument, NULL, INTERFACE},
      {"create", no_argument, NULL, CREATE},
      {"uio", required_argument, NULL, UIO},
      {"shm", required_argument, NULL, SHM},
      {"control-only", no_argument, NULL, CONTROL_ONLY},
      {"filter", required_argument, NULL, FILTER},
      {"poll-micros", required_argument, NULL, POLL},
      {"stats", optional_argument, NULL, STATS},
      {"quiet", no_argument, NULL, QUIET},
      {"socket", required_argument, NULL, SOCKET},
      {"ask", no_argument, NULL, ASK},
      {"version", no_argument, NULL, VERSION},
      {"help", no_argument, NULL, HELP_TEXT},
      {NULL, 0, NULL, 0},
  };
  *options =
      (struct options){.interface = "vcan0", .poll_micros = 500, .socket = CONTROL_SOCKET_DEFAULT};
  for (;;) {
    switch (getopt_long(count, words, "+", KNOWN, NULL)) {
      case -1:
        if (optind < count) {
          refuse("argument", words[optind], "there are only options");
        }
        return;
      case INTERFACE:
        options->interface = optarg;
        if (optarg[0] == 0 || strlen(optarg) >= IFNAMSIZ) {
          refuse("--interface", optarg, "an interface name has 1 to 15 characters");
        }
        break;
      case CREATE:
        options->create = true;
        break;
      case UIO:
        options->uio_device = optarg;
        break;
      case SHM:
        options->shared_file = optarg;
        break;
      case CONTROL_ONLY:
        options->control_only = true;
        break;
      case FILTER:
        add_filter(options, optarg);
        break;
      case POLL:
        options->poll_micros = read_poll_micros(optarg);
        break;
      case STATS:
        options->stats = read_stats_format(optarg);
        break;
      case QUIET:
        options->quiet = true;
        break;
      case SOCKET:
        options->socket = optarg;
        break;
      case ASK:
        options->question = words + optind;
        options->question_words = count - optind;
        return;
      case VERSION:
        puts("canwarden-bridge " CANWARDEN_VERSION);
        exit(0);
      case HELP_TEXT:
        fputs(HELP, stdout);
        exit(0);
      default:
        log_line(LOG_FAULT, "see --help");
        exit(EXIT_BAD_INPUT);
    }
  }
}
