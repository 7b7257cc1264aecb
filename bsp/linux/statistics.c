// SPDX-License-Identifier: MIT
/*
 * The counters of canwarden-bridge; see statistics.h. "To the cell" and "from the cell" are seen from this
 * end in both roles.
 */
#include "statistics.h"

#include <inttypes.h>
#include <stdio.h>

#include "module.h"

#define NAMES_MAXIMUM 24

struct value {
  const char *name;
  uint64_t count;
};

static unsigned collect(struct value *values) {
  const struct can_socket *can = module_can();
  const struct value all[] = {
      {"session_running", module_session() == SESSION_RUNNING},
      {"sessions_begun", module_counter(COUNTER_CONNECTED)},
      {"sessions_lost", module_counter(COUNTER_LOST)},
      {"requests_lost_in_flight", module_counter(COUNTER_LOST_IN_FLIGHT)},
      {"frames_to_cell", module_counter(COUNTER_SENT)},
      {"frames_from_cell", module_counter(COUNTER_RECEIVED)},
      {"requests_done", module_counter(COUNTER_TRANSMITTED)},
      {"requests_refused", module_counter(COUNTER_REFUSED)},
      {"dropped_no_session", module_counter(COUNTER_DROPPED_NO_PEER)},
      {"dropped_ring_full", module_counter(COUNTER_DROPPED_FULL)},
      {"dropped_unsupported", module_counter(COUNTER_DROPPED_UNSUPPORTED)},
      {"messages_malformed", module_counter(COUNTER_MALFORMED)},
      {"ring_violations", module_counter(COUNTER_VIOLATIONS)},
      {"last_fault", module_last_fault()},
      {"interface_received", can->received},
      {"interface_sent", can->sent},
      {"interface_errors", can->error_frames},
      {"interface_refused", can->refused},
      {"interface_kernel_drops", can->kernel_drops},
  };
  unsigned count = sizeof all / sizeof all[0];
  for (unsigned index = 0; index < count; index++) {
    values[index] = all[index];
  }
  return count;
}

void statistics_print(enum stats_format format) {
  struct value values[NAMES_MAXIMUM];
  unsigned count = collect(values);
  bool is_json = format == STATS_JSON;
  /* With --interface -, standard output carries frames. */
  FILE *output = module_can()->is_text ? stderr : stdout;
  for (unsigned index = 0; index < count; index++) {
    if (is_json) {
      fprintf(output, "%s\"%s\":%" PRIu64, index == 0 ? "{" : ",", values[index].name,
              values[index].count);
    } else {
      fprintf(output, "%-24s%" PRIu64 "\n", values[index].name, values[index].count);
    }
  }
  if (is_json) {
    fprintf(output, "}\n");
  }
  fflush(output);
}
