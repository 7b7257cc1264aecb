// SPDX-License-Identifier: MIT
/*
 * Freestanding runtime for the output of wasm2c (wabt 1.0.39): one module, one fixed linear memory.
 *
 * The cell's linear memory is at virtual address 0. Unmapped pages behind it replace bounds checks, and a
 * guard page replaces the stack depth count (bsp/rpi4/mmu.c).
 * Does not: grow memory, or support tables, exceptions, threads.
 */
#ifndef WASM_RT_H_
#define WASM_RT_H_

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define wasm_rt_memcpy __builtin_memcpy
#define wasm_rt_unreachable __builtin_unreachable
#define WASM_RT_THREAD_LOCAL
#define WASM_RT_NO_RETURN __attribute__((noreturn))
#define WABT_BIG_ENDIAN 0
#define WASM_RT_USE_SEGUE 0
#define WASM_RT_SANITY_CHECKS 0
#define WASM_RT_STACK_DEPTH_COUNT 0
#ifndef WASM_RT_MEMCHECK_GUARD_PAGES
#define WASM_RT_MEMCHECK_GUARD_PAGES 1
#endif
#define WASM_RT_MAX_CALL_STACK_DEPTH 500

typedef enum {
  WASM_RT_TRAP_NONE,
  WASM_RT_TRAP_OOB,
  WASM_RT_TRAP_INT_OVERFLOW,
  WASM_RT_TRAP_DIV_BY_ZERO,
  WASM_RT_TRAP_INVALID_CONVERSION,
  WASM_RT_TRAP_UNREACHABLE,
  WASM_RT_TRAP_CALL_INDIRECT,
  WASM_RT_TRAP_NULL_REF,
  WASM_RT_TRAP_UNCAUGHT_EXCEPTION,
  WASM_RT_TRAP_UNALIGNED,
  WASM_RT_TRAP_EXHAUSTION
} wasm_rt_trap_t;

typedef enum {
  WASM_RT_I32,
  WASM_RT_I64,
  WASM_RT_F32,
  WASM_RT_F64,
  WASM_RT_V128,
  WASM_RT_FUNCREF,
  WASM_RT_EXTERNREF,
  WASM_RT_EXNREF
} wasm_rt_type_t;

/* Table types: the generated code names them even if the module has no table. */
typedef void (*wasm_rt_function_ptr_t)(void);
typedef struct wasm_rt_tailcallee_t {
  void (*fn)(void **, void *, struct wasm_rt_tailcallee_t *);
} wasm_rt_tailcallee_t;
typedef const char *wasm_rt_func_type_t;
typedef struct {
  wasm_rt_func_type_t func_type;
  wasm_rt_function_ptr_t func;
  wasm_rt_tailcallee_t func_tailcallee;
  void *module_instance;
} wasm_rt_funcref_t;
#define wasm_rt_funcref_null_value ((wasm_rt_funcref_t){NULL, NULL, {NULL}, NULL})
typedef void *wasm_rt_externref_t;
#define wasm_rt_externref_null_value ((wasm_rt_externref_t){NULL})
typedef struct {
  wasm_rt_funcref_t *data;
  uint32_t max_size, size;
} wasm_rt_funcref_table_t;
typedef struct {
  wasm_rt_externref_t *data;
  uint32_t max_size, size;
} wasm_rt_externref_table_t;

typedef struct {
  uint8_t *data;
  uint8_t *data_end;
  uint32_t page_size;
  uint64_t pages, max_pages, size;
  bool is64;
} wasm_rt_memory_t;

void wasm_rt_trap(wasm_rt_trap_t) WASM_RT_NO_RETURN;

/* The linear memory: at 0 between unmapped pages, or an array with bounds checks. */
#if WASM_RT_MEMCHECK_GUARD_PAGES
#define WASM_RT_LINEAR_MEMORY ((uint8_t *)0)
#else
#ifndef WASM_RT_LINEAR_MEMORY_BYTES
#define WASM_RT_LINEAR_MEMORY_BYTES 0x30000u
#endif
extern uint8_t linear_memory[WASM_RT_LINEAR_MEMORY_BYTES];
#define WASM_RT_LINEAR_MEMORY linear_memory
#endif

static inline bool wasm_rt_is_initialized(void) {
  return true;
}

static inline void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint64_t initial_pages,
                                           uint64_t max_pages, bool is64, uint32_t page_size) {
  memory->data = WASM_RT_LINEAR_MEMORY;
  memory->page_size = page_size;
  memory->pages = initial_pages;
  memory->max_pages = max_pages;
  memory->size = initial_pages * page_size;
  memory->is64 = is64;
}

/* The memory has its final size. The allocator's request to grow fails, which traps at start-up. */
static inline uint64_t wasm_rt_grow_memory(wasm_rt_memory_t *memory, uint64_t pages) {
  (void)memory;
  (void)pages;
  return (uint32_t)-1;
}

/* Writes the runs of `packed` to `to` (scripts/build/initial-memory.ts). */
void wasm_rt_unpack(uint8_t *to, const uint8_t *packed, size_t bytes);

static inline void wasm_rt_free_memory(wasm_rt_memory_t *memory) {
  (void)memory;
}

#endif
