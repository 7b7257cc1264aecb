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

#define STATUS_OK 0
#define STATUS_FULL 1
#define STATUS_BAD 2
#define STATUS_EMPTY 3

/* virtio 1.x, "Split Virtqueues" and "CAN Device". */
#define QUEUE_SIZE 256
#define DESCRIPTOR_FLAG_NEXT 1
#define DESCRIPTOR_FLAG_WRITE 2
#define USED_FLAG_NO_NOTIFY 1
#define MESSAGE_TRANSMIT 0x0001
#define MESSAGE_FLAG_EXTENDED 0x8000
#define MESSAGE_FLAG_REMOTE 0x2000
#define RESULT_NOT_OK 1
#define FEATURE_REMOTE_FRAMES (1u << 2)
#define COMPLETION_TICKS (2ull * 54000000)

#define RING_RECORDS 256

struct descriptor {
  uint64_t address;
  uint64_t tail; /* length, flags, next */
};

struct transmit_slot {
  uint64_t words[3];
  uint8_t result;
};

/* Where the generated code has its own queue is of no matter; this one lies behind it. */
struct shared {
  struct descriptor descriptors[QUEUE_SIZE];
  uint16_t available_flags, available_index, available_ring[QUEUE_SIZE];
  uint16_t used_flags, used_index;
  struct transmit_slot slots[QUEUE_SIZE / 2];
};
#define SHARED_OFFSET 0x20000
extern uint8_t __ivshmem_section[]; /* canwarden.ld */
#define SHARED ((volatile struct shared *)(__ivshmem_section + SHARED_OFFSET))

uint8_t reference_registers[16] __attribute__((aligned(8)));
struct frame reference_frame, reference_answer, reference_taken;

static const struct rule *rules;
static uint32_t rule_count, hits[64];
static int drop_unmatched;

static struct frame ring[RING_RECORDS];
static uint32_t ring_put, ring_take;

static uint8_t free_slots[QUEUE_SIZE / 2], held[QUEUE_SIZE];
static uint32_t free_count, held_count, available_index;
static uint32_t sent, dropped_full, dropped_unsupported, doorbells;
static uint32_t features = FEATURE_REMOTE_FRAMES;
static uint64_t deadline;

static inline uint64_t data_mask(uint32_t length) {
  return length >= 8 ? ~0ull : (1ull << (8 * length)) - 1;
}

void reference_prepare(void) {
  const struct rule_header *header = (const struct rule_header *)(GUEST_VIEW_ADDRESS + RULES_ADDRESS);
  rules = (const struct rule *)(header + 1);
  rule_count = header->rule_count;
  drop_unmatched = (header->flags & RULES_DROP_UNMATCHED) != 0;
  for (uint32_t slot = 0; slot < QUEUE_SIZE / 2; slot++) {
    uint64_t message = SHARED_OFFSET + __builtin_offsetof(struct shared, slots) +
                       slot * sizeof(struct transmit_slot);
    SHARED->descriptors[2 * slot].address = message;
    SHARED->descriptors[2 * slot + 1].address =
        message + __builtin_offsetof(struct transmit_slot, result);
    SHARED->descriptors[2 * slot + 1].tail = 1 | (uint64_t)DESCRIPTOR_FLAG_WRITE << 32;
    free_slots[free_count++] = slot;
  }
  SHARED->used_flags = USED_FLAG_NO_NOTIFY;
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
    if (source == SOURCE_OWN) continue;
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

uint32_t reference_look_up(void) {
  const struct frame *frame = &reference_frame;
  for (uint32_t index = 0; index < rule_count; index++) {
    const struct rule *rule = &rules[index];
    if ((frame->identifier & rule->match_mask) != rule->match_identifier ||
        (frame->data & rule->data_mask) != rule->data_value ||
        frame->length < rule->minimum_length)
      continue;
    hits[index]++;
    if (!(rule->flags & RULE_ANSWER)) return rule->flags;
    compose(rule, frame, &reference_answer);
    return is_static(rule) ? rule->flags | DECISION_STATIC : rule->flags;
  }
  return drop_unmatched ? 0 : RULE_FORWARD;
}

static int is_carriable(uint32_t identifier, uint32_t length) {
  if (identifier & IDENTIFIER_ERROR) return 0;
  if (identifier & IDENTIFIER_REMOTE && !(features & FEATURE_REMOTE_FRAMES)) return 0;
  uint32_t number = identifier & 0x1fffffff;
  return length <= 8 && (identifier & IDENTIFIER_EXTENDED || number <= 0x7ff);
}

static uint32_t submit(const struct frame *frame) {
  uint32_t identifier = frame->identifier, length = frame->length;
  if (!is_carriable(identifier, length)) {
    dropped_unsupported++;
    return STATUS_BAD;
  }
  if (free_count == 0) {
    dropped_full++;
    return STATUS_FULL;
  }
  uint32_t slot = free_slots[--free_count];
  uint32_t flags = identifier & IDENTIFIER_EXTENDED ? MESSAGE_FLAG_EXTENDED : 0;
  if (identifier & IDENTIFIER_REMOTE) flags |= MESSAGE_FLAG_REMOTE;
  volatile struct transmit_slot *message = &SHARED->slots[slot];
  message->words[0] = MESSAGE_TRANSMIT | length << 16;
  message->words[1] = flags | (uint64_t)(identifier & 0x1fffffff) << 32;
  message->words[2] = identifier & IDENTIFIER_REMOTE ? 0 : frame->data & data_mask(length);
  message->result = RESULT_NOT_OK;
  if (held_count == 0) deadline = w2c_bsp_counter_read(0) + COMPLETION_TICKS;
  uint32_t head = 2 * slot;
  SHARED->descriptors[head].tail =
      (16 + length) | (uint64_t)DESCRIPTOR_FLAG_NEXT << 32 | (uint64_t)(head + 1) << 48;
  SHARED->available_ring[available_index & (QUEUE_SIZE - 1)] = head;
  held[head] = 1;
  held_count++;
  available_index = (available_index + 1) & 0xffff;
  w2c_bsp_barrier_write(0);
  SHARED->available_index = available_index;
  w2c_bsp_barrier_full(0);
  if (!(SHARED->used_flags & USED_FLAG_NO_NOTIFY)) doorbells++;
  sent++;
  return STATUS_OK;
}

uint32_t reference_push(void) {
  if (ring_put - ring_take >= RING_RECORDS) return STATUS_FULL;
  ring[ring_put++ % RING_RECORDS] = reference_frame;
  reference_taken = ring[ring_take++ % RING_RECORDS];
  return submit(&reference_taken);
}

uint32_t reference_forward(void) {
  reference_decode();
  return reference_look_up() & RULE_FORWARD ? reference_push() : STATUS_EMPTY;
}
