// SPDX-License-Identifier: MIT
/*
 * `canwarden-bridge --ask`: the client of the bridge's socket. The board's command `canwarden` calls it,
 * so the board needs no socket tool.
 */
#ifndef CANWARDEN_ASK_H
#define CANWARDEN_ASK_H

/**
 * Asks the bridge at `socket_path` the question in `words` and prints its answer. Returns the exit
 * status: 0 done, 1 failed (a line says why), 2 wrong words or file.
 */
int ask(const char *socket_path, int count, char *const *words);

#endif
