/*
 * What the two C files that call the wasm module share: its instance, and the way back from a trap.
 *
 * Does not: concern anybody else.
 */
#ifndef CANWARDEN_MODULE_STATE_H
#define CANWARDEN_MODULE_STATE_H

#include <setjmp.h>
#include <stdbool.h>

#include "wasm-rt.h"

#include "bridge.wasm.h"

extern w2c_bridge bridge_module;
/** Where a trap goes: set before each call of the module. */
extern jmp_buf module_fault_return;
/** False before the start, and after a trap: the module is not called then. */
extern bool module_is_running;

#endif
