// SPDX-License-Identifier: MIT
/*
 * UIO devices in /sys/class/uio; see uio.h.
 *
 * Does not: bind the driver to the device; docs/bridge.md says how.
 */
#define _GNU_SOURCE
#include "uio.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The kernel's list of UIO devices, and udev's device nodes. Tests replace both. */
#ifndef UIO_CLASS
#define UIO_CLASS "/sys/class/uio"
#endif
#ifndef UIO_NODES
#define UIO_NODES "/dev"
#endif
#define VENDOR_SIEMENS 0x110a
#define DEVICE_IVSHMEM 0x4106
#define CLASS_IVSHMEM 0xff0000u
/* Linux's MAX_UIO_MAPS. */
#define MAPS_MAXIMUM 5

/* Reads the first line of a sysfs file into `text`. False: not readable. */
static bool read_text(const char *name, const char *file, char *text, size_t bytes) {
  char path[512];
  snprintf(path, sizeof path, UIO_CLASS "/%s/%s", name, file);
  int handle = open(path, O_RDONLY | O_CLOEXEC);
  if (handle < 0) {
    return false;
  }
  ssize_t length = read(handle, text, bytes - 1);
  close(handle);
  if (length <= 0) {
    return false;
  }
  text[length] = 0;
  text[strcspn(text, "\n")] = 0;
  return true;
}

/* Reads a number such as "0x110a" from a sysfs file. 0: not readable. */
static unsigned long read_number(const char *name, const char *file) {
  char text[64];
  return read_text(name, file, text, sizeof text) ? strtoul(text, NULL, 0) : 0;
}

uint32_t uio_protocol(const char *name) {
  if (read_number(name, "device/vendor") != VENDOR_SIEMENS ||
      read_number(name, "device/device") != DEVICE_IVSHMEM) {
    return 0;
  }
  unsigned long class_code = read_number(name, "device/class");
  return (class_code & ~0xfffful) == CLASS_IVSHMEM ? (uint32_t)class_code & 0xffff : 0;
}

bool uio_find(char name[UIO_NAME_BYTES], const uint32_t *protocols, unsigned count) {
  struct dirent **entries = NULL;
  int entry_count = scandir(UIO_CLASS, &entries, NULL, versionsort);
  bool found = false;
  for (int index = 0; index < entry_count; index++) {
    const char *candidate = entries[index]->d_name;
    uint32_t protocol = found || candidate[0] == '.' ? 0 : uio_protocol(candidate);
    for (unsigned wanted = 0; protocol != 0 && wanted < count; wanted++) {
      if (protocol == protocols[wanted]) {
        found = (size_t)snprintf(name, UIO_NAME_BYTES, "%s", candidate) < UIO_NAME_BYTES;
      }
    }
    free(entries[index]);
  }
  free(entries);
  return found;
}

int uio_open(const char *name) {
  char path[512];
  snprintf(path, sizeof path, UIO_NODES "/%s", name);
  return open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
}

void *uio_map(const char *name, int handle, const char *map_name, int protection, size_t *bytes) {
  char file[64];
  char text[64];
  *bytes = 0;
  for (unsigned number = 0; number < MAPS_MAXIMUM; number++) {
    snprintf(file, sizeof file, "maps/map%u/name", number);
    if (!read_text(name, file, text, sizeof text) || strcmp(text, map_name) != 0) {
      continue;
    }
    snprintf(file, sizeof file, "maps/map%u/size", number);
    *bytes = read_number(name, file);
    if (*bytes == 0) {
      return NULL;
    }
    off_t offset = (off_t)number * sysconf(_SC_PAGESIZE);
    void *start = mmap(NULL, *bytes, protection, MAP_SHARED, handle, offset);
    return start == MAP_FAILED ? NULL : start;
  }
  return NULL;
}
