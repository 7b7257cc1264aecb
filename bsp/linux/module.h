// SPDX-License-Identifier: MIT
/*
 * The bridge's wasm module as the main loop calls it. The counters are those of
 * src/virtio/link-counters.ts. Never sleeps.
 */
#ifndef CANWARDEN_MODULE_H
#define CANWARDEN_MODULE_H

#include <stdbool.h>
#include <stdint.h>

#include "can-socket.h"
#include "formats.h"
#include "link.h"

/** State of the session with the cell. Numbers as in src/image/bridge.ts. */
enum module_session { SESSION_ABSENT = 0, SESSION_SETTING_UP = 1, SESSION_RUNNING = 2 };

/** The link and the socket that the module works on. */
struct link *module_link(void);
struct can_socket *module_can(void);

/**
 * Starts the module on the opened link, or without a link end when only the control device is used. False:
 * a line has said why.
 */
bool module_start(void);

/**
 * Runs at most `steps_maximum` steps, and until about `moves_maximum` full batches were moved. `*idle`: nothing is
 * left to do. False: the module has stopped.
 */
bool module_run(unsigned steps_maximum, unsigned moves_maximum, bool *idle);

/** Ends the session: sets own state to 0. */
void module_leave(void);

enum module_session module_session(void);
uint32_t module_counter(enum module_counter counter);

/** Status that last ended a session (src/rt/status.ts). 0: none. */
uint32_t module_last_fault(void);

/** Pointer to `bytes` bytes of the module's linear memory. A range outside ends the module. */
void *module_memory(uint32_t address, uint32_t bytes);

/** The monotonic clock in nanoseconds. */
uint64_t module_now_nanos(void);

#endif
