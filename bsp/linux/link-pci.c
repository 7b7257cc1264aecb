// SPDX-License-Identifier: MIT
/*
 * Detects a link that belongs to Linux's own driver: an ivshmem device of class 0xff8024 on the PCI bus.
 * Linux's virtio_ivshmem binds to it once the cell is ready, so it may have no driver yet.
 *
 * Source: ivshmem v2 specification; /sys/bus/pci/devices of Linux.
 * Does not: look at UIO devices; link-uio.c does, and it is asked first.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link.h"

/* The kernel's list of PCI devices. Tests replace it. */
#ifndef PCI_DEVICES
#define PCI_DEVICES "/sys/bus/pci/devices"
#endif
#define VENDOR_SIEMENS 0x110a
#define DEVICE_IVSHMEM 0x4106
#define CLASS_IVSHMEM 0xff0000u

/* Reads a number such as "0x110a" from a file in the device's folder. 0: not readable. */
static unsigned long read_number(const char *name, const char *file) {
  char path[512];
  char text[32] = "";
  snprintf(path, sizeof path, PCI_DEVICES "/%s/%s", name, file);
  FILE *source = fopen(path, "re");
  if (source == NULL) {
    return 0;
  }
  unsigned long number = fgets(text, sizeof text, source) == NULL ? 0 : strtoul(text, NULL, 0);
  fclose(source);
  return number;
}

bool link_is_of_kernel(char *name, size_t bytes) {
  DIR *folder = opendir(PCI_DEVICES);
  bool found = false;
  if (folder == NULL) {
    return false;
  }
  for (struct dirent *entry = readdir(folder); entry != NULL && !found; entry = readdir(folder)) {
    found = entry->d_name[0] != '.' && read_number(entry->d_name, "vendor") == VENDOR_SIEMENS &&
            read_number(entry->d_name, "device") == DEVICE_IVSHMEM &&
            read_number(entry->d_name, "class") == (CLASS_IVSHMEM | PROTOCOL_FRONT_END);
    if (found) {
      snprintf(name, bytes, "%.*s", (int)bytes - 1, entry->d_name);
    }
  }
  closedir(folder);
  return found;
}
