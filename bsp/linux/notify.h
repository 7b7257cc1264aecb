// SPDX-License-Identifier: MIT
/*
 * Messages to the service manager (sd_notify(3), systemd.service(5) Type=notify). Does nothing when
 * NOTIFY_SOCKET is not set.
 */
#ifndef CANWARDEN_NOTIFY_H
#define CANWARDEN_NOTIFY_H

#include <stdint.h>

/** Sends one message such as "READY=1" or "STOPPING=1". Failure is ignored. */
void notify_send(const char *message);

/** Sends WATCHDOG=1 if half of the interval in WATCHDOG_USEC has passed. */
void notify_watchdog(uint64_t now_nanos);

#endif
