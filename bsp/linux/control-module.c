// SPDX-License-Identifier: MIT
/*
 * Calls into the wasm module for the control device; see control-module.h.
 *
 * A trap in the module ends the bridge (module.c).
 */
#define _GNU_SOURCE
#include "control-module.h"

#include <string.h>
#include <time.h>

#include "module.h"
#include "module-state.h"

#define MICROS_PER_SECOND 1000000u
#define NANOS_PER_MICRO 1000u
/* The cell takes this process for dead after this silence. The process wakes every 5 ms, so this is 30
   times that. A Linux so busy that it does not run a waiting process for longer loses the session until the
   process runs again. */
#define SILENCE_MILLIS 150u
/* Shortest interval between heartbeats, and between looks at the cell's. */
#define TEND_NANOS 1000000u
/* Over a shared file the other end is a process on the same busy machine. Same limit as in link-file.c. */
#define SILENCE_FILE_MILLIS 3000u

/*
 * Returns `value` when the module has stopped, now or by a trap in the calls that follow. C allows setjmp
 * only as a whole condition or as one side of a comparison that is one (C11 7.13.1.1).
 */
#define RETURN_IF_MODULE_STOPPED(value)     \
  do {                                      \
    if (!module_is_running) {               \
      return value;                         \
    }                                       \
    if (setjmp(module_fault_return) != 0) { \
      return value;                         \
    }                                       \
  } while (0)

static bool is_open;

static uint64_t wall_micros(void) {
  struct timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return (uint64_t)now.tv_sec * MICROS_PER_SECOND + (uint64_t)now.tv_nsec / NANOS_PER_MICRO;
}

bool control_module_open(void) {
  if (module_link()->status_page == NULL) {
    return false;
  }
  RETURN_IF_MODULE_STOPPED(false);
  w2c_bridge_control_open(&bridge_module,
                          module_link()->descriptor == NULL ? SILENCE_MILLIS : SILENCE_FILE_MILLIS);
  is_open = true;
  return true;
}

void control_module_tend(uint64_t now_nanos) {
  static uint64_t next_nanos;
  if (!is_open || now_nanos < next_nanos) {
    return;
  }
  next_nanos = now_nanos + TEND_NANOS;
  RETURN_IF_MODULE_STOPPED();
  w2c_bridge_control_tend(&bridge_module, wall_micros());
}

bool control_module_alive(void) {
  RETURN_IF_MODULE_STOPPED(false);
  return w2c_bridge_control_alive(&bridge_module) != 0;
}

/* The text buffer of CONTROL_TEXT_BYTES. NULL: its address is outside the module's memory. */
static void *text_buffer(void) {
  return module_memory(w2c_bridge_control_text(&bridge_module), CONTROL_TEXT_BYTES);
}

const char *control_module_text(size_t *bytes) {
  *bytes = 0;
  RETURN_IF_MODULE_STOPPED("");
  const char *text = text_buffer();
  uint32_t length = w2c_bridge_control_text_length(&bridge_module);
  *bytes = length < CONTROL_TEXT_BYTES ? length : CONTROL_TEXT_BYTES;
  return text;
}

enum page_state control_module_status(enum writing what) {
  RETURN_IF_MODULE_STOPPED(PAGE_ABSENT);
  return w2c_bridge_control_status(&bridge_module, what);
}

uint32_t control_module_oldest(enum control_stream stream) {
  RETURN_IF_MODULE_STOPPED(0);
  return w2c_bridge_control_oldest(&bridge_module, stream);
}

uint32_t control_module_head(enum control_stream stream) {
  RETURN_IF_MODULE_STOPPED(0);
  return w2c_bridge_control_head(&bridge_module, stream);
}

enum page_state control_module_entries(enum control_stream stream, uint32_t *cursor, uint32_t end,
                                       uint32_t *lost) {
  *lost = 0;
  RETURN_IF_MODULE_STOPPED(PAGE_ABSENT);
  enum page_state state = w2c_bridge_control_entries(&bridge_module, stream, *cursor, end);
  *cursor = w2c_bridge_control_cursor(&bridge_module);
  *lost = w2c_bridge_control_lost(&bridge_module);
  return state;
}

uint32_t control_module_request(enum control_request kind, const uint8_t *payload, uint32_t bytes,
                                uint32_t argument) {
  if (bytes > CONTROL_TEXT_BYTES) {
    return 0;
  }
  RETURN_IF_MODULE_STOPPED(0);
  memcpy(text_buffer(), payload, bytes);
  return w2c_bridge_control_request(&bridge_module, kind, bytes, argument);
}

bool control_module_finished(uint32_t sequence, struct control_outcome *outcome) {
  RETURN_IF_MODULE_STOPPED(false);
  if (w2c_bridge_control_finished(&bridge_module, sequence) == 0) {
    return false;
  }
  outcome->status = w2c_bridge_control_outcome(&bridge_module);
  outcome->rule = w2c_bridge_control_outcome_rule(&bridge_module);
  outcome->rules_waiting = w2c_bridge_control_rules_waiting(&bridge_module);
  return true;
}
