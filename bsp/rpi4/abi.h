// SPDX-License-Identifier: MIT
/*
 * The host ABI of src/abi/bsp.ts for the cell: each wasm import `bsp.<name>` on the board.
 *
 * Addresses are not checked here; the MMU does that (mmu.c).
 * Device accesses are single aligned 32-bit LDR/STR without write-back. Jailhouse can emulate only this
 * form when it traps one.
 */
#ifndef CANWARDEN_ABI_H
#define CANWARDEN_ABI_H

#include <stdint.h>

#include "memory-map.h"

/* wasm2c passes the instance of an import. This one has no state. */
struct w2c_bsp {
  int unused;
};

#define ABI __attribute__((always_inline)) inline

/* Operands of an access to a guest address: the base of the view, and the address. */
#define GUEST(address) "r"(GUEST_VIEW_ADDRESS), "r"(address)

/* The write that cell_fault performs first when the cell traps. Address 0: none. */
static uint32_t fault_address;
static uint32_t fault_value;
/* It is put off until no new module comes of the trap. */
static bool fault_late;

ABI uint32_t w2c_bsp_mmio_read32(struct w2c_bsp *bsp, uint32_t address) {
  uint32_t value;
  __asm__ volatile("ldr %w0, [%1, %w2, uxtw]" : "=r"(value) : GUEST(address));
  return value;
}

ABI void w2c_bsp_mmio_write32(struct w2c_bsp *bsp, uint32_t address, uint32_t value) {
  __asm__ volatile("str %w0, [%1, %w2, uxtw]" ::"rZ"(value), GUEST(address));
}

/*
 * Memory outside the module, also in single instructions. These and the barriers have no "memory" clobber:
 * they never touch the memory that the compiler knows (the module's own), and volatile statements keep their
 * order among themselves. A clobber would force a reload of every module field after each access.
 */
ABI uint32_t w2c_bsp_memory_read8(struct w2c_bsp *bsp, uint32_t address) {
  uint32_t value;
  __asm__ volatile("ldrb %w0, [%1, %w2, uxtw]" : "=r"(value) : GUEST(address));
  return value;
}

ABI uint32_t w2c_bsp_memory_read16(struct w2c_bsp *bsp, uint32_t address) {
  uint32_t value;
  __asm__ volatile("ldrh %w0, [%1, %w2, uxtw]" : "=r"(value) : GUEST(address));
  return value;
}

ABI uint32_t w2c_bsp_memory_read32(struct w2c_bsp *bsp, uint32_t address) {
  uint32_t value;
  __asm__ volatile("ldr %w0, [%1, %w2, uxtw]" : "=r"(value) : GUEST(address));
  return value;
}

ABI uint64_t w2c_bsp_memory_read64(struct w2c_bsp *bsp, uint32_t address) {
  uint64_t value;
  __asm__ volatile("ldr %x0, [%1, %w2, uxtw]" : "=r"(value) : GUEST(address));
  return value;
}

ABI void w2c_bsp_memory_write8(struct w2c_bsp *bsp, uint32_t address, uint32_t value) {
  __asm__ volatile("strb %w0, [%1, %w2, uxtw]" ::"rZ"(value), GUEST(address));
}

ABI void w2c_bsp_memory_write16(struct w2c_bsp *bsp, uint32_t address, uint32_t value) {
  __asm__ volatile("strh %w0, [%1, %w2, uxtw]" ::"rZ"(value), GUEST(address));
}

ABI void w2c_bsp_memory_write32(struct w2c_bsp *bsp, uint32_t address, uint32_t value) {
  __asm__ volatile("str %w0, [%1, %w2, uxtw]" ::"rZ"(value), GUEST(address));
}

ABI void w2c_bsp_memory_write64(struct w2c_bsp *bsp, uint32_t address, uint64_t value) {
  __asm__ volatile("str %x0, [%1, %w2, uxtw]" ::"rZ"(value), GUEST(address));
}

ABI void w2c_bsp_barrier_read(struct w2c_bsp *bsp) {
  __asm__ volatile("dmb ishld");
}

ABI void w2c_bsp_barrier_write(struct w2c_bsp *bsp) {
  __asm__ volatile("dmb ishst");
}

ABI void w2c_bsp_barrier_full(struct w2c_bsp *bsp) {
  __asm__ volatile("dmb ish");
}

ABI void w2c_bsp_barrier_device(struct w2c_bsp *bsp) {
  __asm__ volatile("dmb sy");
}

/* Without the ISB the counter may be read before earlier instructions. */
ABI uint64_t w2c_bsp_counter_read(struct w2c_bsp *bsp) {
  uint64_t ticks;
  __asm__ volatile("isb\n"
                   "mrs %0, cntvct_el0"
                   : "=r"(ticks));
  return ticks;
}

ABI uint32_t w2c_bsp_counter_hertz(struct w2c_bsp *bsp) {
  uint64_t hertz;
  __asm__ volatile("mrs %0, cntfrq_el0" : "=r"(hertz));
  return (uint32_t)hertz;
}

/* ISR_EL1.A is bit 8 (Arm ARM DDI 0487, D17). PSTATE.A is set, so the error stays pending. */
ABI uint32_t w2c_bsp_system_error_pending(struct w2c_bsp *bsp) {
  uint64_t pending;
  __asm__ volatile("mrs %0, isr_el1" : "=r"(pending));
  return (uint32_t)(pending >> 8) & 1;
}

ABI uint32_t w2c_bsp_hypercall(struct w2c_bsp *bsp, uint32_t code, uint32_t argument1,
                               uint32_t argument2) {
  register uint64_t x0 __asm__("x0") = code;
  register uint64_t x1 __asm__("x1") = argument1;
  register uint64_t x2 __asm__("x2") = argument2;
  __asm__ volatile("hvc #0x4a48" : "+r"(x0) : "r"(x1), "r"(x2) : "x3", "memory");
  return (uint32_t)x0;
}

/*
 * The core has nothing else to run, so the hint costs one instruction. The twin reads x0 from it, and adds the
 * ticks that it skips.
 */
ABI uint64_t w2c_bsp_idle_until(struct w2c_bsp *bsp, uint64_t deadline_ticks) {
  register uint64_t x0 __asm__("x0") = deadline_ticks;
  __asm__ volatile("yield" : "+r"(x0));
  return x0 - deadline_ticks;
}

/*
 * CNTV_CTL_EL0.ENABLE is bit 0. The ISB makes the timer effective, and the DSB completes every device access
 * before the core stops. Afterwards the timer is off, so it cannot expire while the cell works; that would
 * cost an exit to the hypervisor.
 */
ABI void w2c_bsp_sleep_until(struct w2c_bsp *bsp, uint64_t deadline_ticks) {
  __asm__ volatile("msr cntv_cval_el0, %0\n"
                   "msr cntv_ctl_el0, %1\n"
                   "isb\n"
                   "dsb sy\n"
                   "wfi\n"
                   "msr cntv_ctl_el0, xzr" ::"r"(deadline_ticks),
                   "r"(1ull));
}

ABI void w2c_bsp_fault_write32(struct w2c_bsp *bsp, uint32_t address, uint32_t value) {
  fault_value = value;
  fault_address = address;
}

ABI void w2c_bsp_fault_write_late(struct w2c_bsp *bsp, uint32_t is_late) {
  fault_late = is_late != 0;
}

#endif
