/*
 * UIO devices that are ivshmem devices: finding one by its class code, mapping its memory by name.
 *
 * Source: ivshmem v2 specification; the driver uio_ivshmem names its maps.
 */
#ifndef CANWARDEN_UIO_H
#define CANWARDEN_UIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes of a name such as "uio0". */
#define UIO_NAME_BYTES 64

/** The low half of the class code (0xffPPPP) of UIO device `name`; 0: it is no ivshmem device. */
uint32_t uio_protocol(const char *name);

/** Finds the first UIO device of one of `count` protocols. False: there is none. */
bool uio_find(char name[UIO_NAME_BYTES], const uint32_t *protocols, unsigned count);

/** Opens /dev/NAME for reading and writing, not blocking. -1: errno says why. */
int uio_open(const char *name);

/** Maps the device's memory called `map_name`. NULL: there is none (`*bytes` 0), or errno. */
void *uio_map(const char *name, int handle, const char *map_name, int protection, size_t *bytes);

#endif
