/*
 * The link through UIO: finds the ivshmem device by its class code and maps what it offers.
 *
 * Used by: link.c. Source: ivshmem v2 specification; the driver uio_ivshmem (map 0 registers,
 * 1 state table, 2 R/W section).
 * Does not: bind the driver to the device; docs/bridge.md says how.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "link.h"
#include "log.h"

#define UIO_CLASS "/sys/class/uio"
#define VENDOR_SIEMENS 0x110a
#define DEVICE_IVSHMEM 0x4106
#define CLASS_FRONT_END (0xff0000u | PROTOCOL_FRONT_END)
#define CLASS_BACK_END (0xff0000u | PROTOCOL_BACK_END)
#define SECTION_BYTES_MAXIMUM (256u << 20)

enum { MAP_REGISTERS, MAP_STATE_TABLE, MAP_SECTION };

/* A number in a sysfs file such as "0x110a"; 0 when it cannot be read. */
static unsigned long read_number(const char *uio_name, const char *file) {
  char path[512];
  char text[64] = "";
  snprintf(path, sizeof path, UIO_CLASS "/%s/%s", uio_name, file);
  int handle = open(path, O_RDONLY | O_CLOEXEC);
  if (handle < 0) {
    return 0;
  }
  ssize_t bytes = read(handle, text, sizeof text - 1);
  close(handle);
  return bytes > 0 ? strtoul(text, NULL, 0) : 0;
}

/* The protocol of a virtio-can link; 0: the UIO device is something else. */
static uint32_t protocol_of(const char *uio_name) {
  if (read_number(uio_name, "device/vendor") != VENDOR_SIEMENS ||
      read_number(uio_name, "device/device") != DEVICE_IVSHMEM) {
    return 0;
  }
  unsigned long class_code = read_number(uio_name, "device/class");
  return class_code == CLASS_FRONT_END || class_code == CLASS_BACK_END ? class_code & 0xffff : 0;
}

/* The name of the first UIO device that is a virtio-can link, in `name`. */
static bool find_device(char *name, size_t bytes) {
  struct dirent **entries = NULL;
  int count = scandir(UIO_CLASS, &entries, NULL, versionsort);
  bool found = false;
  for (int index = 0; index < count; index++) {
    const char *candidate = entries[index]->d_name;
    if (!found && candidate[0] != '.' && protocol_of(candidate) != 0) {
      found = (size_t)snprintf(name, bytes, "%s", candidate) < bytes;
    }
    free(entries[index]);
  }
  free(entries);
  return found;
}

static void *map_part(struct link *link, const char *uio_name, unsigned number, int protection,
                      size_t *bytes) {
  char file[64];
  snprintf(file, sizeof file, "maps/map%u/size", number);
  *bytes = read_number(uio_name, file);
  off_t offset = (off_t)number * sysconf(_SC_PAGESIZE);
  void *start = *bytes == 0 ? MAP_FAILED
                            : mmap(NULL, *bytes, protection, MAP_SHARED, link->handle, offset);
  if (start != MAP_FAILED) {
    return start;
  }
  log_line(LOG_FAULT,
           "%s: memory %u (%zu bytes) cannot be mapped (%s). Is it bound to uio_ivshmem, and has "
           "the root cell's config a state table and a R/W section?",
           link->name, number, *bytes, *bytes == 0 ? "it is not there" : strerror(errno));
  return NULL;
}

bool link_open_uio(struct link *link, const char *device) {
  char uio_name[64];
  if (device != NULL) {
    const char *slash = strrchr(device, '/');
    snprintf(uio_name, sizeof uio_name, "%s", slash == NULL ? device : slash + 1);
  } else if (!find_device(uio_name, sizeof uio_name)) {
    log_line(LOG_FAULT,
             "no UIO device is an ivshmem link for CAN (110a:4106, class ff8024 or ffc024). Is "
             "Jailhouse enabled with canwarden's root config, and uio_ivshmem loaded and bound? "
             "See docs/bridge.md; without hardware use --shm");
    return false;
  }
  link->own_protocol = protocol_of(uio_name);
  snprintf(link->name, sizeof link->name, "/dev/%s", uio_name);
  if (link->own_protocol == 0) {
    log_line(LOG_FAULT, "%s is no ivshmem link for CAN (110a:4106, class ff8024 or ffc024)",
             link->name);
    return false;
  }
  link->handle = open(link->name, O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (link->handle < 0) {
    log_line(LOG_FAULT, "%s cannot be opened: %s. The user of the bridge needs read and write "
             "rights on it (udev rule)", link->name, strerror(errno));
    return false;
  }
  size_t register_bytes;
  size_t table_bytes;
  size_t section_bytes;
  link->registers =
      map_part(link, uio_name, MAP_REGISTERS, PROT_READ | PROT_WRITE, &register_bytes);
  link->state_table = map_part(link, uio_name, MAP_STATE_TABLE, PROT_READ, &table_bytes);
  link->section = map_part(link, uio_name, MAP_SECTION, PROT_READ | PROT_WRITE, &section_bytes);
  if (link->registers == NULL || link->state_table == NULL || link->section == NULL) {
    return false;
  }
  link->section_bytes =
      (uint32_t)(section_bytes < SECTION_BYTES_MAXIMUM ? section_bytes : SECTION_BYTES_MAXIMUM);
  return true;
}
