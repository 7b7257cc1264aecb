// SPDX-License-Identifier: MIT
/*
 * The command line of canwarden-bridge.
 *
 * Does not: touch devices or interfaces.
 */
#ifndef CANWARDEN_OPTIONS_H
#define CANWARDEN_OPTIONS_H

#include <linux/can.h>
#include <stdbool.h>

#define FILTERS_MAXIMUM 32

enum stats_format { STATS_NONE, STATS_TEXT, STATS_JSON };

struct options {
  /** Name of the SocketCAN interface. */
  const char *interface;
  /** Create it as a vcan interface if it does not exist. */
  bool create;
  /** Shared memory file or PCI resource to map and poll. NULL: look for a UIO device. */
  const char *shared_file;
  /** /dev/uioN to use. NULL: the first one with a virtio-can class code. */
  const char *uio_device;
  /** Serve the control device only: Linux's own driver carries the frames. */
  bool control_only;
  /** Which frames of the interface go to the cell. No entry: all. */
  struct can_filter filters[FILTERS_MAXIMUM];
  unsigned filter_count;
  /** Longest sleep while polling, in microseconds. */
  unsigned poll_micros;
  enum stats_format stats;
  bool quiet;
  /** Path of the socket where questions about the cell are answered or asked. */
  const char *socket;
  /** The words behind --ask. NULL: this process is the bridge itself. */
  char *const *question;
  int question_words;
};

/** Reads the command line. Ends the process: 0 after --help or --version, 2 if it is wrong. */
void options_read(struct options *options, int count, char *const *words);

#endif
