/*
 * The counters of canwarden-bridge, as text or JSON.
 *
 * Does not: reset anything.
 */
#ifndef CANWARDEN_STATISTICS_H
#define CANWARDEN_STATISTICS_H

#include "options.h"

/** Prints every counter (standard output; standard error with --interface -): lines of `name value`, or one JSON object. */
void statistics_print(enum stats_format format);

#endif
