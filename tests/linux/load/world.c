// SPDX-License-Identifier: MIT
/*
 * The world around canwarden-bridge, for counting: its link, its interface and its sleep, in place of Linux's.
 *
 * Linked with the bridge's own files by `-Wl,--wrap`: each system call that a frame costs goes through here,
 * is counted, and works on a page of a shared file (world.ts). While the bridge sleeps the other process gives
 * it frames and moves the time; a byte in each of two pipes hands over the turn.
 *
 * Each function is framed by marks, so that a tracer (count-steps.c) counts the bridge's own instructions alone.
 * Does not: emulate Linux. Time stands still while the bridge runs.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "can-socket.h"
#include "link.h"

/* The shared file, as world.ts lays it out. */
#define STATE_TABLE 0x1000
#define SECTION 0x2000
#define SECTION_BYTES 0x40000
#define REQUESTS 0x42000
#define STATUS_PAGE 0x62000
#define EXCHANGE 0x82000
#define FILE_BYTES 0xc4000
#define RING_FRAMES 8192

/* The two pipes, which this process is born with, and handles of files that are not there. */
enum { TURN_OUT = 3, TURN_IN = 4, HANDLE_INTERFACE = 900, HANDLE_LINK = 901 };

enum { REGISTER_ID, REGISTER_PEERS, REGISTER_INTERRUPT, REGISTER_DOORBELL, REGISTER_STATE };

/* The page of the exchange; world.ts knows the same offsets. */
struct exchange {
  uint64_t now_nanos;
  uint64_t sleep_nanos;
  uint32_t interface_polled;
  uint32_t interrupt_enabled;
  uint32_t interrupt_pending;
  uint32_t stop;
  /* Frames that the interface takes before it is full. */
  uint32_t room;
  /* An errno: the interface refuses every frame with it. 0: it takes frames. */
  uint32_t refusal;
  /* Whether the next call that returns to the bridge begins the count. */
  uint32_t counts;
  uint32_t calls[4]; /* sleeps, receives, sends, others */
  uint32_t register_writes;
  uint32_t doorbells;
  uint32_t to_cell_head, to_cell_tail;
  uint32_t from_cell_head, from_cell_tail;
  uint8_t padding[0x1000 - 84];
  struct can_frame to_cell[RING_FRAMES];
  struct can_frame from_cell[RING_FRAMES];
};

_Static_assert(offsetof(struct exchange, to_cell) == 0x1000, "world.ts has the same layout");

enum { CALL_SLEEP, CALL_RECEIVE, CALL_SEND, CALL_OTHER };

static volatile uint8_t *file;
static volatile struct exchange *exchange;
static bool is_traced;

/* Marks for the tracer: 0 the world begins, 1 the bridge goes on, 2 the bridge goes on and is counted. */
static inline void mark(uint32_t kind) {
  if (!is_traced) {
    return;
  }
#ifdef __x86_64__
  __asm__ volatile("int3" ::"a"(kind) : "memory");
#else
  register uint64_t number __asm__("x0") = kind;
  __asm__ volatile("brk #0" ::"r"(number) : "memory");
#endif
}

static inline void enter(unsigned call) {
  mark(0);
  exchange->calls[call] += 1;
}

static inline void leave(void) {
  mark(exchange->counts ? 2 : 1);
}

bool __wrap_can_socket_open(struct can_socket *can, const struct options *options) {
  *can = (struct can_socket){.handle = HANDLE_INTERFACE, .interface = options->interface};
  return true;
}

bool __wrap_link_open(struct link *link, const struct options *options) {
  (void)options;
  int handle = open(getenv("WORLD_FILE"), O_RDWR);
  file = mmap(NULL, FILE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, handle, 0);
  is_traced = getenv("WORLD_TRACED") != NULL;
  if (file == MAP_FAILED) {
    return false;
  }
  exchange = (volatile struct exchange *)(file + EXCHANGE);
  link->section = file + SECTION;
  link->section_bytes = SECTION_BYTES;
  link->state_table = (volatile uint32_t *)(file + STATE_TABLE);
  link->status_page = file + STATUS_PAGE;
  link->requests = file + REQUESTS;
  link->own_protocol =
      getenv("WORLD_FRONT_END") == NULL ? PROTOCOL_BACK_END : PROTOCOL_FRONT_END;
  link->handle = HANDLE_LINK;
  return true;
}

uint32_t __wrap_link_register_read(const struct link *link, uint32_t offset) {
  (void)link;
  return offset / 4 == REGISTER_PEERS ? 2 : 0;
}

void __wrap_link_register_write(struct link *link, uint32_t offset, uint32_t value) {
  mark(0);
  exchange->register_writes += 1;
  if (offset / 4 == REGISTER_STATE) {
    link->state_table[0] = value;
  } else if (offset / 4 == REGISTER_DOORBELL) {
    exchange->doorbells += 1;
  } else if (offset / 4 == REGISTER_INTERRUPT) {
    exchange->interrupt_enabled = value;
  }
  leave();
}

/* Hands over the turn and waits for its return. False: the bridge is told to end. */
static bool sleep_once(uint64_t nanos, bool interface_polled) {
  char turn = 0;
  exchange->sleep_nanos = nanos;
  exchange->interface_polled = interface_polled;
  return write(TURN_OUT, &turn, 1) == 1 && read(TURN_IN, &turn, 1) == 1 && exchange->stop == 0;
}

/* Ends the bridge as a signal does, uncounted. */
static int end_by_signal(const sigset_t *mask) {
  is_traced = false;
  raise(SIGTERM);
  sigsuspend(mask);
  return -1;
}

static uint64_t nanos_of(const struct timespec *limit) {
  return (uint64_t)limit->tv_sec * 1000000000u + (uint64_t)limit->tv_nsec;
}

static bool interface_readable(void) {
  return exchange->to_cell_head != exchange->to_cell_tail;
}

/* The two handles that are not there are in no set: only what the bridge wants of them is noted. */
static bool interface_listens;
static struct epoll_event interface_event;
static struct epoll_event link_event;

int __real_epoll_ctl(int set, int operation, int handle, struct epoll_event *event);

int __wrap_epoll_ctl(int set, int operation, int handle, struct epoll_event *event) {
  if (handle != HANDLE_INTERFACE && handle != HANDLE_LINK) {
    return __real_epoll_ctl(set, operation, handle, event);
  }
  enter(CALL_OTHER);
  if (handle == HANDLE_INTERFACE) {
    interface_listens = operation != EPOLL_CTL_DEL;
    interface_event = event == NULL ? interface_event : *event;
  } else {
    link_event = *event;
  }
  leave();
  return 0;
}

int __wrap_epoll_pwait2(int set, struct epoll_event *events, int most, const struct timespec *limit,
                        const sigset_t *mask) {
  (void)set, (void)most;
  enter(CALL_SLEEP);
  if (!sleep_once(nanos_of(limit), interface_listens)) {
    return end_by_signal(mask);
  }
  int ready = 0;
  if (interface_listens && interface_readable()) {
    events[ready++] = (struct epoll_event){EPOLLIN, interface_event.data};
  }
  if (exchange->interrupt_pending != 0) {
    exchange->interrupt_pending = 0;
    events[ready++] = (struct epoll_event){EPOLLIN, link_event.data};
  }
  leave();
  return ready;
}

static bool take_frame(struct can_frame *frame) {
  if (!interface_readable()) {
    errno = EAGAIN;
    return false;
  }
  *frame = exchange->to_cell[exchange->to_cell_head % RING_FRAMES];
  exchange->to_cell_head += 1;
  return true;
}

int __wrap_recvmmsg(int handle, struct mmsghdr *messages, unsigned count, int flags,
                    struct timespec *limit) {
  (void)handle, (void)flags, (void)limit;
  enter(CALL_RECEIVE);
  unsigned taken = 0;
  while (taken < count && take_frame(messages[taken].msg_hdr.msg_iov[0].iov_base)) {
    messages[taken].msg_len = sizeof(struct can_frame);
    messages[taken].msg_hdr.msg_controllen = 0;
    taken += 1;
  }
  leave();
  return taken > 0 ? (int)taken : -1;
}

static bool give_frame(const struct can_frame *frame) {
  if (exchange->refusal != 0 || exchange->room == 0) {
    errno = exchange->refusal != 0 ? (int)exchange->refusal : ENOBUFS;
    return false;
  }
  exchange->room -= 1;
  exchange->from_cell[exchange->from_cell_tail % RING_FRAMES] = *frame;
  exchange->from_cell_tail += 1;
  return true;
}

int __wrap_sendmmsg(int handle, struct mmsghdr *messages, unsigned count, int flags) {
  (void)handle, (void)flags;
  enter(CALL_SEND);
  unsigned given = 0;
  while (given < count && give_frame(messages[given].msg_hdr.msg_iov[0].iov_base)) {
    messages[given].msg_len = sizeof(struct can_frame);
    given += 1;
  }
  leave();
  return given > 0 ? (int)given : -1;
}

/* No system call: the C library reads the clock from a page that the kernel maps (vdso(7)). */
int __wrap_clock_gettime(clockid_t clock, struct timespec *now) {
  (void)clock;
  mark(0);
  now->tv_sec = (time_t)(exchange->now_nanos / 1000000000u);
  now->tv_nsec = (long)(exchange->now_nanos % 1000000000u);
  leave();
  return 0;
}
