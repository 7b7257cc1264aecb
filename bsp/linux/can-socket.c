// SPDX-License-Identifier: MIT
/*
 * The SocketCAN interface of canwarden-bridge; see can-socket.h.
 *
 * Source: Linux Documentation/networking/can.rst.
 */
#define _GNU_SOURCE
#include "can-socket.h"

#include <errno.h>
#include <linux/can/error.h>
#include <linux/can/raw.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "can-text.h"
#include "log.h"

/* Frames wait here while the ring to the cell is full. 8 MiB hold about 10,000 frames. */
#define RECEIVE_BUFFER_BYTES (8 << 20)

static bool prepare_interface(const struct options *options) {
  const char *name = options->interface;
  if (!interface_exists(name)) {
    int result = options->create ? interface_create(name) : -ENODEV;
    if (result == 0) {
      log_line(LOG_NOTICE, "interface %s created", name);
      return true;
    }
    if (!options->create) {
      log_line(LOG_FAULT,
               "there is no interface %s. Next: ip link add %s type vcan && ip link set %s up, or "
               "use --create",
               name, name, name);
    } else {
      log_line(LOG_FAULT,
               "interface %s cannot be created: %s. It needs CAP_NET_ADMIN and the kernel module "
               "vcan (modprobe vcan)",
               name, strerror(-result));
    }
    return false;
  }
  if (!interface_is_up(name)) {
    int result = options->create ? interface_set_up(name) : -ENETDOWN;
    if (result != 0) {
      log_line(LOG_WARNING,
               "interface %s is down; frames for it are refused until it is up. Next: "
               "ip link set %s up",
               name, name);
    }
  }
  return true;
}

static void set_option(int handle, int level, int name, const void *value, socklen_t bytes,
                       const char *what) {
  if (setsockopt(handle, level, name, value, bytes) != 0) {
    log_line(LOG_WARNING, "%s cannot be set: %s", what, strerror(errno));
  }
}

static void set_options(int handle, const struct options *options) {
  const int on = 1;
  const int off = 0;
  const int buffer_bytes = RECEIVE_BUFFER_BYTES;
  const can_err_mask_t errors = CAN_ERR_MASK;
  set_option(handle, SOL_CAN_RAW, CAN_RAW_RECV_OWN_MSGS, &off, sizeof off, "no own frames");
  set_option(handle, SOL_CAN_RAW, CAN_RAW_ERR_FILTER, &errors, sizeof errors, "error messages");
  set_option(handle, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof on, "the kernel's drop counter");
  if (options->filter_count > 0) {
    set_option(handle, SOL_CAN_RAW, CAN_RAW_FILTER, options->filters,
               options->filter_count * (socklen_t)sizeof options->filters[0], "the filters");
  }
  /* Exceeding net.core.rmem_max takes CAP_NET_ADMIN. Without it, ask for that maximum. */
  if (setsockopt(handle, SOL_SOCKET, SO_RCVBUFFORCE, &buffer_bytes, sizeof buffer_bytes) != 0) {
    set_option(handle, SOL_SOCKET, SO_RCVBUF, &buffer_bytes, sizeof buffer_bytes,
               "the receive buffer");
  }
}

bool can_socket_open(struct can_socket *can, const struct options *options) {
  *can = (struct can_socket){.interface = options->interface};
  if (strcmp(options->interface, CAN_TEXT_INTERFACE) == 0) {
    can_text_open(can);
    return true;
  }
  if (!prepare_interface(options)) {
    return false;
  }
  can->handle = socket(PF_CAN, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, CAN_RAW);
  if (can->handle < 0) {
    log_line(LOG_FAULT, "no CAN socket: %s. It needs the kernel module can_raw, and CAP_NET_RAW",
             strerror(errno));
    return false;
  }
  set_options(can->handle, options);
  struct sockaddr_can address = {
      .can_family = AF_CAN,
      .can_ifindex = (int)if_nametoindex(options->interface),
  };
  if (bind(can->handle, (const struct sockaddr *)&address, sizeof address) != 0) {
    log_line(LOG_FAULT, "interface %s cannot be used: %s. Is it a CAN interface?",
             options->interface, strerror(errno));
    return false;
  }
  return true;
}

/* The kernel attaches the drop counter (SO_RXQ_OVFL) to a frame once it is not 0. */
static void note_drops(struct can_socket *can, struct msghdr *message) {
  for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL;
       part = CMSG_NXTHDR(message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SO_RXQ_OVFL) {
      continue;
    }
    uint32_t drops;
    memcpy(&drops, CMSG_DATA(part), sizeof drops);
    if (drops != can->kernel_drops) {
      log_line(LOG_WARNING,
               "the kernel dropped %u frame%s of %s so far: the cell takes them more slowly than "
               "they come. Next: --filter, or fewer frames",
               drops, plural_of(drops), can->interface);
    }
    can->kernel_drops = drops;
  }
}

bool can_socket_receive(struct can_socket *can, struct can_frame *frame) {
  if (can->is_text) {
    return can_text_receive(can, frame);
  }
  char control[CMSG_SPACE(sizeof(uint32_t))];
  struct iovec place = {.iov_base = frame, .iov_len = sizeof *frame};
  struct msghdr message = {
      .msg_iov = &place, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
  ssize_t bytes = recvmsg(can->handle, &message, 0);
  if (bytes != (ssize_t)sizeof *frame) {
    /* EAGAIN: no frame. ENETDOWN: once, when the interface goes down; sending reports it. ENODEV: deleted. */
    can->receive_wanted = true;
    can->deleted |= bytes < 0 && errno == ENODEV;
    return false;
  }
  note_drops(can, &message);
  can->received += 1;
  if ((frame->can_id & CAN_ERR_FLAG) != 0) {
    can->error_frames += 1;
  }
  return true;
}

enum can_send_result can_socket_send(struct can_socket *can, const struct can_frame *frame) {
  if (can->is_text) {
    return can_text_send(can, frame);
  }
  ssize_t bytes = write(can->handle, frame, sizeof *frame);
  if (bytes == (ssize_t)sizeof *frame) {
    if (can->down) {
      log_line(LOG_NOTICE, "interface %s takes frames again", can->interface);
    }
    can->down = false;
    can->sent += 1;
    return CAN_TAKEN;
  }
  if (errno == EAGAIN || errno == ENOBUFS || errno == EINTR) {
    can->send_blocked = true;
    return CAN_WOULD_BLOCK;
  }
  can->deleted |= errno == ENODEV || errno == ENXIO;
  if (!can->down && !can->deleted) {
    log_line(LOG_WARNING,
             "interface %s takes no frames (%s); they are refused and counted. Next: ip link set "
             "%s up",
             can->interface, strerror(errno), can->interface);
  }
  can->down = true;
  can->refused += 1;
  return CAN_REFUSED;
}
