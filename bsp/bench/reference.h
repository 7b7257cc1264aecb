// SPDX-License-Identifier: MIT
/*
 * The cell's work on a forwarded frame, hand-written in C: the yardstick for the generated code.
 *
 * Inputs, results and checks are those of src/driver (frame-codec), src/responder and src/virtio
 * (submit).
 */
#ifndef CANWARDEN_REFERENCE_H
#define CANWARDEN_REFERENCE_H

#include <stdint.h>

/* struct can_frame of SocketCAN, with the raw DLC in its last header byte. */
struct frame {
  uint32_t identifier;
  uint8_t length;
  uint8_t padding;
  uint8_t reserved;
  uint8_t raw_dlc;
  uint64_t data;
};

/* Header and rules of rules.bin, format 2 (docs/rules.md). */
struct rule_header {
  uint32_t magic;
  uint16_t version, header_bytes;
  uint32_t total_bytes, crc32;
  uint16_t rule_count, rule_bytes;
  uint32_t flags;
  uint16_t filter_count, action_count, condition_count, step_count;
  uint16_t bus_range_count, agl_range_count, list_words, checksum_table_count;
  uint16_t name_bytes, agl_indexes, decision_nanos, reserved0;
  uint16_t timer_count, key_slots, key_buckets, reserved1;
  uint32_t key_multiplier, reserved2;
};

struct rule {
  uint32_t match_identifier, match_mask;
  uint64_t data_value, data_mask;
  uint8_t minimum_length, flags, answer_length, path;
  uint32_t answer_identifier;
  uint64_t answer_data;
  uint8_t answer_sources[8];
  uint16_t condition_first;
  uint8_t condition_count, length_limit;
  uint16_t step_first;
  uint8_t step_count, action_count;
  uint16_t action_first, burst;
  uint32_t interval_micros;
};

extern uint8_t reference_registers[16];
extern struct frame reference_frame, reference_answer;

void reference_prepare(void);
uint32_t reference_decode(void);
uint32_t reference_look_up(void);
uint32_t reference_push(void);
uint32_t reference_forward(void);
/* Byte `index` (0 to 23) of the last message sent. */
uint8_t reference_message_byte(uint32_t index);

#endif
