// SPDX-License-Identifier: MIT
/*
 * The memory functions a compiler may call even in freestanding code (GCC manual, "Standards"), and the
 * initial memory. They are byte loops; steps of the cell call the first three.
 */
#include <stddef.h>
#include <stdint.h>

#include "wasm-rt.h"

/* Kinds of run that wasm_rt_unpack knows (scripts/build/initial-memory.ts). */
#define RUN_ZEROS 1
#define RUN_CHARACTERS 2

void *memcpy(void *destination, const void *source, size_t count) {
  uint8_t *to = destination;
  const uint8_t *from = source;
  while (count--) {
    *to++ = *from++;
  }
  return destination;
}

void *memmove(void *destination, const void *source, size_t count) {
  uint8_t *to = destination;
  const uint8_t *from = source;
  if (to <= from) {
    return memcpy(destination, source, count);
  }
  while (count--) {
    to[count] = from[count];
  }
  return destination;
}

void *memset(void *destination, int value, size_t count) {
  uint8_t *to = destination;
  while (count--) {
    *to++ = (uint8_t)value;
  }
  return destination;
}

/* Each byte of a run of characters stands before a 0. */
void wasm_rt_unpack(uint8_t *to, const uint8_t *packed, size_t bytes) {
  const uint8_t *end = packed + bytes;
  while (packed < end) {
    unsigned kind = *packed >> 6;
    unsigned count = (*packed++ & 0x3f) + 1u;
    while (count--) {
      if (kind != RUN_ZEROS) {
        *to++ = *packed++;
      }
      if (kind == RUN_ZEROS || kind == RUN_CHARACTERS) {
        *to++ = 0;
      }
    }
  }
}
