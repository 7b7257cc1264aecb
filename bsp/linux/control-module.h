/*
 * The wasm module's part that reads the cell's status page and asks the cell (src/bridge/
 * linux-control.ts), as the server sees it.
 *
 * Does not: wait. After a trap everything fails.
 */
#ifndef CANWARDEN_CONTROL_MODULE_H
#define CANWARDEN_CONTROL_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes of the module's text buffer. */
#define CONTROL_TEXT_BYTES 16384u

/** What became of an attempt to read the page; numbers of src/bridge/page-reader.ts. */
enum page_state { PAGE_READ, PAGE_ABSENT, PAGE_VERSION, PAGE_BUSY, PAGE_DAMAGED,
                  PAGE_UNJUDGED };

/** The two streams of the page. */
enum control_stream { STREAM_TRACE = 0, STREAM_RECORDER = 1 };

/** What the cell is asked for; numbers of src/page/layout.ts. */
enum control_request { REQUEST_RULE_TABLE = 1, REQUEST_LIVE_VALUES = 2 };

/** Begins to use the control device, which is mapped. */
bool control_module_open(void);

/** Beats for the cell, and notes whether it lives. To be called often. */
void control_module_tend(void);

/** Whether the cell refreshes its page. */
bool control_module_alive(void);

/** The text that was written last. */
const char *control_module_text(size_t *bytes);

/** Writes the status to the text, as JSON or for people. */
enum page_state control_module_status(bool as_json);

/** Cursors of a stream: the oldest entry that is left, and the one that comes next. */
uint32_t control_module_oldest(enum control_stream stream);
uint32_t control_module_head(enum control_stream stream);

/**
 * Writes entries from `*cursor` on, before `end`, as lines to the text. `*cursor` moves on; `*lost`:
 * entries that were overwritten before they could be read.
 */
enum page_state control_module_entries(enum control_stream stream, uint32_t *cursor, uint32_t end,
                                       uint32_t *lost);

/** Asks the cell. Returns the request's number; 0: there is no page, or too many bytes. */
uint32_t control_module_request(enum control_request kind, const uint8_t *payload, uint32_t bytes,
                                uint32_t argument);

/** How a request ended. */
struct control_outcome {
  /** A Status; 0: done. */
  uint32_t status;
  /** The rule it was refused for, from 1; 0: none. */
  uint32_t rule;
  /** Rules in force that become faster by a restart of the cell. */
  uint32_t rules_waiting;
};

/** Whether the cell has finished request `sequence`, and how. */
bool control_module_finished(uint32_t sequence, struct control_outcome *outcome);

#endif
