// SPDX-License-Identifier: MIT
/*
 * The notification protocol of systemd, one datagram per message; see notify.h. Written by hand, so that
 * the binary stays static and small.
 *
 * Source: sd_notify(3), sd_watchdog_enabled(3).
 */
#define _GNU_SOURCE
#include "notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define NANOS_PER_MICRO 1000

void notify_send(const char *message) {
  const char *path = getenv("NOTIFY_SOCKET");
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (path == NULL || (path[0] != '/' && path[0] != '@') ||
      strlen(path) >= sizeof address.sun_path) {
    return;
  }
  size_t length = strlen(path);
  memcpy(address.sun_path, path, length);
  if (path[0] == '@') {
    address.sun_path[0] = 0; /* a name in the abstract namespace */
  }
  int socket_handle = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (socket_handle < 0) {
    return;
  }
  socklen_t address_length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
  (void)!sendto(socket_handle, message, strlen(message), MSG_NOSIGNAL,
                (const struct sockaddr *)&address, address_length);
  close(socket_handle);
}

/* Returns 0 if there is no watchdog or it watches another process (WATCHDOG_PID). */
static uint64_t watchdog_interval_nanos(void) {
  const char *micros = getenv("WATCHDOG_USEC");
  const char *process = getenv("WATCHDOG_PID");
  if (micros == NULL || (process != NULL && strtol(process, NULL, 10) != (long)getpid())) {
    return 0;
  }
  return strtoull(micros, NULL, 10) * NANOS_PER_MICRO / 2;
}

void notify_watchdog(uint64_t now_nanos) {
  static uint64_t interval_nanos;
  static uint64_t next_nanos;
  if (next_nanos == 0) {
    interval_nanos = watchdog_interval_nanos();
    next_nanos = 1;
  }
  if (interval_nanos == 0 || now_nanos < next_nanos) {
    return;
  }
  next_nanos = now_nanos + interval_nanos;
  notify_send("WATCHDOG=1");
}
