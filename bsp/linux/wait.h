// SPDX-License-Identifier: MIT
/*
 * The sleep of canwarden-bridge: until the cell rings, a frame comes, somebody asks, or a time is over.
 *
 * One system call, and none to take the interrupt: the kernel reports each one once (EPOLLET).
 * Does not: read anything, or decide how long.
 */
#ifndef CANWARDEN_WAIT_H
#define CANWARDEN_WAIT_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/** What ended a sleep. Nothing: the time, or a signal. */
struct wake {
  /** The interface has frames, or something to say. */
  bool interface;
  bool interrupt;
  /** The device of the interrupt may be gone. */
  bool link_failed;
};

/** The most entries of `sources`. */
#define WAIT_SOURCES_MAXIMUM 16

/**
 * Prepares to sleep on the interrupts of `link` and the clients of `listener`; -1: there is none. False: a line
 * has said why it cannot.
 */
bool wait_open(int link, int listener);

/**
 * Sleeps for at most `nanos`, with `mask` in place of the blocked signals. Listens to the `interface` (-1: not), and
 * fills in the results of `sources`: the listener, then `count` - 1 clients.
 */
struct wake wait_for_work(long nanos, const sigset_t *mask, int interface, struct pollfd *sources,
                          unsigned count);

#endif
