// SPDX-License-Identifier: MIT
/*
 * The bridge's wasm module on Linux: the generated C, its host ABI, and its traps. The module's logic is in
 * src/bridge.
 *
 * An access outside the module's windows or memory ends the module. Own state is set to 0 first, so that a
 * cell waiting for an acknowledgement is released.
 */
#define _GNU_SOURCE
#include "module.h"

#include <string.h>
#include <time.h>

#include "abi.h"
#include "log.h"
#include "module-state.h"

/* The linear memory: as much as asconfig.json gives the bridge. The generated code checks bounds. */
uint8_t linear_memory[WASM_RT_LINEAR_MEMORY_BYTES] __attribute__((aligned(16)));

#define ROLE_BACK_END 0
#define ROLE_FRONT_END 1

static struct w2c_bsp bsp;
static struct w2c_socket can;
w2c_bridge bridge_module;
jmp_buf module_fault_return;
bool module_is_running;

#include "bridge.wasm.c"

static _Noreturn void stop_module(void) {
  module_is_running = false;
  if (bsp.fault_address != 0) {
    w2c_bsp_barrier_device(&bsp);
    w2c_bsp_mmio_write32(&bsp, bsp.fault_address, bsp.fault_value);
  }
  longjmp(module_fault_return, 1);
}

_Noreturn void module_fault(const char *what, uint32_t address) {
  log_line(LOG_FAULT, "defect: the module %s %08x, where nothing is. Please report it", what,
           address);
  stop_module();
}

_Noreturn void wasm_rt_trap(wasm_rt_trap_t trap) {
  log_line(LOG_FAULT, "defect: the module trapped (kind %d). Please report it", (int)trap);
  stop_module();
}

void *module_memory(uint32_t address, uint32_t bytes) {
  if (address > WASM_RT_LINEAR_MEMORY_BYTES - bytes) {
    module_fault("gave its memory at", address);
  }
  return &linear_memory[address];
}

void *module_frames(uint32_t address, uint32_t count) {
  return module_memory(address, count * (uint32_t)sizeof(struct can_frame));
}

struct link *module_link(void) {
  return &bsp.link;
}

struct can_socket *module_can(void) {
  return &can.can;
}

/* The C library reads the clock without a system call (vdso(7)), in the static binary too. */
uint64_t module_now_nanos(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  bsp.now_nanos = (uint64_t)now.tv_sec * COUNTER_HERTZ + (uint64_t)now.tv_nsec;
  return bsp.now_nanos;
}

bool module_start(void) {
  if (setjmp(module_fault_return) != 0) {
    return false;
  }
  module_now_nanos();
  wasm2c_bridge_instantiate(&bridge_module, &bsp, &can);
  if (bsp.link.control_only) {
    module_is_running = true;
    return true;
  }
  uint32_t role = bsp.link.own_protocol == PROTOCOL_FRONT_END ? ROLE_FRONT_END : ROLE_BACK_END;
  uint32_t status = w2c_bridge_initialize(&bridge_module, bsp.link.section_bytes, role);
  if (status != 0) {
    log_line(LOG_FAULT,
             "%s: the link cannot be used (status %u, docs/troubleshooting.md). It needs two peers "
             "and a R/W section of at least 8 KiB",
             bsp.link.name, status);
    return false;
  }
  module_is_running = true;
  return true;
}

bool module_run(unsigned steps_maximum, unsigned moves_maximum, bool *idle) {
  if (!module_is_running) {
    return false;
  }
  if (setjmp(module_fault_return) != 0) {
    return false;
  }
  *idle = false;
  uint64_t most = can.can.received + can.can.sent + (uint64_t)moves_maximum * CAN_BATCH_FRAMES;
  for (unsigned step = 0; step < steps_maximum && !*idle; step++) {
    if (step > 0) {
      module_now_nanos();
    }
    *idle = w2c_bridge_step(&bridge_module) == 0;
    if (can.can.received + can.can.sent >= most) {
      break;
    }
  }
  return true;
}

void module_leave(void) {
  if (!module_is_running) {
    return;
  }
  if (setjmp(module_fault_return) == 0) {
    w2c_bridge_leave(&bridge_module);
  }
  module_is_running = false;
}

enum module_session module_session(void) {
  if (!module_is_running) {
    return SESSION_ABSENT;
  }
  if (setjmp(module_fault_return) != 0) {
    return SESSION_ABSENT;
  }
  return w2c_bridge_session(&bridge_module);
}

uint32_t module_counter(enum module_counter counter) {
  if (setjmp(module_fault_return) != 0) {
    return 0;
  }
  return w2c_bridge_counter(&bridge_module, counter);
}

uint32_t module_last_fault(void) {
  if (setjmp(module_fault_return) != 0) {
    return 0;
  }
  return w2c_bridge_last_fault(&bridge_module);
}
