/*
 * `canwarden-bridge --ask`: the client of the bridge's own socket.
 *
 * The command `canwarden` on the board calls it, so that no tool for sockets is needed.
 */
#ifndef CANWARDEN_ASK_H
#define CANWARDEN_ASK_H

/**
 * Asks the bridge that serves `socket_path` what the words say, and prints its answer. Returns the
 * exit status: 0 done, 1 failed (a line says why), 2 wrong words or file.
 */
int ask(const char *socket_path, int count, char *const *words);

#endif
