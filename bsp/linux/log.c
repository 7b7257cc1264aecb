// SPDX-License-Identifier: MIT
/* Log lines of canwarden-bridge; see log.h. */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define LINE_BYTES 512

static bool is_quiet;

void log_quiet(bool quiet) {
  is_quiet = quiet;
}

const char *plural_of(uint32_t count) {
  return count == 1 ? "" : "s";
}

void log_line(enum log_priority priority, const char *format, ...) {
  if (is_quiet && priority > LOG_WARNING) {
    return;
  }
  char text[LINE_BYTES];
  va_list values;
  va_start(values, format);
  vsnprintf(text, sizeof text, format, values);
  va_end(values);
  if (getenv("JOURNAL_STREAM") != NULL) {
    fprintf(stderr, "<%d>%s\n", (int)priority, text);
  } else {
    fprintf(stderr, "canwarden-bridge: %s\n", text);
  }
}
