// SPDX-License-Identifier: MIT
/*
 * Page tables of the cell: who may read, write and execute what at EL1.
 *
 * Stage 2 (Jailhouse) isolates the cell from Linux. These tables protect the firmware from itself: code
 * is not writable, data is not executable, stacks and linear memory have unmapped neighbours, and shared
 * memory is mapped to the exact page. Compiled with -mstrict-align, because unaligned accesses fault until
 * the MMU is on.
 *
 * Descriptor and register layouts: Arm ARM (DDI 0487), D8.3 and TCR_EL1, MAIR_EL1, SCTLR_EL1.
 */
#include <stdint.h>

#include "memory-map.h"

#define PAGE_BYTES 0x1000ull
#define TABLE_ENTRIES 512

/* MAIR_EL1 attribute 0: Normal, write-back, read and write allocate; 1: Device-nGnRnE. */
#define MAIR_VALUE 0x00ffull
#define ATTRIBUTE_NORMAL (0ull << 2)
#define ATTRIBUTE_DEVICE (1ull << 2)

#define DESCRIPTOR_TABLE 3ull
#define DESCRIPTOR_BLOCK 1ull
#define DESCRIPTOR_PAGE 3ull
#define READ_ONLY (1ull << 7)
#define INNER_SHAREABLE (3ull << 8)
#define ACCESS_FLAG (1ull << 10)
#define EXECUTE_NEVER ((1ull << 53) | (1ull << 54))

#define NORMAL_DATA (ATTRIBUTE_NORMAL | INNER_SHAREABLE | ACCESS_FLAG | EXECUTE_NEVER)
#define NORMAL_CONSTANT (NORMAL_DATA | READ_ONLY)
#define NORMAL_CODE (ATTRIBUTE_NORMAL | INNER_SHAREABLE | ACCESS_FLAG | READ_ONLY)
#define DEVICE (ATTRIBUTE_DEVICE | ACCESS_FLAG | EXECUTE_NEVER)

/*
 * TCR_EL1: 39-bit addresses (T0SZ 25), write-back inner-shareable walks, 4 KiB granule, no TTBR1
 * walks (EPD1), 36-bit physical addresses (IPS 1).
 */
#define TCR_VALUE 0x180803519ull

#define SCTLR_M (1ull << 0)
#define SCTLR_A (1ull << 1)
#define SCTLR_C (1ull << 2)
#define SCTLR_I (1ull << 12)

_Static_assert(IVSHMEM_STATE_TABLE_ADDRESS >> 21 ==
                   (CONTROL_STATUS_ADDRESS + CONTROL_STATUS_BYTES - 1) >> 21,
               "one level 3 table holds the shared memory of both links");

typedef uint64_t Table[TABLE_ENTRIES] __attribute__((aligned(4096)));

/* First index of the view of the guest's memory. */
#define GUEST_VIEW (GUEST_VIEW_ADDRESS >> 30)

static uint64_t linear_memory_entry;

static Table level1, level2_first, level3_ram, level3_shared, level2_comm, level3_comm,
    level2_linear, level3_linear;

extern uint8_t __text_end[], __rodata_end[], __image_end[], __bss_start[], __bss_end[];
extern uint8_t __linear_memory[], __stack_guard[], __fault_stack_guard[];

static void map_pages(volatile uint64_t *level3, uint64_t virtual, uint64_t physical,
                      uint64_t bytes, uint64_t attributes) {
  for (uint64_t offset = 0; offset < bytes; offset += PAGE_BYTES) {
    level3[((virtual + offset) / PAGE_BYTES) % TABLE_ENTRIES] =
        (physical + offset) | attributes | DESCRIPTOR_PAGE;
  }
}

static void unmap_page(volatile uint64_t *level3, uint64_t virtual) {
  level3[(virtual / PAGE_BYTES) % TABLE_ENTRIES] = 0;
}

static uint64_t table_entry(const uint64_t *table) {
  return (uint64_t)table | DESCRIPTOR_TABLE;
}

static void build_tables(void) {
  uint64_t text_end = (uint64_t)__text_end;
  uint64_t rodata_end = (uint64_t)__rodata_end;

  /* The code that turns the MMU on runs at its guest address, so keep that mapped until it has left. */
  level1[0] = table_entry(level2_first);
  linear_memory_entry = table_entry(level2_linear);
  level1[GUEST_VIEW] = table_entry(level2_first);
  level1[GUEST_VIEW + (COMM_REGION_ADDRESS >> 30)] = table_entry(level2_comm);
  level1[GUEST_VIEW + (DEVICE_ADDRESS >> 30)] = DEVICE_ADDRESS | DEVICE | DESCRIPTOR_BLOCK;

  level2_first[0] = table_entry(level3_ram);
  map_pages(level3_ram, 0, 0, text_end, NORMAL_CODE);
  map_pages(level3_ram, text_end, text_end, rodata_end - text_end, NORMAL_CONSTANT);
  map_pages(level3_ram, rodata_end, rodata_end, RULES_ADDRESS - rodata_end, NORMAL_DATA);
  map_pages(level3_ram, RULES_ADDRESS, RULES_ADDRESS, RULES_BYTES, NORMAL_CONSTANT);
  unmap_page(level3_ram, (uint64_t)__stack_guard);
  unmap_page(level3_ram, (uint64_t)__fault_stack_guard);

  level2_first[IVSHMEM_STATE_TABLE_ADDRESS >> 21] = table_entry(level3_shared);
  map_pages(level3_shared, IVSHMEM_STATE_TABLE_ADDRESS, IVSHMEM_STATE_TABLE_ADDRESS,
            IVSHMEM_STATE_TABLE_BYTES, NORMAL_CONSTANT);
  map_pages(level3_shared, IVSHMEM_SECTION_ADDRESS, IVSHMEM_SECTION_ADDRESS, IVSHMEM_SECTION_BYTES,
            NORMAL_DATA);
  map_pages(level3_shared, CONTROL_STATE_TABLE_ADDRESS, CONTROL_STATE_TABLE_ADDRESS,
            CONTROL_STATE_TABLE_BYTES, NORMAL_CONSTANT);
  map_pages(level3_shared, CONTROL_REQUESTS_ADDRESS, CONTROL_REQUESTS_ADDRESS,
            CONTROL_REQUESTS_BYTES, NORMAL_CONSTANT);
  map_pages(level3_shared, CONTROL_STATUS_ADDRESS, CONTROL_STATUS_ADDRESS, CONTROL_STATUS_BYTES,
            NORMAL_DATA);

  level2_comm[0] = table_entry(level3_comm);
  map_pages(level3_comm, COMM_REGION_ADDRESS, COMM_REGION_ADDRESS, COMM_REGION_BYTES, NORMAL_DATA);

  level2_linear[0] = table_entry(level3_linear);
  map_pages(level3_linear, LINEAR_MEMORY_ADDRESS, (uint64_t)__linear_memory, LINEAR_MEMORY_BYTES,
            NORMAL_DATA);
}

/*
 * A stale clean cache line must not hide what was written with the caches off. Jailhouse invalidated the RAM
 * before the start, so no dirty line can be written back over it. At EL1 under stage 2 (HCR_EL2.VM) DC IVAC
 * also cleans, like DC CIVAC (Arm ARM DDI 0487, D7.5.9).
 */
static void invalidate_bss(void) {
  uint64_t cache_type;
  __asm__ volatile("mrs %0, ctr_el0" : "=r"(cache_type));
  uint64_t line_bytes = 4ull << ((cache_type >> 16) & 15);
  for (uint64_t address = (uint64_t)__bss_start & ~(line_bytes - 1); address < (uint64_t)__bss_end;
       address += line_bytes) {
    __asm__ volatile("dc ivac, %0" ::"r"(address) : "memory");
  }
}

void mmu_enable(void) {
  uint64_t control;
  build_tables();
  __asm__ volatile("dsb sy" ::: "memory");
  invalidate_bss();
  __asm__ volatile("msr mair_el1, %0\n"
                   "msr tcr_el1, %1\n"
                   "msr ttbr0_el1, %2\n"
                   "dsb sy\n"
                   "isb\n"
                   "tlbi vmalle1\n"
                   "ic iallu\n"
                   "dsb sy\n"
                   "isb\n" ::"r"(MAIR_VALUE),
                   "r"(TCR_VALUE), "r"((uint64_t)level1)
                   : "memory");
  __asm__ volatile("mrs %0, sctlr_el1" : "=r"(control));
  control = (control & ~SCTLR_A) | SCTLR_M | SCTLR_C | SCTLR_I;
  __asm__ volatile("msr sctlr_el1, %0\n"
                   "isb\n" ::"r"(control)
                   : "memory");
}

/*
 * Called once the program runs at its final address: the linear memory replaces guest address 0. The entry
 * must pass through invalid, because it may not change from one table to another directly (D8.16,
 * break-before-make).
 */
void mmu_show_linear_memory(void) {
  volatile uint64_t *first = &level1[LINEAR_MEMORY_ADDRESS >> 30];
  *first = 0;
  __asm__ volatile("dsb ishst\n"
                   "tlbi vmalle1\n"
                   "dsb ish\n" ::
                       : "memory");
  *first = linear_memory_entry;
  __asm__ volatile("dsb ishst\n"
                   "isb\n" ::
                       : "memory");
}
