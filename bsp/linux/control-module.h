// SPDX-License-Identifier: MIT
/*
 * The part of the wasm module that reads the cell's status page and sends it requests
 * (src/bridge/control.ts), as the server calls it.
 *
 * Never waits. After a trap every call fails.
 */
#ifndef CANWARDEN_CONTROL_MODULE_H
#define CANWARDEN_CONTROL_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "formats.h"

/** Bytes of the module's text buffer. */
#define CONTROL_TEXT_BYTES 65536u

/** Outcome of reading the page. Numbers as in src/bridge/page-reader.ts. */
enum page_state {
  PAGE_READ,
  PAGE_ABSENT,
  PAGE_VERSION,
  PAGE_BUSY,
  PAGE_DAMAGED,
  PAGE_UNJUDGED,
  PAGE_NO_LATENCIES
};

/** The two streams of the page. */
enum control_stream { STREAM_TRACE = 0, STREAM_RECORDER = 1 };

/** Starts to use the control device, which must be mapped. */
bool control_module_open(void);

/** Beats for the cell and notes whether the cell is alive, once a millisecond. Call it often. */
void control_module_tend(uint64_t now_nanos);

/** Whether the cell refreshes its page. */
bool control_module_alive(void);

/** The text last written. */
const char *control_module_text(size_t *bytes);

/** What is written of the page. Numbers as in src/bridge/control.ts. */
enum writing { WRITE_STATUS, WRITE_STATUS_JSON, WRITE_LATENCIES, WRITE_LATENCIES_JSON };

/** Writes it to the text. */
enum page_state control_module_status(enum writing what);

/** Cursors of a stream: its oldest entry, and the one to be written next. */
uint32_t control_module_oldest(enum control_stream stream);
uint32_t control_module_head(enum control_stream stream);

/**
 * Writes entries from `*cursor` up to `end` (exclusive) as lines to the text and advances `*cursor`.
 * `*lost` counts the entries that were overwritten before they could be read.
 */
enum page_state control_module_entries(enum control_stream stream, uint32_t *cursor, uint32_t end,
                                       uint32_t *lost);

/** Sends a request to the cell. Returns its number. 0: there is no page, or the payload is too long. */
uint32_t control_module_request(enum control_request kind, const uint8_t *payload, uint32_t bytes,
                                uint32_t argument);

/** Outcome of a request. */
struct control_outcome {
  /** A Status. 0: done. */
  uint32_t status;
  /** The rule that caused a refusal, counted from 1. 0: none. */
  uint32_t rule;
  /** Rules in force that a restart of the cell would make faster. */
  uint32_t rules_waiting;
};

/** Whether the cell has finished request `sequence`, and its outcome. */
bool control_module_finished(uint32_t sequence, struct control_outcome *outcome);

#endif
