// SPDX-License-Identifier: MIT
/*
 * Freestanding stand-in for <string.h>; definitions in ../memory.c. The generated module's table support
 * needs memcmp declared. It is never called: a call would fail to link.
 */
#ifndef CANWARDEN_STRING_H
#define CANWARDEN_STRING_H
#include <stddef.h>
void *memcpy(void *destination, const void *source, size_t count);
void *memmove(void *destination, const void *source, size_t count);
void *memset(void *destination, int value, size_t count);
int memcmp(const void *left, const void *right, size_t count);
#endif
