/*
 * The bridge's socket for questions about the cell.
 *
 * The questions are those of control-wire.h, the answers control-answer.c's.
 * Does not: block, or hold up frames: each round does a bounded piece for one client, a client that
 * does not read is closed, and there are CLIENTS_MAXIMUM of them at most.
 */
#ifndef CANWARDEN_CONTROL_SERVER_H
#define CANWARDEN_CONTROL_SERVER_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#define CLIENTS_MAXIMUM 8
/** What the main loop has to poll for the server. */
#define CONTROL_SOURCES (1 + CLIENTS_MAXIMUM)

/** Listens at `path`. False: it cannot, and a line has said why; frames are carried all the same. */
bool control_server_open(const char *path);

/** Fills in what to poll: CONTROL_SOURCES entries. */
void control_server_sources(struct pollfd *sources);

/** Serves after poll said what is ready. True: there is more to do at once. */
bool control_server_serve(const struct pollfd *sources, uint64_t now_nanos);

/** Closes and removes the socket. */
void control_server_close(void);

#endif
