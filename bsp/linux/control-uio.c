// SPDX-License-Identifier: MIT
/*
 * The control device through UIO: the ivshmem device of protocol 0x4057. It has one output section for
 * each side and no R/W section. It is optional: the bridge carries frames without it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "link.h"
#include "log.h"
#include "uio.h"

#define PROTOCOL_CONTROL 0x4057
/* Peer number of the cell: index of its output section. */
#define CELL_ID 1
#define PEERS 2

static const uint32_t CONTROL_PROTOCOLS[] = {PROTOCOL_CONTROL};

void link_open_uio_control(struct link *link) {
  char name[UIO_NAME_BYTES];
  if (!uio_find(name, CONTROL_PROTOCOLS, 1)) {
    log_line(LOG_NOTICE,
             "no control device (110a:4106, class ff4057): frames are carried, questions "
             "about the cell not answered");
    return;
  }
  int handle = uio_open(name);
  if (handle < 0) {
    log_line(LOG_WARNING,
             "the control device /dev/%s cannot be opened: %s. Questions about the cell "
             "are not answered. Next: read and write rights on it (udev rule)",
             name, strerror(errno));
    return;
  }
  size_t input_bytes;
  size_t own_bytes;
  volatile uint8_t *inputs = uio_map(name, handle, "input_sections", PROT_READ, &input_bytes);
  volatile uint8_t *own =
      uio_map(name, handle, "output_section", PROT_READ | PROT_WRITE, &own_bytes);
  if (inputs == NULL || own == NULL || own_bytes != CONTROL_BYTES ||
      input_bytes != PEERS * CONTROL_BYTES) {
    log_line(LOG_WARNING,
             "the control device /dev/%s has input sections of %zu bytes and an output "
             "section of %zu, %u and %u are expected. Questions about the cell are not answered. "
             "Next: enable Jailhouse with canwarden's root config",
             name, input_bytes, own_bytes, PEERS * CONTROL_BYTES, CONTROL_BYTES);
    return;
  }
  link->status_page = inputs + CELL_ID * CONTROL_BYTES;
  link->requests = own;
  log_line(LOG_NOTICE, "control device /dev/%s", name);
}
