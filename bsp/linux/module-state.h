// SPDX-License-Identifier: MIT
/*
 * State shared by module.c and control-module.c, the two files that call the wasm module: its instance,
 * and the way back from a trap.
 */
#ifndef CANWARDEN_MODULE_STATE_H
#define CANWARDEN_MODULE_STATE_H

#include <setjmp.h>
#include <stdbool.h>

#include "wasm-rt.h"

#include "bridge.wasm.h"

extern w2c_bridge bridge_module;
/** Where a trap returns to. Set before each call of the module. */
extern jmp_buf module_fault_return;
/** False before the start and after a trap. The module must not be called then. */
extern bool module_is_running;

#endif
