// SPDX-License-Identifier: MIT
/*
 * Common code of links through UIO and through a shared file; see link.h.
 *
 * Does not: map anything; link-uio.c, link-file.c and control-uio.c do.
 */
#include "link.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "link-file.h"
#include "log.h"

bool link_is_control_only(const struct options *options) {
  char name[64];
  if (options->control_only) {
    return true;
  }
  if (options->shared_file != NULL || options->uio_device != NULL || link_has_uio() ||
      !link_is_of_kernel(name, sizeof name)) {
    return false;
  }
  log_line(LOG_NOTICE,
           "%s is the link of Linux's own virtio_can (class ff8024): no frames here, only "
           "questions about the cell",
           name);
  return true;
}

static bool open_control_only(struct link *link, const struct options *options) {
  link->control_only = true;
  link->handle = -1;
  if (options->shared_file != NULL) {
    return link_open_file(link, options->shared_file);
  }
  link_open_uio_control(link);
  if (link->status_page == NULL) {
    log_line(LOG_FAULT,
             "there is nothing to serve: the control device cannot be used. Next: canwarden "
             "up binds it to uio_ivshmem");
  }
  return link->status_page != NULL;
}

bool link_open(struct link *link, const struct options *options) {
  if (options->control_only) {
    return open_control_only(link, options);
  }
  bool opened = options->shared_file != NULL ? link_open_file(link, options->shared_file)
                                             : link_open_uio(link, options->uio_device);
  if (opened) {
    log_line(LOG_NOTICE, "link %s: section of %u KiB, playing the %s", link->name,
             link->section_bytes >> 10,
             link->own_protocol == PROTOCOL_BACK_END ? "back-end (virtio-can device)"
                                                     : "front-end (virtio-can driver)");
  }
  if (opened && options->shared_file == NULL) {
    link_open_uio_control(link);
  }
  return opened;
}

uint32_t link_register_read(const struct link *link, uint32_t offset) {
  if (link->registers != NULL) {
    return link->registers[offset / 4];
  }
  return link_file_register_read(link, offset);
}

void link_register_write(struct link *link, uint32_t offset, uint32_t value) {
  if (link->registers != NULL) {
    link->registers[offset / 4] = value;
  } else {
    link_file_register_write(link, offset, value);
  }
}

void link_tend(struct link *link, uint64_t now_nanos) {
  if (link->descriptor != NULL) {
    link_file_tend(link, now_nanos);
  }
}

bool link_is_alive(const struct link *link) {
  uint32_t count;
  ssize_t bytes = read(link->handle, &count, sizeof count);
  if (bytes == (ssize_t)sizeof count || (bytes < 0 && (errno == EAGAIN || errno == EINTR))) {
    return true;
  }
  log_line(LOG_FAULT,
           "%s gives no more interrupts (%s). Was Jailhouse disabled? Next: enable it, then start "
           "the bridge again",
           link->name, bytes < 0 ? strerror(errno) : "end of file");
  return false;
}
