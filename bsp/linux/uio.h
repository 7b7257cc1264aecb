// SPDX-License-Identifier: MIT
/*
 * UIO devices that are ivshmem devices: found by class code, their memory mapped by name.
 *
 * Source: ivshmem v2 specification; the driver uio_ivshmem names the maps.
 */
#ifndef CANWARDEN_UIO_H
#define CANWARDEN_UIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes of a name such as "uio0". */
#define UIO_NAME_BYTES 64

/** The low half of the class code (0xffPPPP) of UIO device `name`. 0: not an ivshmem device. */
uint32_t uio_protocol(const char *name);

/** Finds the first UIO device with one of `count` protocols. False: there is none. */
bool uio_find(char name[UIO_NAME_BYTES], const uint32_t *protocols, unsigned count);

/** Opens /dev/NAME for non-blocking reads and writes. -1: errno says why. */
int uio_open(const char *name);

/** Maps the device's memory named `map_name`. NULL: there is none (`*bytes` 0), or mapping failed (errno). */
void *uio_map(const char *name, int handle, const char *map_name, int protection, size_t *bytes);

#endif
