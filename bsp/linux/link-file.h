// SPDX-License-Identifier: MIT
/*
 * The link as a shared file: the functions of link.h for this kind of link. docs/bridge.md describes
 * the layout.
 */
#ifndef CANWARDEN_LINK_FILE_H
#define CANWARDEN_LINK_FILE_H

#include "link.h"

uint32_t link_file_register_read(const struct link *link, uint32_t offset);
void link_file_register_write(struct link *link, uint32_t offset, uint32_t value);
void link_file_tend(struct link *link, uint64_t now_nanos);

#endif
