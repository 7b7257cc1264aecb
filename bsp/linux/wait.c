// SPDX-License-Identifier: MIT
/*
 * The sleep of canwarden-bridge; see wait.h.
 *
 * Source: epoll(7), epoll_wait(2). A UIO device wakes its listeners at every interrupt, and stays readable
 * (Linux drivers/uio/uio.c), so each interrupt is one edge.
 */
#define _GNU_SOURCE
#include "wait.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "log.h"

enum { TAG_INTERFACE, TAG_LINK, TAG_LISTENER, TAGS };

static int set = -1;
/* The interface that the set has; -1: none. */
static int listened = -1;
/* epoll_pwait2(2) is there: Linux 5.11, and a service manager that lets it through. */
static bool has_fine_sleep = true;

static bool add(int handle, uint32_t events, uint32_t tag) {
  struct epoll_event event = {.events = events, .data.u32 = tag};
  return epoll_ctl(set, EPOLL_CTL_ADD, handle, &event) == 0;
}

bool wait_open(int link, int listener) {
  set = epoll_create1(EPOLL_CLOEXEC);
  if (set < 0 || (link >= 0 && !add(link, EPOLLIN | EPOLLET, TAG_LINK)) ||
      (listener >= 0 && !add(listener, EPOLLIN, TAG_LISTENER))) {
    log_line(LOG_FAULT, "cannot wait for the cell: %s", strerror(errno));
    return false;
  }
  return true;
}

/* Puts the interface in the set, or takes it out: its frames are seldom not wanted. False: a set cannot have it. */
static bool listen_to(int interface) {
  if (interface != listened) {
    if (listened >= 0) {
      epoll_ctl(set, EPOLL_CTL_DEL, listened, NULL);
    }
    listened = interface >= 0 && add(interface, EPOLLIN, TAG_INTERFACE) ? interface : -1;
  }
  return interface == listened;
}

/* Sleeps on the set, the interface (-1: none) and the clients. Returns the number of events of the set. */
static int wait_apart(struct epoll_event *events, const struct timespec *limit,
                      const sigset_t *mask, int interface, struct pollfd *sources, unsigned count) {
  struct pollfd all[WAIT_SOURCES_MAXIMUM + 1];
  all[0] = (struct pollfd){.fd = set, .events = POLLIN};
  all[1] = (struct pollfd){.fd = interface, .events = POLLIN};
  memcpy(&all[2], &sources[1], (count - 1) * sizeof *sources);
  if (ppoll(all, count + 1, limit, mask) <= 0) {
    return 0;
  }
  memcpy(&sources[1], &all[2], (count - 1) * sizeof *sources);
  int ready = all[0].revents != 0 ? epoll_wait(set, events, TAGS - 1, 0) : 0;
  if (all[1].revents != 0) {
    events[ready < 0 ? 0 : ready].data.u32 = TAG_INTERFACE;
    ready = ready < 0 ? 1 : ready + 1;
  }
  return ready;
}

struct wake wait_for_work(long nanos, const sigset_t *mask, int interface, struct pollfd *sources,
                          unsigned count) {
  struct epoll_event events[TAGS];
  const struct timespec limit = {.tv_nsec = nanos};
  struct wake wake = {0};
  int ready = 0;
  bool is_in_set = listen_to(interface);
  bool is_one_call = count <= 1 && is_in_set && has_fine_sleep;
  if (is_one_call) {
    ready = epoll_pwait2(set, events, TAGS, &limit, mask);
    has_fine_sleep = ready >= 0 || errno == EINTR;
  }
  if (!is_one_call || !has_fine_sleep) {
    ready = wait_apart(events, &limit, mask, is_in_set ? -1 : interface, sources, count);
  }
  for (int index = 0; index < ready; index++) {
    switch (events[index].data.u32) {
      case TAG_INTERFACE:
        wake.interface = true;
        break;
      case TAG_LINK:
        wake.interrupt = true;
        wake.link_failed = (events[index].events & (EPOLLERR | EPOLLHUP)) != 0;
        break;
      default:
        sources[0].revents = POLLIN;
    }
  }
  return wake;
}
