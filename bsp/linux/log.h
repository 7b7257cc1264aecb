// SPDX-License-Identifier: MIT
/*
 * Log lines of canwarden-bridge on standard error, for people and for the journal.
 *
 * A line says what happened, the values, the likely cause and the next step. Lines are not buffered.
 * Under systemd (JOURNAL_STREAM is set) each begins with its priority.
 */
#ifndef CANWARDEN_LOG_H
#define CANWARDEN_LOG_H

#include <stdbool.h>
#include <stdint.h>

/** Priorities, numbered as in syslog(3). */
enum log_priority { LOG_FAULT = 3, LOG_WARNING = 4, LOG_NOTICE = 5 };

/** Suppresses everything below warnings. */
void log_quiet(bool quiet);

/** Writes one line. `format` is a printf format without the line end. */
void log_line(enum log_priority priority, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Ending of a noun after a count: "" for 1, "s" otherwise. */
const char *plural_of(uint32_t count);

#endif
