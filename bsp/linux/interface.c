// SPDX-License-Identifier: MIT
/*
 * Network interfaces: existence, state, creation of a vcan interface.
 *
 * Source: rtnetlink(7), netdevice(7).
 * Does not: set bit rates; the system configures a real CAN interface.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "can-socket.h"

#define VCAN "vcan"

struct request {
  struct nlmsghdr header;
  struct ifinfomsg interface;
  char attributes[128];
};

bool interface_exists(const char *name) {
  return if_nametoindex(name) != 0;
}

bool interface_is_up(const char *name) {
  struct ifreq request = {0};
  memcpy(request.ifr_name, name, strnlen(name, IFNAMSIZ - 1));
  /* Any socket works for SIOCGIFFLAGS. The service may open only AF_UNIX and AF_CAN. */
  int handle = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  bool is_up = handle >= 0 && ioctl(handle, SIOCGIFFLAGS, &request) == 0 &&
               (request.ifr_flags & IFF_UP) != 0;
  if (handle >= 0) {
    close(handle);
  }
  return is_up;
}

/* Appends an attribute and returns it, so that a nested one can be closed. */
static struct rtattr *append(struct request *request, unsigned short type, const void *value,
                             size_t bytes) {
  struct rtattr *attribute =
      (struct rtattr *)((char *)request + NLMSG_ALIGN(request->header.nlmsg_len));
  attribute->rta_type = type;
  attribute->rta_len = (unsigned short)RTA_LENGTH(bytes);
  if (bytes > 0) {
    memcpy(RTA_DATA(attribute), value, bytes);
  }
  request->header.nlmsg_len =
      NLMSG_ALIGN(request->header.nlmsg_len) + (uint32_t)RTA_ALIGN(attribute->rta_len);
  return attribute;
}

/* Sends the request and waits for the kernel's acknowledgement. Returns 0 or a negative errno. */
static int transact(struct request *request) {
  int handle = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (handle < 0) {
    return -errno;
  }
  char answer[1024];
  int result = -EIO;
  if (send(handle, request, request->header.nlmsg_len, 0) < 0) {
    result = -errno;
  } else {
    ssize_t bytes = recv(handle, answer, sizeof answer, 0);
    const struct nlmsghdr *header = (const struct nlmsghdr *)answer;
    if (bytes >= (ssize_t)NLMSG_LENGTH(sizeof(struct nlmsgerr)) &&
        header->nlmsg_type == NLMSG_ERROR) {
      result = ((const struct nlmsgerr *)NLMSG_DATA(header))->error;
    }
  }
  close(handle);
  return result;
}

static struct request new_link_request(unsigned short flags, int index) {
  return (struct request){
      .header = {.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
                 .nlmsg_type = RTM_NEWLINK,
                 .nlmsg_flags = (unsigned short)(NLM_F_REQUEST | NLM_F_ACK | flags)},
      .interface = {.ifi_family = AF_UNSPEC,
                    .ifi_index = index,
                    .ifi_flags = IFF_UP,
                    .ifi_change = IFF_UP},
  };
}

int interface_set_up(const char *name) {
  struct request request = new_link_request(0, (int)if_nametoindex(name));
  return transact(&request);
}

int interface_create(const char *name) {
  struct request request = new_link_request(NLM_F_CREATE | NLM_F_EXCL, 0);
  append(&request, IFLA_IFNAME, name, strlen(name) + 1);
  struct rtattr *nest = append(&request, IFLA_LINKINFO, NULL, 0);
  append(&request, IFLA_INFO_KIND, VCAN, sizeof VCAN - 1);
  nest->rta_len = (unsigned short)((char *)&request + request.header.nlmsg_len - (char *)nest);
  return transact(&request);
}
