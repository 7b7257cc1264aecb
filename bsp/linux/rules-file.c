// SPDX-License-Identifier: MIT
/* Reads a rule table; see rules-file.h. Little-endian, like the machines this runs on. */
#define _GNU_SOURCE
#include "rules-file.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "formats.h"
#include "log.h"

#define CRC_POLYNOMIAL 0xedb88320u
#define CRC_OFFSET offsetof(struct rules_head, crc_32)

/* CRC-32 of IEEE 802.3. The field itself counts as four zero bytes. */
static uint32_t crc_of(const uint8_t *table, uint32_t bytes) {
  uint32_t crc = 0xffffffffu;
  for (uint32_t index = 0; index < bytes; index++) {
    crc ^= index - CRC_OFFSET < 4 ? 0 : table[index];
    for (int bit = 0; bit < 8; bit++) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? CRC_POLYNOMIAL : 0);
    }
  }
  return ~crc;
}

static bool refuse(const char *path, const char *reason) {
  fprintf(stderr, "canwarden-bridge: %s is no rule table: %s. Next: npm run rules -- compile\n",
          path, reason);
  return false;
}

bool rules_file_read(const char *path, uint8_t *table, uint32_t bytes_maximum, uint32_t *bytes) {
  char reason[128];
  struct rules_head head;
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    return refuse(path, strerror(errno));
  }
  uint32_t length = 0;
  ssize_t part;
  do {
    part = read(file, table + length, bytes_maximum - length);
    length += part > 0 ? (uint32_t)part : 0;
  } while (part > 0);
  uint8_t surplus;
  bool is_longer = part == 0 && length == bytes_maximum && read(file, &surplus, 1) > 0;
  const char *error = part < 0 ? strerror(errno) : NULL;
  close(file);
  if (error != NULL) {
    return refuse(path, error);
  }
  if (is_longer) {
    snprintf(reason, sizeof reason, "it has more than the %u bytes of the largest", bytes_maximum);
    return refuse(path, reason);
  }
  memcpy(&head, table, sizeof head);
  if (length < sizeof head.magic || head.magic != RULES_MAGIC) {
    return refuse(path, "it does not begin with CWRL; the YAML text must be compiled");
  }
  if (length < sizeof head) {
    snprintf(reason, sizeof reason, "it has %u byte%s, its head alone has %zu", length,
             plural_of(length), sizeof head);
    return refuse(path, reason);
  }
  if (head.version != RULES_VERSION && head.version != RULES_VERSION_2) {
    snprintf(reason, sizeof reason, "it is of format %u, this bridge knows %u and %u", head.version,
             RULES_VERSION, RULES_VERSION_2);
    return refuse(path, reason);
  }
  if (head.total_bytes != length) {
    snprintf(reason, sizeof reason, "it says %u byte%s and has %u: cut off, or not wholly copied",
             head.total_bytes, plural_of(head.total_bytes), length);
    return refuse(path, reason);
  }
  if (crc_of(table, length) != head.crc_32) {
    snprintf(reason, sizeof reason, "its checksum says 0x%08x, its content gives 0x%08x: damaged",
             head.crc_32, crc_of(table, length));
    return refuse(path, reason);
  }
  *bytes = length;
  return true;
}
