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
  /** Create it as a vcan interface when it is not there. */
  bool create;
  /** A shared memory file or PCI resource to map and poll; NULL: look for a UIO device. */
  const char *shared_file;
  /** /dev/uioN to use; NULL: the first one with a virtio-can class code. */
  const char *uio_device;
  /** Serve the control device alone: the frames are the business of Linux's own driver. */
  bool control_only;
  /** What of the interface goes to the cell; no entry: everything. */
  struct can_filter filters[FILTERS_MAXIMUM];
  unsigned filter_count;
  /** How long the bridge sleeps at most while it polls, in microseconds. */
  unsigned poll_micros;
  enum stats_format stats;
  bool quiet;
  /** Where questions about the cell are answered, or asked. */
  const char *socket;
  /** The words behind --ask; NULL: this process is the bridge itself. */
  char *const *question;
  int question_words;
};

/** Reads the command line. Ends the process: 0 after --help or --version, 2 when it is wrong. */
void options_read(struct options *options, int count, char *const *words);

#endif
