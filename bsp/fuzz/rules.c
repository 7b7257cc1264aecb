// SPDX-License-Identifier: MIT
/*
 * Fuzz target: the cell's own check of a rule table, and the decisions of a table that it takes.
 *
 * The code is tests/unit/responder/hostile-table.ts by way of wasm2c. Input: a rules.bin, whose checksum is made
 * right, and behind it nothing. A table that is taken must make of some frames the same whatever bytes lie behind it;
 * an access outside the linear memory traps.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wasm-rt.h"

uint8_t linear_memory[WASM_RT_LINEAR_MEMORY_BYTES] __attribute__((aligned(16)));

_Noreturn void wasm_rt_trap(wasm_rt_trap_t trap) {
  (void)trap;
  abort();
}

#include "table.wasm.c"

#define IMAGE_BYTES 0x4000u
#define CRC_OFFSET 12u
#define FRAMES 8u
/* The statuses of a refused table (formats/statuses.ts). */
#define REFUSED_FIRST 60u
#define REFUSED_LAST 67u

static w2c_table table;

static uint32_t crc_of(const uint8_t *bytes, size_t count) {
  uint32_t crc = 0xffffffffu;
  for (size_t index = 0; index < count; index++) {
    crc ^= index - CRC_OFFSET < 4 ? 0 : bytes[index];
    for (int bit = 0; bit < 8; bit++) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xedb88320u : 0);
    }
  }
  return ~crc;
}

/* Frames that differ, some with identifiers out of the image. */
static void lay_frame(uint8_t *frame, const uint8_t *image, size_t bytes, uint32_t number) {
  memset(frame, 0, 16);
  size_t at = 64 + 64u * number;
  if (at + 4 <= bytes) {
    memcpy(frame, image + at, 4);
  }
  frame[3] &= 0xdf;
  frame[4] = (uint8_t)(number + 1);
  for (uint32_t index = 0; index < frame[4]; index++) {
    frame[8 + index] = (uint8_t)(37 * number + 11 * index);
  }
}

static uint32_t try_image(const uint8_t *image, size_t bytes, uint8_t behind, uint32_t *sum) {
  uint8_t *place = linear_memory + w2c_table_place(&table);
  memset(place, behind, IMAGE_BYTES);
  memcpy(place, image, bytes);
  if (bytes >= CRC_OFFSET + 4) {
    memset(place + CRC_OFFSET, 0, 4);
    uint32_t crc = crc_of(place, bytes);
    memcpy(place + CRC_OFFSET, &crc, 4);
  }
  uint32_t status = w2c_table_adopt(&table);
  *sum = 0;
  for (uint32_t number = 0; status == 0 && number < FRAMES; number++) {
    lay_frame(linear_memory + w2c_table_frame(&table), image, bytes, number);
    *sum = *sum * 31 + w2c_table_outcome(&table);
  }
  return status;
}

int LLVMFuzzerInitialize(int *count, char ***words) {
  (void)count;
  (void)words;
  wasm2c_table_instantiate(&table);
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes) {
  uint32_t first;
  uint32_t second;
  if (bytes < CRC_OFFSET + 4 || bytes > IMAGE_BYTES) {
    return 0;
  }
  /* Twice: rules keep their states through a swap, here from whatever came before. */
  try_image(data, bytes, 0x00, &first);
  uint32_t status = try_image(data, bytes, 0x00, &first);
  if (status != 0) {
    if (status < REFUSED_FIRST || status > REFUSED_LAST) {
      abort();
    }
    return 0;
  }
  if (try_image(data, bytes, 0xff, &second) != 0 || first != second) {
    abort();
  }
  return 0;
}
