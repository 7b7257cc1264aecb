// SPDX-License-Identifier: MIT
/*
 * Runs the generated code of src/image/bench.ts and the C reference side by side, once each per frame.
 *
 * A YIELD with a mark in x0 stands between two operations. The emulator counts the instructions from
 * mark to mark. This program compares the results of the two sides for every frame.
 */
#include <stdbool.h>
#include <stdint.h>

#include "memory-map.h"
#include "wasm-rt.h"

#include "abi.h"
#include "bench.wasm.h"
#include "reference.h"

#define FROM_ASSEMBLY __attribute__((used, externally_visible))
#define APART __attribute__((noinline, noclone))

/* Marks, read by lab/measure/reference.ts: operation, then side. END comes last, with the outcome in x0. */
#define MARK_AFTER 0x10000
#define MARK_DONE 0x20000
#define MARK_DIFFERENCE 0x30000
#define MARK_TRAP 0x40000

/* The frames to work on, 16 bytes each (13 registers). The word at this address is their count. */
#define FRAMES_ADDRESS (GUEST_VIEW_ADDRESS + RULES_ADDRESS + 0xf000)
/* Frame, answer, message. */
#define RESULT_BYTES (16 + 16 + 24)

static struct w2c_bsp bsp;
static w2c_bench module;

static void mark(uint64_t number) {
  w2c_bsp_idle_until(&bsp, number);
}

static _Noreturn void end(uint64_t number) {
  mark(number);
  for (;;)
    __asm__ volatile("wfi");
}

FROM_ASSEMBLY _Noreturn void cell_exception(uint64_t vector, uint64_t syndrome, uint64_t address,
                                            uint64_t program_counter) {
  (void)syndrome, (void)address, (void)program_counter;
  end(MARK_TRAP + vector);
}

_Noreturn void wasm_rt_trap(wasm_rt_trap_t trap) {
  end(MARK_TRAP + 0x100 + trap);
}

#include "bench.wasm.c"
#include "reference.c"

static APART uint32_t nothing(void) {
  return 0;
}
static APART uint32_t generated_decode(void) {
  return w2c_bench_decode(&module);
}
static APART uint32_t generated_look_up(void) {
  return w2c_bench_lookUp(&module);
}
static APART uint32_t generated_push(void) {
  return w2c_bench_push(&module);
}
static APART uint32_t generated_forward(void) {
  return w2c_bench_forward(&module);
}
static APART uint32_t written_decode(void) {
  return reference_decode();
}
static APART uint32_t written_look_up(void) {
  return reference_look_up();
}
static APART uint32_t written_push(void) {
  return reference_push();
}
static APART uint32_t written_forward(void) {
  return reference_forward();
}

/* Volatile, so the compiler knows nothing about the function called and every call costs the same. */
static uint32_t (*volatile const operations[][2])(void) = {
    {nothing, nothing},
    {generated_decode, written_decode},
    {generated_look_up, written_look_up},
    {generated_push, written_push},
    {generated_forward, written_forward},
};
#define OPERATIONS (sizeof operations / sizeof operations[0])

static void check_results(uint32_t frame) {
  for (uint32_t index = 0; index < RESULT_BYTES; index++) {
    uint8_t written = index < 16   ? ((const uint8_t *)&reference_frame)[index]
                      : index < 32 ? ((const uint8_t *)&reference_answer)[index - 16]
                                   : reference_message_byte(index - 32);
    if (w2c_bench_resultByte(&module, index) != written) {
      end(MARK_DIFFERENCE + frame * 256 + index);
    }
  }
}

FROM_ASSEMBLY _Noreturn void cell_main(void) {
  wasm2c_bench_instantiate(&module, &bsp);
  reference_prepare();
  uint32_t status = w2c_bench_prepare(&module);
  if (status != 0)
    end(MARK_TRAP + 0x1000 + status);
  uint8_t *registers = (uint8_t *)(uintptr_t)w2c_bench_registers(&module);
  const volatile uint8_t *frames = (const volatile uint8_t *)FRAMES_ADDRESS;
  uint32_t count = *(const volatile uint32_t *)FRAMES_ADDRESS;
  for (uint32_t frame = 0; frame < count; frame++) {
    for (uint32_t index = 0; index < 13; index++) {
      registers[index] = reference_registers[index] = frames[16 * (frame + 1) + index];
    }
    for (uint32_t operation = 0; operation < OPERATIONS; operation++) {
      for (uint32_t side = 0; side < 2; side++) {
        mark(operation * 2 + side);
        operations[operation][side]();
        mark(MARK_AFTER);
      }
    }
    check_results(frame);
  }
  end(MARK_DONE);
}
