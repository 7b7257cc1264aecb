// SPDX-License-Identifier: MIT
/*
 * The protocol of the bridge's socket: one question, then pieces of the answer until its end. Both ends
 * are this program, so numbers are in native byte order.
 *
 * It is not an interface for other programs; they run `canwarden-bridge --ask`.
 */
#ifndef CANWARDEN_CONTROL_WIRE_H
#define CANWARDEN_CONTROL_WIRE_H

#include <stdint.h>

#define CONTROL_SOCKET_DEFAULT "/run/canwarden/bridge.sock"

/** "CWA2", which includes the version of this protocol. */
#define ASK_MAGIC 0x32415743u
/** Larger than the largest rule table. */
#define ASK_PAYLOAD_MAXIMUM 65536u
/* The most bytes of a piece of the answer. */
#define ANSWER_PIECE_MAXIMUM 65536u

enum ask_kind {
  ASK_STATUS = 1,
  ASK_TRACE,
  ASK_RECORDER,
  ASK_RULES,
  ASK_LIVE,
  ASK_LATENCY,
  ASK_LATENCY_RESET
};

/** The question; `bytes` of payload follow. */
struct ask_head {
  uint32_t magic;
  uint32_t kind;
  /** Status, latencies: 1 for JSON. Trace: 1 to follow. Live values: number of the first one. */
  uint32_t argument;
  uint32_t bytes;
};

enum answer_kind { ANSWER_TEXT = 'o', ANSWER_REMARK = 'e', ANSWER_END = 'x' };

/** A piece of the answer: text for standard output, a remark for standard error, or the end. */
struct answer_head {
  uint8_t kind;
  /** In the end piece: the exit status. */
  uint8_t exit_status;
  uint16_t reserved;
  /** Bytes that follow. */
  uint32_t bytes;
};

#endif
