// SPDX-License-Identifier: MIT
/* Prints the counters of canwarden-bridge, as text or JSON. */
#ifndef CANWARDEN_STATISTICS_H
#define CANWARDEN_STATISTICS_H

#include "options.h"

/**
 * Prints every counter as lines of `name value` or as one JSON object, to standard output. With
 * --interface -, to standard error.
 */
void statistics_print(enum stats_format format);

#endif
