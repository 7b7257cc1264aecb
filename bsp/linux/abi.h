// SPDX-License-Identifier: MIT
/*
 * The host ABI of src/abi/bsp.ts and src/abi/socket.ts for the bridge: each import of its module on Linux.
 *
 * An access outside the mapped windows ends the bridge (module_fault).
 * Each memory access is one volatile access of its width. The wasm module may give any address, so
 * bounds and natural alignment are checked.
 */
#ifndef CANWARDEN_LINUX_ABI_H
#define CANWARDEN_LINUX_ABI_H

#include <stdint.h>

#include "can-socket.h"
#include "link.h"

/* Where the module expects the windows (src/bridge/end.ts, src/bridge/control.ts). */
#define SECTION_ADDRESS 0x00000000u
#define STATE_TABLE_ADDRESS 0x80000000u
#define REGISTER_PAGE_ADDRESS 0x90000000u
#define STATUS_PAGE_ADDRESS 0xa0000000u
#define REQUESTS_ADDRESS 0xb0000000u
#define PAGE_BYTES 0x1000u

/* The counter is CLOCK_MONOTONIC in nanoseconds. */
#define COUNTER_HERTZ 1000000000u

struct w2c_bsp {
  struct link link;
  /* The time of this step (module_now_nanos). */
  uint64_t now_nanos;
  /* The register write that module_fault performs first. Address 0: none. */
  uint32_t fault_address;
  uint32_t fault_value;
};

struct w2c_socket {
  struct can_socket can;
};

#define ABI static inline

/* Ends the module after an access to an unmapped address (module.c). */
_Noreturn void module_fault(const char *what, uint32_t address);

/* A mapped window and the address where the module sees it. `bytes` 0: not mapped. */
struct window {
  volatile uint8_t *start;
  uint32_t base;
  uint32_t bytes;
  bool writable;
};

/* The windows beside the section, which are used rarely. */
static struct window window_beside(const struct link *link, uint32_t address) {
  if (address < REGISTER_PAGE_ADDRESS) {
    return (struct window){(volatile uint8_t *)link->state_table, STATE_TABLE_ADDRESS, PAGE_BYTES,
                           false};
  }
  bool is_request = address >= REQUESTS_ADDRESS;
  uint32_t control_bytes =
      address >= STATUS_PAGE_ADDRESS && link->status_page != NULL ? CONTROL_BYTES : 0;
  return (struct window){is_request ? link->requests : link->status_page,
                         is_request ? REQUESTS_ADDRESS : STATUS_PAGE_ADDRESS, control_bytes,
                         is_request};
}

/* Pointer for an address of shared memory, after the check of bounds and alignment. */
ABI volatile void *window(struct w2c_bsp *bsp, uint32_t address, uint32_t width, bool write) {
  struct window window = {bsp->link.section, SECTION_ADDRESS, bsp->link.section_bytes, true};
  if (address >= STATE_TABLE_ADDRESS) {
    window = window_beside(&bsp->link, address);
  }
  uint32_t offset = address - window.base;
  if ((uint64_t)offset + width > window.bytes || offset % width != 0 ||
      (write && !window.writable)) {
    module_fault(write ? "wrote to" : "read from", address);
  }
  return window.start + offset;
}

ABI uint32_t register_offset(uint32_t address) {
  uint32_t offset = address - REGISTER_PAGE_ADDRESS;
  if (offset > PAGE_BYTES - 4 || offset % 4 != 0) {
    module_fault("used the register at", address);
  }
  return offset;
}

uint32_t w2c_bsp_mmio_read32(struct w2c_bsp *bsp, uint32_t address) {
  return link_register_read(&bsp->link, register_offset(address));
}

void w2c_bsp_mmio_write32(struct w2c_bsp *bsp, uint32_t address, uint32_t value) {
  link_register_write(&bsp->link, register_offset(address), value);
}

uint32_t w2c_bsp_memory_read8(struct w2c_bsp *bsp, uint32_t address) {
  return *(volatile uint8_t *)window(bsp, address, 1, false);
}

uint32_t w2c_bsp_memory_read16(struct w2c_bsp *bsp, uint32_t address) {
  return *(volatile uint16_t *)window(bsp, address, 2, false);
}

uint32_t w2c_bsp_memory_read32(struct w2c_bsp *bsp, uint32_t address) {
  return *(volatile uint32_t *)window(bsp, address, 4, false);
}

uint64_t w2c_bsp_memory_read64(struct w2c_bsp *bsp, uint32_t address) {
  return *(volatile uint64_t *)window(bsp, address, 8, false);
}

void w2c_bsp_memory_write8(struct w2c_bsp *bsp, uint32_t address, uint32_t value) {
  *(volatile uint8_t *)window(bsp, address, 1, true) = (uint8_t)value;
}

void w2c_bsp_memory_write16(struct w2c_bsp *bsp, uint32_t address, uint32_t value) {
  *(volatile uint16_t *)window(bsp, address, 2, true) = (uint16_t)value;
}

void w2c_bsp_memory_write32(struct w2c_bsp *bsp, uint32_t address, uint32_t value) {
  *(volatile uint32_t *)window(bsp, address, 4, true) = value;
}

void w2c_bsp_memory_write64(struct w2c_bsp *bsp, uint32_t address, uint64_t value) {
  *(volatile uint64_t *)window(bsp, address, 8, true) = value;
}

void w2c_bsp_barrier_read(struct w2c_bsp *bsp) {
  (void)bsp;
  __atomic_thread_fence(__ATOMIC_ACQUIRE);
}

void w2c_bsp_barrier_write(struct w2c_bsp *bsp) {
  (void)bsp;
  __atomic_thread_fence(__ATOMIC_RELEASE);
}

void w2c_bsp_barrier_full(struct w2c_bsp *bsp) {
  (void)bsp;
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
}

/* The registers are device memory, so the barrier must reach beyond the inner shareable domain. */
void w2c_bsp_barrier_device(struct w2c_bsp *bsp) {
  (void)bsp;
#ifdef __aarch64__
  __asm__ volatile("dmb sy" ::: "memory");
#else
  __atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

/* The time at the start of the step: what the module times is far longer than a step. */
uint64_t w2c_bsp_counter_read(struct w2c_bsp *bsp) {
  return bsp->now_nanos;
}

uint32_t w2c_bsp_counter_hertz(struct w2c_bsp *bsp) {
  (void)bsp;
  return COUNTER_HERTZ;
}

void w2c_bsp_fault_write32(struct w2c_bsp *bsp, uint32_t address, uint32_t value) {
  bsp->fault_value = value;
  bsp->fault_address = address;
}

/* Pointer to `count` frames in the module's linear memory (module.c). */
void *module_frames(uint32_t address, uint32_t count);

ABI uint32_t batch_of(uint32_t count) {
  return count < CAN_BATCH_FRAMES ? count : CAN_BATCH_FRAMES;
}

uint32_t w2c_socket_socket_waiting(struct w2c_socket *socket) {
  return can_socket_waiting(&socket->can);
}

uint32_t w2c_socket_socket_receive(struct w2c_socket *socket, uint32_t frames, uint32_t limit) {
  limit = batch_of(limit);
  return can_socket_receive(&socket->can, module_frames(frames, limit), limit);
}

uint32_t w2c_socket_socket_send(struct w2c_socket *socket, uint32_t frames, uint32_t count) {
  count = batch_of(count);
  return can_socket_send(&socket->can, module_frames(frames, count), count);
}

#endif
