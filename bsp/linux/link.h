// SPDX-License-Identifier: MIT
/*
 * The memory link to the cell as this process sees it: an ivshmem device through UIO, or a shared
 * file that both ends poll.
 *
 * Does not: interpret the section's contents; the module does.
 */
#ifndef CANWARDEN_LINK_H
#define CANWARDEN_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "options.h"

/** The two roles of virtio-can over ivshmem, as the low half of a class code. */
#define PROTOCOL_FRONT_END 0x8024
#define PROTOCOL_BACK_END 0xc024

/** Bytes of each output section of the control device. */
#define CONTROL_BYTES 0x20000u

/** The mapped memory. The other end writes to it, too. */
struct link {
  /** The R/W section. */
  volatile uint8_t *section;
  uint32_t section_bytes;
  /** One 32-bit state per peer. */
  volatile uint32_t *state_table;
  /** The device's registers (UIO). NULL: a shared file, and link-file.c emulates them. */
  volatile uint32_t *registers;
  /** The first page of a shared file (docs/bridge.md). NULL with UIO. */
  volatile uint32_t *descriptor;
  /** The control device: the cell's output section and this side's. Both are NULL without it. */
  volatile uint8_t *status_page;
  volatile uint8_t *requests;
  /** With a shared file: the state this end last announced. */
  uint32_t own_state;
  /** This end's role: PROTOCOL_FRONT_END or PROTOCOL_BACK_END. */
  uint32_t own_protocol;
  /** Only the control device is used, without frames. Linux's own driver may have the link. */
  bool control_only;
  /** Becomes readable when the cell rings. -1: no interrupt, poll. */
  int handle;
  /** What was opened, for messages. */
  char name[128];
};

/**
 * Whether the bridge carries no frames: by option, or because the link's role is the one of Linux's own
 * driver and no UIO driver has the link. Ask before link_open.
 */
bool link_is_control_only(const struct options *options);

/** Opens the link that the options name. False: a line has said why not. */
bool link_open(struct link *link, const struct options *options);

/** Whether a UIO driver has a CAN link (link-uio.c). */
bool link_has_uio(void);

/** Opens a UIO device (link-uio.c). */
bool link_open_uio(struct link *link, const char *device);

/** Whether a link of Linux's own driver is on the PCI bus (link-pci.c). `name` receives its address. */
bool link_is_of_kernel(char *name, size_t bytes);

/** Opens the control device if there is one (control-uio.c). A line says what was found. */
void link_open_uio_control(struct link *link);

/** Opens a shared file or PCI resource (link-file.c). Waits for the other end to lay it out. */
bool link_open_file(struct link *link, const char *path);

/** Reads or writes a device register; offsets as in the ivshmem v2 specification. */
uint32_t link_register_read(const struct link *link, uint32_t offset);
void link_register_write(struct link *link, uint32_t offset, uint32_t value);

/** With a shared file: beats for this end, and zeroes the other end's state when its heartbeat stops. */
void link_tend(struct link *link, uint64_t now_nanos);

/** Whether `handle` still gives interrupts. False: the device is gone, and a line has said so. */
bool link_is_alive(const struct link *link);

#endif
