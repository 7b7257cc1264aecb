/* SPDX-License-Identifier: MIT */
/*
 * What the lab lays into the memory of the emulated board for the stub (lab/qemu/stub-memory.ts writes it).
 *
 * Numbers are little-endian; the structures have no padding.
 */
#ifndef CANWARDEN_QEMU_STUB_H
#define CANWARDEN_QEMU_STUB_H

#include <stdint.h>

/* Physical address of the configuration: above the stub, below what a cell has. */
#define STUB_CONFIG_ADDRESS 0x00200000
#define STUB_MAGIC 0x42555453 /* "STUB" */

#define STUB_REGIONS_MAX 32
#define STUB_DEVICES_MAX 4
#define STUB_PCI_IMAGE_BYTES 0x80

/* Flags of a region. */
#define STUB_WRITE 1
#define STUB_DEVICE 2

/* A part of the cell's address space: whole pages. Everything else is emulated, or parks the cell. */
struct stub_region {
  uint64_t physical;
  uint64_t guest;
  uint64_t bytes;
  uint64_t flags;
};

/* One ivshmem device, and its configuration space as it is at the start of the cell. */
struct stub_device {
  uint32_t bdf;
  uint32_t id;
  uint32_t peers;
  uint32_t bar_mask;
  uint64_t state_table;
  uint8_t image[STUB_PCI_IMAGE_BYTES];
};

struct stub_config {
  uint32_t magic;
  uint32_t region_count;
  uint32_t device_count;
  uint32_t unused;
  uint64_t pci_base;
  uint64_t pci_bytes;
  uint64_t communication_region;
  struct stub_region regions[STUB_REGIONS_MAX];
  struct stub_device devices[STUB_DEVICES_MAX];
};

#endif
