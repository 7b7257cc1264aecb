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

/* What the kernel fills in with each frame that it gives. */
union drop_counter {
  struct cmsghdr align;
  char bytes[CMSG_SPACE(sizeof(uint32_t))];
};

/* A list of frames for one system call. The frames lie where the module has them, always at one place. */
struct batch {
  struct mmsghdr messages[CAN_BATCH_FRAMES];
  struct iovec places[CAN_BATCH_FRAMES];
};

static struct batch incoming;
static struct batch outgoing;
static union drop_counter drop_counters[CAN_BATCH_FRAMES];

static void point_at(struct batch *batch, struct can_frame *frames) {
  if (batch->places[0].iov_base == frames) {
    return;
  }
  for (unsigned index = 0; index < CAN_BATCH_FRAMES; index++) {
    batch->places[index] = (struct iovec){&frames[index], sizeof frames[index]};
    batch->messages[index].msg_hdr =
        (struct msghdr){.msg_iov = &batch->places[index], .msg_iovlen = 1};
  }
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

bool can_socket_waiting(struct can_socket *can) {
  can->receive_wanted |= can->drained;
  return !can->drained;
}

unsigned can_socket_receive(struct can_socket *can, struct can_frame *frames, unsigned limit) {
  if (can->is_text) {
    return can_text_receive(can, frames);
  }
  unsigned wanted = limit < CAN_BATCH_FRAMES ? limit : CAN_BATCH_FRAMES;
  point_at(&incoming, frames);
  for (unsigned index = 0; index < wanted; index++) {
    incoming.messages[index].msg_hdr.msg_control = &drop_counters[index];
    incoming.messages[index].msg_hdr.msg_controllen = sizeof drop_counters[index];
  }
  int taken = recvmmsg(can->handle, incoming.messages, wanted, 0, NULL);
  if (taken < (int)wanted) {
    can->drained = true;
    can->receive_wanted = true;
  }
  if (taken <= 0) {
    /* EAGAIN: no frame. ENETDOWN: once, when the interface goes down; sending reports it. ENODEV: deleted. */
    can->deleted |= taken < 0 && (errno == ENODEV || errno == ENXIO);
    return 0;
  }
  unsigned count = (unsigned)taken;
  can->received += count;
  for (unsigned index = 0; index < count; index++) {
    can->error_frames += (frames[index].can_id & CAN_ERR_FLAG) != 0;
  }
  /* The counter only grows: the last one says it all. */
  note_drops(can, &incoming.messages[count - 1].msg_hdr);
  return count;
}

/* The first frame of the last call was not taken. */
static uint32_t refuse_first(struct can_socket *can) {
  can->deleted |= errno == ENODEV || errno == ENXIO;
  if (!can->down && !can->deleted) {
    log_line(LOG_WARNING,
             "interface %s takes no frames (%s); they are refused and counted. Next: ip link set "
             "%s up",
             can->interface, strerror(errno), can->interface);
  }
  can->down = true;
  can->refused += 1;
  return CAN_REFUSED | 1;
}

uint32_t can_socket_send(struct can_socket *can, struct can_frame *frames, unsigned count) {
  if (can->is_text) {
    return can_text_send(can, frames);
  }
  if (count >= CAN_BATCH_FRAMES) {
    /* It takes a while, and more may follow: the other direction must not wait for all of it. */
    can->drained = false;
  }
  point_at(&outgoing, frames);
  int taken = sendmmsg(can->handle, outgoing.messages,
                       count < CAN_BATCH_FRAMES ? count : CAN_BATCH_FRAMES, 0);
  if (taken > 0) {
    if (can->down) {
      log_line(LOG_NOTICE, "interface %s takes frames again", can->interface);
    }
    can->down = false;
    can->sent += (unsigned)taken;
    return (uint32_t)taken;
  }
  if (taken == 0 || errno == EAGAIN || errno == ENOBUFS || errno == EINTR) {
    can->send_blocked = true;
    return 0;
  }
  return refuse_first(can);
}
