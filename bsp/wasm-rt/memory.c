// SPDX-License-Identifier: MIT
/*
 * The memory functions a compiler may call even in freestanding code (GCC manual, "Standards"). They are
 * byte loops, for start-up only.
 */
#include <stddef.h>
#include <stdint.h>

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
