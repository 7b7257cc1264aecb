// SPDX-License-Identifier: MIT
/*
 * Opens the link and the control device as canwarden-bridge does, and prints what it got: where the
 * memory begins in the device's file, by a word that the test has put there.
 */
#include <stdio.h>
#include <string.h>

#include "link.h"

static void show(const char *what, const volatile void *memory) {
  printf("%s %08x\n", what, memory == NULL ? 0 : *(const volatile uint32_t *)memory);
}

int main(int count, char **words) {
  struct link link = {0};
  struct options options = {0};
  if (count > 1 && strcmp(words[1], "control-only") == 0) {
    options.control_only = link_is_control_only(&options);
    printf("control_only %d\n", options.control_only);
    if (!options.control_only) {
      return 0;
    }
    bool opened = link_open(&link, &options);
    printf("opened %d, section %d, handle %d\n", opened, link.section != NULL, link.handle);
    show("requests", link.requests);
    return 0;
  }
  if (!link_open_uio(&link, count > 1 ? words[1] : NULL)) {
    return 1;
  }
  link_open_uio_control(&link);
  printf("protocol %x, section of %u\n", link.own_protocol, link.section_bytes);
  show("registers", link.registers);
  show("state_table", link.state_table);
  show("section", link.section);
  show("status_page", link.status_page);
  show("requests", link.requests);
  if (link.requests != NULL) {
    /* Own memory is writable; the cell's is not, which the test sees by a crash it asks for. */
    *(volatile uint32_t *)link.requests = 0x600d600d;
  }
  if (count > 2) {
    *(volatile uint32_t *)link.status_page = 0;
  }
  return 0;
}
