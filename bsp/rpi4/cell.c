// SPDX-License-Identifier: MIT
/*
 * The cell as one translation unit: host ABI, generated wasm module, main loop, faults.
 *
 * One unit and -fwhole-program let the compiler inline the ABI into the module and drop the instance
 * parameter. The application is in src/.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "memory-map.h"
#include "wasm-rt.h"

#include "abi.h"
#include "cell.wasm.h"

#define FROM_ASSEMBLY __attribute__((used, externally_visible))
/* In the gap before the vectors (canwarden.ld). */
#define FAULT_CODE __attribute__((section(".text.fault")))

/* Communication region: cell_state, and its value JAILHOUSE_CELL_FAILED (hypercall.h). */
#define COMM_CELL_STATE (COMM_REGION_ADDRESS + 0x08)
#define CELL_FAILED 3

/* `step` returns this when no task was ready (Status.Empty). 0: go on. Larger values: the cell ends. */
#define STEP_RESTS 1

/* Fault kinds of the module's `fault` export: wasm traps keep their number, exceptions start here. */
#define FAULT_EXCEPTION 0x100

/* Give up restarting after this many traps within the window. */
#define FAULTS_MAXIMUM 3
#define FAULTS_WINDOW_SECONDS 10

static struct w2c_bsp bsp;
static w2c_cell module;
static bool fault_reported;
/* Restarts since Jailhouse started the cell, and the times of the last faults (counter ticks). */
static uint32_t restarts;
static uint64_t fault_ticks[FAULTS_MAXIMUM - 1];

static _Noreturn void cell_wait_forever(void) {
  for (;;) {
    __asm__ volatile("wfi");
  }
}

/* start.S: cell_main on an empty stack. */
_Noreturn void cell_restart(void);

/* Whether this fault is the last of FAULTS_MAXIMUM within the window. */
static bool cell_is_beyond_help(void) {
  uint64_t now = w2c_bsp_counter_read(&bsp);
  uint64_t window = (uint64_t)FAULTS_WINDOW_SECONDS * w2c_bsp_counter_hertz(&bsp);
  bool is_last = restarts >= FAULTS_MAXIMUM - 1 && now - fault_ticks[0] < window;
  for (unsigned index = 1; index < FAULTS_MAXIMUM - 1; index++) {
    fault_ticks[index - 1] = fault_ticks[index];
  }
  fault_ticks[FAULTS_MAXIMUM - 2] = now;
  return is_last;
}

static void cell_stop_sharing(void) {
  if (fault_address != 0) {
    w2c_bsp_barrier_device(&bsp);
    w2c_bsp_mmio_write32(&bsp, fault_address, fault_value);
  }
}

/*
 * The order matters. First the peer learns that the ring is no longer served, because a waiting Linux CPU
 * spins on it. Then Jailhouse learns it if the cell gives up. Then the console. The report runs in the module
 * and may itself trap; the second time it is skipped and the fault is not counted again.
 */
FAULT_CODE static _Noreturn void cell_fault(uint32_t kind, uint32_t syndrome, uint32_t address,
                                            uint32_t program_counter) {
  static bool is_last;
  bool is_first = !fault_reported;
  if (is_first) {
    fault_reported = true;
    is_last = cell_is_beyond_help();
  }
  if (is_last || !fault_late) {
    cell_stop_sharing();
  }
  if (is_first) {
    if (is_last) {
      w2c_bsp_memory_write32(&bsp, COMM_CELL_STATE, CELL_FAILED);
    }
    w2c_cell_fault(&module, kind, syndrome, address, program_counter, is_last);
  }
  if (is_last) {
    cell_wait_forever();
  }
  restarts++;
  cell_restart();
}

FROM_ASSEMBLY _Noreturn void cell_exception(uint64_t vector, uint64_t syndrome, uint64_t address,
                                            uint64_t program_counter) {
  cell_fault(FAULT_EXCEPTION + (uint32_t)vector, (uint32_t)syndrome, (uint32_t)address,
             (uint32_t)program_counter);
}

_Noreturn void wasm_rt_trap(wasm_rt_trap_t trap) {
  cell_fault(trap, 0, 0, (uint32_t)(uint64_t)__builtin_return_address(0));
}

/* For a restart: a module starts with zeroed memory. The compiler must not see that the address is 0. */
static void cell_clear_memory(void) {
  uint8_t *memory = WASM_RT_LINEAR_MEMORY;
  __asm__ volatile("" : "+r"(memory)::"memory");
  memset(memory, 0, LINEAR_MEMORY_BYTES);
}

/* A polling cell never gets here. Kept out of the loop's function so that the loop does not pay for it. */
__attribute__((noinline)) void w2c_cell_rest(w2c_cell *);

#include "cell.wasm.c"

/* Entered again after a trap. A module that ends has said why on the console and in the communication region. */
FROM_ASSEMBLY _Noreturn void cell_main(void) {
  if (restarts != 0) {
    cell_clear_memory();
    /* The write itself stays: a trap before the new module names one is to let go of Linux, too. */
    fault_late = false;
    fault_reported = false;
  }
  wasm2c_cell_instantiate(&module, &bsp);
  if (w2c_cell_initialize(&module, restarts) == 0) {
    uint32_t state;
    do {
      /* A symbol for observers of the steps (the twin), with a number for each copy that the compiler makes of the
         place. It costs no instruction. */
      __asm__ volatile(".globl cell_step_begins_%=\n"
                       "cell_step_begins_%=:" ::);
      state = w2c_cell_step(&module);
      if (state == STEP_RESTS)
        w2c_cell_rest(&module);
    } while (state <= STEP_RESTS);
    w2c_cell_end(&module);
  } else {
    cell_stop_sharing();
  }
  cell_wait_forever();
}
