// SPDX-License-Identifier: MIT
/*
 * A rule table as a file, checked as far as possible without the cell. Format: docs/rules.md.
 *
 * Does not: check the rules; the cell does.
 */
#ifndef CANWARDEN_RULES_FILE_H
#define CANWARDEN_RULES_FILE_H

#include <stdbool.h>
#include <stdint.h>

/** Reads the table into `table`. False: not a rule table, and a line on standard error has said why. */
bool rules_file_read(const char *path, uint8_t *table, uint32_t bytes_maximum, uint32_t *bytes);

#endif
