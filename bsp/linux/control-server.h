// SPDX-License-Identifier: MIT
/*
 * The bridge's socket for questions about the cell (control-wire.h); control-answer.c makes the answers.
 *
 * Does not: block, or delay frames. Each round does one bounded piece for one client, a client that does
 * not read is closed, and there are at most CLIENTS_MAXIMUM of them.
 */
#ifndef CANWARDEN_CONTROL_SERVER_H
#define CANWARDEN_CONTROL_SERVER_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#define CLIENTS_MAXIMUM 8
/** The most poll entries the server needs. */
#define CONTROL_SOURCES (1 + CLIENTS_MAXIMUM)

/** Listens at `path`. False: it cannot, and a line has said why. The bridge still carries frames. */
bool control_server_open(const char *path);

/** The handle that becomes readable when somebody comes; -1: there is no socket. */
int control_server_listener(void);

/** Fills in the server's poll entries, the listener first, and returns how many there are: at most CONTROL_SOURCES. */
unsigned control_server_sources(struct pollfd *sources);

/** Serves the sources that poll reported ready. True: there is more to do at once. */
bool control_server_serve(const struct pollfd *sources, uint64_t now_nanos);

/** Closes and removes the socket. */
void control_server_close(void);

#endif
