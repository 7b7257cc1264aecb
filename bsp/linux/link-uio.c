// SPDX-License-Identifier: MIT
/*
 * The link through UIO: finds the ivshmem device by its class code and maps its memory.
 *
 * Source: ivshmem v2 specification.
 * Does not: bind the driver to the device; docs/bridge.md says how.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "link.h"
#include "log.h"
#include "uio.h"

#define SECTION_BYTES_MAXIMUM (256u << 20)

static const uint32_t LINK_PROTOCOLS[] = {PROTOCOL_FRONT_END, PROTOCOL_BACK_END};

static bool is_link(uint32_t protocol) {
  return protocol == PROTOCOL_FRONT_END || protocol == PROTOCOL_BACK_END;
}

bool link_has_uio(void) {
  char name[UIO_NAME_BYTES];
  return uio_find(name, LINK_PROTOCOLS, 2);
}

static void *map_part(struct link *link, const char *uio_name, const char *map_name, int protection,
                      size_t *bytes) {
  void *start = uio_map(uio_name, link->handle, map_name, protection, bytes);
  if (start == NULL) {
    log_line(LOG_FAULT,
             "%s: memory \"%s\" (%zu bytes) cannot be mapped (%s). Is it bound to uio_ivshmem, and "
             "has the root cell's config a state table and a R/W section?",
             link->name, map_name, *bytes, *bytes == 0 ? "it is not there" : strerror(errno));
  }
  return start;
}

bool link_open_uio(struct link *link, const char *device) {
  char uio_name[UIO_NAME_BYTES];
  if (device != NULL) {
    const char *slash = strrchr(device, '/');
    snprintf(uio_name, sizeof uio_name, "%s", slash == NULL ? device : slash + 1);
  } else if (!uio_find(uio_name, LINK_PROTOCOLS, 2)) {
    log_line(
        LOG_FAULT,
        "no UIO device is an ivshmem link for CAN (110a:4106, class ff8024 or ffc024). Is "
        "Jailhouse enabled with canwarden's root config, and uio_ivshmem loaded and bound? "
        "See docs/bridge.md; without hardware use --shm; where Linux's own virtio_can drives the "
        "cell, --control-only");
    return false;
  }
  link->own_protocol = uio_protocol(uio_name);
  snprintf(link->name, sizeof link->name, "/dev/%s", uio_name);
  if (!is_link(link->own_protocol)) {
    log_line(LOG_FAULT, "%s is no ivshmem link for CAN (110a:4106, class ff8024 or ffc024)",
             link->name);
    return false;
  }
  link->handle = uio_open(uio_name);
  if (link->handle < 0) {
    log_line(LOG_FAULT,
             "%s cannot be opened: %s. The user of the bridge needs read and write "
             "rights on it (udev rule)",
             link->name, strerror(errno));
    return false;
  }
  size_t register_bytes;
  size_t table_bytes;
  size_t section_bytes;
  link->registers = map_part(link, uio_name, "registers", PROT_READ | PROT_WRITE, &register_bytes);
  link->state_table = map_part(link, uio_name, "state_table", PROT_READ, &table_bytes);
  link->section = map_part(link, uio_name, "rw_section", PROT_READ | PROT_WRITE, &section_bytes);
  if (link->registers == NULL || link->state_table == NULL || link->section == NULL) {
    return false;
  }
  link->section_bytes =
      (uint32_t)(section_bytes < SECTION_BYTES_MAXIMUM ? section_bytes : SECTION_BYTES_MAXIMUM);
  return true;
}
