// SPDX-License-Identifier: MIT
/* The reference implementation; see reference.h. Included by bench.c. */
#include "memory-map.h"
#include "reference.h"

#define IDENTIFIER_EXTENDED 0x80000000u
#define IDENTIFIER_REMOTE 0x40000000u
#define IDENTIFIER_ERROR 0x20000000u

/* MCP2515 receive buffer (DS20001801J, registers 4-4 to 4-9). */
#define SIDL_SRR 0x10
#define SIDL_EXIDE 0x08
#define DLC_RTR 0x40

#define RULE_ANSWER 1
#define RULE_FORWARD 2
#define DECISION_STATIC 4
#define LENGTH_OF_REQUEST 0xff
#define SOURCE_OWN 0xff
#define RULES_DROP_UNMATCHED 1
#define LIST_END 0xffff
#define BUCKET_EMPTY 0xffff
#define FILTER_INVERTED 0x20000000u

#define STATUS_OK 0
#define STATUS_FULL 1
#define STATUS_BAD 2
#define STATUS_EMPTY 3

/* virtio 1.x, "Split Virtqueues" and "CAN Device". */
#define QUEUE_SIZE_MAXIMUM 256
#define DESCRIPTOR_FLAG_NEXT 1
#define DESCRIPTOR_FLAG_WRITE 2
#define USED_FLAG_NO_NOTIFY 1
#define MESSAGE_TRANSMIT 0x0001
#define MESSAGE_FLAG_EXTENDED 0x8000
#define MESSAGE_FLAG_REMOTE 0x2000
#define MESSAGE_FLAG_ERROR 0x0001
#define RESULT_NOT_OK 1
#define STATE_RUNNING 2
#define FEATURE_REMOTE_FRAMES (1u << 2)
#define COMPLETION_TICKS (2ull * 54000000)

#define RING_RECORDS 256

struct descriptor {
  uint64_t address;
  uint32_t length;
  uint16_t flags, next;
};

struct transmit_slot {
  uint64_t words[3];
  uint8_t result;
};

/* This queue lies behind the one of the generated code. */
struct shared {
  struct descriptor descriptors[QUEUE_SIZE_MAXIMUM];
  uint16_t available_flags, available_index, available_ring[QUEUE_SIZE_MAXIMUM];
  uint16_t used_flags, used_index;
  struct transmit_slot slots[QUEUE_SIZE_MAXIMUM / 2];
  /* What the device offers. */
  uint32_t features, queue_size;
};
#define SHARED_OFFSET 0x20000
extern uint8_t __ivshmem_section[]; /* canwarden.ld */
#define SHARED ((volatile struct shared *)(__ivshmem_section + SHARED_OFFSET))

uint8_t reference_registers[16] __attribute__((aligned(8)));
struct frame reference_frame, reference_answer;

static struct {
  const struct rule *rules;
  uint32_t count;
  int matched;
  uint32_t filter_count;
  uint32_t filters[32][2];
  int drop_unmatched;
  const uint16_t *index, *lists, *range_lists;
  const uint32_t *range_starts;
  uint32_t range_count;
  const uint32_t *keys;
  const uint16_t *key_lists, *key_displacements;
  uint32_t key_multiplier, key_mask;
  uint32_t hits[512];
} table;

static struct {
  uint32_t put, take, drops;
  struct frame records[RING_RECORDS];
} ring;

/* The driver's end of the transmit queue. The slots are used in turn. */
static struct {
  volatile struct descriptor *descriptors;
  volatile struct transmit_slot *slots;
  volatile uint16_t *available_index;
  volatile uint16_t *used_flags;
  uint64_t deadline;
  uint32_t state, refused_forms, slot_mask, index, held_count;
  uint32_t sent, dropped_no_peer, dropped_full, dropped_unsupported, doorbells;
  uint8_t held[QUEUE_SIZE_MAXIMUM / 2];
} transmit;

static inline uint64_t data_mask(uint32_t length) {
  return length >= 8 ? ~0ull : (1ull << (8 * length)) - 1;
}

/* Adopts the rule image and sets up the queue with what the device offers. */
void reference_prepare(void) {
  const struct rule_header *header =
      (const struct rule_header *)(GUEST_VIEW_ADDRESS + RULES_ADDRESS);
  table.rules = (const struct rule *)(header + 1);
  table.count = header->rule_count;
  table.drop_unmatched = (header->flags & RULES_DROP_UNMATCHED) != 0;
  table.filter_count = header->filter_count;
  /* The sections behind the rules: formats/rule-image-2.ts. */
  const uint8_t *at = (const uint8_t *)(table.rules + table.count);
  at += 8 * header->filter_count + 32 * header->action_count + 24 * header->condition_count;
  at += 16 * header->step_count + 272 * header->checksum_table_count + 32 * header->timer_count;
  table.key_multiplier = header->key_multiplier;
  table.key_mask = header->key_slots - 1;
  table.keys = (const uint32_t *)at;
  at += 4 * header->key_slots;
  table.key_lists = (const uint16_t *)at;
  at += 2 * header->key_slots;
  table.key_displacements = (const uint16_t *)at;
  at += 2 * header->key_buckets;
  table.index = (const uint16_t *)at;
  at += 4096 + 4096 * header->agl_indexes;
  table.range_count = header->bus_range_count;
  table.range_starts = (const uint32_t *)at;
  at += 4 * (header->bus_range_count + header->agl_range_count);
  table.range_lists = (const uint16_t *)at;
  at += 2 * (header->bus_range_count + header->agl_range_count);
  table.lists = (const uint16_t *)at;
  SHARED->features = FEATURE_REMOTE_FRAMES;
  SHARED->queue_size = QUEUE_SIZE_MAXIMUM;

  uint32_t slots = SHARED->queue_size / 2;
  transmit.slot_mask = slots - 1;
  transmit.refused_forms = IDENTIFIER_ERROR;
  if (!(SHARED->features & FEATURE_REMOTE_FRAMES))
    transmit.refused_forms |= IDENTIFIER_REMOTE;
  transmit.descriptors = SHARED->descriptors;
  transmit.slots = SHARED->slots;
  transmit.available_index = &SHARED->available_index;
  transmit.used_flags = &SHARED->used_flags;
  for (uint32_t slot = 0; slot < slots; slot++) {
    uint64_t message = SHARED_OFFSET + __builtin_offsetof(struct shared, slots) +
                       slot * sizeof(struct transmit_slot);
    SHARED->descriptors[2 * slot].address = message;
    SHARED->descriptors[2 * slot].flags = DESCRIPTOR_FLAG_NEXT;
    SHARED->descriptors[2 * slot].next = 2 * slot + 1;
    SHARED->descriptors[2 * slot + 1].address =
        message + __builtin_offsetof(struct transmit_slot, result);
    SHARED->descriptors[2 * slot + 1].length = 1;
    SHARED->descriptors[2 * slot + 1].flags = DESCRIPTOR_FLAG_WRITE;
    SHARED->available_ring[slot] = SHARED->available_ring[slot + slots] = 2 * slot;
  }
  SHARED->used_flags = USED_FLAG_NO_NOTIFY;
  transmit.state = STATE_RUNNING;
}

uint32_t reference_decode(void) {
  const uint8_t *registers = reference_registers;
  struct frame *frame = &reference_frame;
  uint32_t sidl = registers[1], dlc = registers[4];
  uint32_t identifier = registers[0] << 3 | sidl >> 5;
  int remote;
  if (sidl & SIDL_EXIDE) {
    identifier = (identifier << 2 | (sidl & 3)) << 16 | registers[2] << 8 | registers[3];
    identifier |= IDENTIFIER_EXTENDED;
    remote = (dlc & DLC_RTR) != 0;
  } else {
    remote = (sidl & SIDL_SRR) != 0;
  }
  uint32_t code = dlc & 15;
  uint32_t length = code > 8 ? 8 : code;
  frame->identifier = remote ? identifier | IDENTIFIER_REMOTE : identifier;
  frame->length = length;
  frame->padding = 0;
  frame->reserved = 0;
  frame->raw_dlc = code > 8 ? code : 0;
  uint64_t data;
  __builtin_memcpy(&data, registers + 5, 8);
  uint32_t bytes = remote ? 0 : length;
  frame->data = data & data_mask(bytes);
  return bytes;
}

static void compose(const struct rule *rule, const struct frame *request, struct frame *answer) {
  uint32_t length =
      rule->answer_length == LENGTH_OF_REQUEST ? request->length : rule->answer_length;
  uint64_t data = rule->answer_data;
  for (int index = 0; index < 8; index++) {
    uint8_t source = rule->answer_sources[index];
    if (source == SOURCE_OWN)
      continue;
    data &= ~(0xffull << (8 * index));
    data |= (request->data >> (8 * source) & 0xff) << (8 * index);
  }
  answer->identifier = rule->answer_identifier;
  answer->length = length;
  answer->padding = 0;
  answer->reserved = 0;
  answer->raw_dlc = 0;
  answer->data = data & data_mask(length);
}

static int is_static(const struct rule *rule) {
  uint64_t sources;
  __builtin_memcpy(&sources, rule->answer_sources, 8);
  return sources == ~0ull && rule->answer_length != LENGTH_OF_REQUEST;
}

static int passes_filters(uint32_t identifier) {
  for (uint32_t index = 0; index < table.filter_count; index++) {
    uint32_t wanted = table.filters[index][0];
    int matches = (identifier & table.filters[index][1]) == (wanted & ~FILTER_INVERTED);
    if (matches != ((wanted & FILTER_INVERTED) != 0))
      return 1;
  }
  return 0;
}

/* The rules to try, up to LIST_END. */
static const uint16_t *rule_list(uint32_t identifier) {
  if (!(identifier & IDENTIFIER_EXTENDED))
    return &table.lists[table.index[identifier & 0x7ff]];
  identifier &= 0x1fffffff;
  if (table.key_multiplier != 0) {
    uint32_t product = identifier * table.key_multiplier;
    uint32_t displacement = table.key_displacements[product >> 23];
    uint32_t slot = ((product >> 12) + displacement) & table.key_mask;
    if (displacement != BUCKET_EMPTY && table.keys[slot] == identifier)
      return &table.lists[table.key_lists[slot]];
  }
  uint32_t first = 0;
  for (uint32_t left = table.range_count; left > 1;) {
    uint32_t half = left / 2;
    if (table.range_starts[first + half] <= identifier)
      first += half;
    left -= half;
  }
  return &table.lists[table.range_count != 0 ? table.range_lists[first] : 0];
}

uint32_t reference_look_up(void) {
  const struct frame *frame = &reference_frame;
  for (const uint16_t *list = rule_list(frame->identifier); *list != LIST_END; list++) {
    uint32_t index = *list;
    const struct rule *rule = &table.rules[index];
    if ((frame->identifier & rule->match_mask) != rule->match_identifier ||
        (frame->data & rule->data_mask) != rule->data_value || frame->length < rule->minimum_length)
      continue;
    table.matched = index;
    table.hits[index]++;
    if (!(rule->flags & RULE_ANSWER))
      return rule->flags;
    compose(rule, frame, &reference_answer);
    return is_static(rule) ? rule->flags | DECISION_STATIC : rule->flags;
  }
  table.matched = -1;
  if (table.filter_count == 0)
    return table.drop_unmatched ? 0 : RULE_FORWARD;
  return passes_filters(frame->identifier) ? RULE_FORWARD : 0;
}

static int is_carriable(uint32_t identifier, uint32_t length) {
  if (identifier & transmit.refused_forms || length > 8)
    return 0;
  if (identifier & IDENTIFIER_ERROR)
    return identifier >> 29 == 1 && length == 8;
  return identifier & IDENTIFIER_EXTENDED || (identifier & 0x1fffffff) <= 0x7ff;
}

static uint32_t kept_length_code(uint32_t code, uint32_t length) {
  return code > 8 && code <= 15 && length == 8 ? code : 0;
}

static uint32_t submit(const struct frame *frame) {
  uint32_t identifier = frame->identifier, length = frame->length;
  if (transmit.state != STATE_RUNNING) {
    transmit.dropped_no_peer++;
    return STATUS_BAD;
  }
  if (!is_carriable(identifier, length)) {
    transmit.dropped_unsupported++;
    return STATUS_BAD;
  }
  uint32_t index = transmit.index, next = (index + 1) & 0xffff;
  uint32_t slot = index & transmit.slot_mask;
  if (transmit.held[slot]) {
    transmit.dropped_full++;
    return STATUS_FULL;
  }
  uint32_t flags = (identifier >> 16 & MESSAGE_FLAG_EXTENDED) |
                   (identifier >> 17 & MESSAGE_FLAG_REMOTE) |
                   (identifier >> 29 & MESSAGE_FLAG_ERROR);
  uint64_t first = MESSAGE_TRANSMIT | length << 16;
  if (frame->raw_dlc != 0)
    first |= (uint64_t)kept_length_code(frame->raw_dlc, length) << 32;
  volatile struct transmit_slot *message = &transmit.slots[slot];
  message->words[0] = first;
  message->words[1] = flags | (uint64_t)(identifier & 0x1fffffff) << 32;
  message->words[2] = identifier & IDENTIFIER_REMOTE ? 0 : frame->data & data_mask(length);
  message->result = RESULT_NOT_OK;
  transmit.descriptors[2 * slot].length = 16 + length;
  if (transmit.held_count == 0)
    transmit.deadline = w2c_bsp_counter_read(0) + COMPLETION_TICKS;
  transmit.held[slot] = 1;
  transmit.held_count++;
  transmit.index = next;
  w2c_bsp_barrier_write(0);
  *transmit.available_index = next;
  w2c_bsp_barrier_full(0);
  if (!(*transmit.used_flags & USED_FLAG_NO_NOTIFY))
    transmit.doorbells++;
  transmit.sent++;
  return STATUS_OK;
}

uint32_t reference_push(void) {
  if (ring.put - ring.take >= RING_RECORDS) {
    ring.drops++;
    return STATUS_FULL;
  }
  ring.records[ring.put++ % RING_RECORDS] = reference_frame;
  uint32_t status = submit(&ring.records[ring.take % RING_RECORDS]);
  ring.take++;
  return status;
}

uint32_t reference_forward(void) {
  reference_decode();
  return reference_look_up() & RULE_FORWARD ? reference_push() : STATUS_EMPTY;
}

uint8_t reference_message_byte(uint32_t index) {
  const volatile struct transmit_slot *last =
      &transmit.slots[(transmit.index - 1) & transmit.slot_mask];
  return ((const volatile uint8_t *)last)[index];
}
