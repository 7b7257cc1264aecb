// SPDX-License-Identifier: MIT
/*
 * The link without ivshmem hardware: a shared file, or the PCI resource behind QEMU's ivshmem-plain.
 * It has no registers and no interrupts: both ends poll, and this file emulates the registers. The
 * layout is in docs/bridge.md.
 *
 * Does not: create the file; the other end (the twin) does.
 */
#define _GNU_SOURCE
#include "link-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

#define MAGIC 0x4d535743u /* "CWSM" */
/* Version 2 adds the sections of the control device. Version 1 has no control device. */
#define VERSION_WITHOUT_CONTROL 1
#define VERSION 2
#define PEERS 2
#define OWN_ID 0
#define PEER_ID 1

/* Words of the descriptor page. */
enum {
  WORD_MAGIC,
  WORD_VERSION,
  WORD_PEERS,
  WORD_PROTOCOL, /* of peer 0, then of peer 1 */
  WORD_STATE_TABLE = WORD_PROTOCOL + PEERS,
  WORD_SECTION,
  WORD_SECTION_BYTES,
  WORD_HEARTBEAT,                         /* of peer 0, then of peer 1 */
  WORD_DOORBELL = WORD_HEARTBEAT + PEERS, /* rings for peer 0, then for peer 1 */
  WORD_OUTPUTS = WORD_DOORBELL + PEERS,   /* version 2: of peer 0; peer 1's follows */
  WORD_OUTPUT_BYTES                       /* version 2: of each */
};

/* Registers as in the ivshmem v2 specification. */
enum {
  REGISTER_ID = 0x00,
  REGISTER_MAX_PEERS = 0x04,
  REGISTER_DOORBELL = 0x0c,
  REGISTER_STATE = 0x10
};

#define PAGE_BYTES 0x1000u
#define SECTION_BYTES_MINIMUM 0x2000u
#define LAYOUT_WAIT_SECONDS 30
#define LAYOUT_LOOK_NANOS 100000000L
/* A peer whose heartbeat stands still for this long is dead. */
#define HEARTBEAT_LIMIT_NANOS 3000000000ull
/* The most silence that one look adds. If this process stood still, the peer may have stood still, too. */
#define LOOK_LIMIT_NANOS 100000000ull

/* Waits for the magic, which the other end writes last. */
static bool await_layout(const struct link *link) {
  for (int look = 0; look < LAYOUT_WAIT_SECONDS * 10; look++) {
    if (link->descriptor[WORD_MAGIC] == MAGIC) {
      __atomic_thread_fence(__ATOMIC_ACQUIRE);
      return true;
    }
    nanosleep(&(struct timespec){.tv_nsec = LAYOUT_LOOK_NANOS}, NULL);
  }
  log_line(LOG_FAULT,
           "%s: no \"CWSM\" at its beginning after %d s, found %08x. Is the twin running with "
           "--shm on this file?",
           link->name, LAYOUT_WAIT_SECONDS, link->descriptor[WORD_MAGIC]);
  return false;
}

static bool refuse(const struct link *link, const char *what, uint32_t value) {
  log_line(LOG_FAULT,
           "%s: %s is %u, which this bridge does not know. Are bridge and twin of one version?",
           link->name, what, value);
  return false;
}

/* Finds the sections of the control device in a file of version 2. */
static bool find_control(struct link *link, volatile uint8_t *file, uint64_t file_bytes) {
  uint32_t outputs = link->descriptor[WORD_OUTPUTS];
  uint32_t output_bytes = link->descriptor[WORD_OUTPUT_BYTES];
  if (output_bytes != CONTROL_BYTES) {
    return refuse(link, "the size of an output section", output_bytes);
  }
  if (outputs % PAGE_BYTES != 0 || (uint64_t)outputs + PEERS * CONTROL_BYTES > file_bytes) {
    return refuse(link, "the place of the output sections", outputs);
  }
  link->requests = file + outputs + OWN_ID * CONTROL_BYTES;
  link->status_page = file + outputs + PEER_ID * CONTROL_BYTES;
  return true;
}

static bool check_layout(struct link *link, volatile uint8_t *file, uint64_t file_bytes) {
  uint32_t version = link->descriptor[WORD_VERSION];
  uint32_t peers = link->descriptor[WORD_PEERS];
  uint32_t protocol = link->descriptor[WORD_PROTOCOL + OWN_ID];
  uint32_t table = link->descriptor[WORD_STATE_TABLE];
  uint32_t section = link->descriptor[WORD_SECTION];
  uint32_t section_bytes = link->descriptor[WORD_SECTION_BYTES];
  if (version != VERSION && version != VERSION_WITHOUT_CONTROL) {
    return refuse(link, "the layout version", version);
  }
  if (peers != PEERS) {
    return refuse(link, "the number of peers", peers);
  }
  if (protocol != PROTOCOL_FRONT_END && protocol != PROTOCOL_BACK_END) {
    return refuse(link, "the protocol", protocol);
  }
  if (table % PAGE_BYTES != 0 || (uint64_t)table + PAGE_BYTES > file_bytes) {
    return refuse(link, "the offset of the state table", table);
  }
  if (section % PAGE_BYTES != 0 || section_bytes < SECTION_BYTES_MINIMUM ||
      (uint64_t)section + section_bytes > file_bytes) {
    return refuse(link, "the place of the section", section);
  }
  link->own_protocol = protocol;
  link->state_table = (volatile uint32_t *)(file + table);
  link->section = file + section;
  link->section_bytes = section_bytes;
  if (version == VERSION_WITHOUT_CONTROL) {
    log_line(LOG_NOTICE, "%s has no control device: questions about the cell are not answered",
             link->name);
    return true;
  }
  return find_control(link, file, file_bytes);
}

/* Waits until the file exists and holds at least a page, then opens it. Returns -1 after the wait. */
static int await_file(const char *path, size_t *bytes) {
  for (int look = 0; look < LAYOUT_WAIT_SECONDS * 10; look++) {
    int file = open(path, O_RDWR | O_CLOEXEC | O_SYNC);
    struct stat status = {0};
    if (file >= 0 && fstat(file, &status) == 0 && status.st_size >= (off_t)PAGE_BYTES) {
      *bytes = (size_t)status.st_size;
      return file;
    }
    if (file >= 0) {
      close(file);
    } else if (errno != ENOENT) {
      break;
    }
    if (look == 0) {
      log_line(LOG_NOTICE, "waiting for %s", path);
    }
    nanosleep(&(struct timespec){.tv_nsec = LAYOUT_LOOK_NANOS}, NULL);
  }
  log_line(LOG_FAULT, "%s cannot be opened: %s. Is the twin running with --shm on this file?", path,
           errno == 0 ? "it is empty" : strerror(errno));
  return -1;
}

bool link_open_file(struct link *link, const char *path) {
  snprintf(link->name, sizeof link->name, "%s", path);
  link->handle = -1;
  size_t bytes;
  int file = await_file(path, &bytes);
  if (file < 0) {
    return false;
  }
  void *start = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  if (start == MAP_FAILED) {
    log_line(LOG_FAULT, "%s (%zu bytes) cannot be mapped: %s", path, bytes, strerror(errno));
    return false;
  }
  link->descriptor = start;
  return await_layout(link) && check_layout(link, start, bytes);
}

uint32_t link_file_register_read(const struct link *link, uint32_t offset) {
  switch (offset) {
    case REGISTER_ID:
      return OWN_ID;
    case REGISTER_MAX_PEERS:
      return PEERS;
    case REGISTER_STATE:
      return link->state_table[OWN_ID];
    default:
      return 0;
  }
}

void link_file_register_write(struct link *link, uint32_t offset, uint32_t value) {
  if (offset == REGISTER_STATE) {
    link->own_state = value;
    link->state_table[OWN_ID] = value;
  } else if (offset == REGISTER_DOORBELL && value >> 16 == PEER_ID) {
    link->descriptor[WORD_DOORBELL + PEER_ID] += 1;
  }
}

/*
 * With hardware the hypervisor zeroes the state of a peer that is gone; here the other peer does. If this
 * process stood still and the peer zeroed this end's state, announce it again: by then the peer has left
 * its session, and the module sees that next.
 */
void link_file_tend(struct link *link, uint64_t now_nanos) {
  static uint32_t last_beat;
  static uint64_t last_look_nanos;
  static uint64_t silent_nanos;
  uint64_t look_nanos = now_nanos - last_look_nanos;
  last_look_nanos = now_nanos;
  link->descriptor[WORD_HEARTBEAT + OWN_ID] += 1;
  if (link->state_table[OWN_ID] != link->own_state) {
    link->state_table[OWN_ID] = link->own_state;
  }
  uint32_t beat = link->descriptor[WORD_HEARTBEAT + PEER_ID];
  silent_nanos += look_nanos < LOOK_LIMIT_NANOS ? look_nanos : LOOK_LIMIT_NANOS;
  if (beat != last_beat) {
    last_beat = beat;
    silent_nanos = 0;
  } else if (silent_nanos > HEARTBEAT_LIMIT_NANOS && link->state_table[PEER_ID] != 0) {
    log_line(LOG_WARNING, "%s: the other end has shown no life for 3 s; its state is set to 0",
             link->name);
    link->state_table[PEER_ID] = 0;
  }
}
