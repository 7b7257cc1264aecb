// SPDX-License-Identifier: MIT
/*
 * The least of a hypervisor that the cell can run under, for QEMU: second-stage page tables, the console
 * hypercall, and a virtual PCI bus with ivshmem devices.
 *
 * Sources: Arm ARM DDI 0487 (stage 2, ESR_EL2, HPFAR_EL2); Jailhouse hypervisor/{pci,ivshmem}.c.
 * Does not: interrupts (the cell polls), a second cell, a second start, mercy: what Jailhouse would refuse
 * ends the run.
 */
#include <stdbool.h>
#include <stddef.h>

#include "stub.h"

#define CONFIG ((const struct stub_config *)STUB_CONFIG_ADDRESS)

#define PAGE 0x1000ull
#define TABLE_ENTRIES 512
#define TABLES_MAX 64

/* Descriptors (DDI 0487, D8.3): valid table or page; access flag; inner shareable. */
#define DESCRIPTOR_TABLE 3ull
#define DESCRIPTOR_PAGE (3ull | 1ull << 10 | 3ull << 8)
#define STAGE2_READ (1ull << 6)
#define STAGE2_WRITE (1ull << 7)
#define STAGE2_NORMAL (0xfull << 2)
#define STAGE2_DEVICE (0ull << 2)
/* 4 GiB of guest addresses, level 1 first, 4 KiB pages, 40 bits of physical address, write-back. */
#define VTCR (1ull << 31 | 2ull << 16 | 3ull << 12 | 1ull << 10 | 1ull << 8 | 1ull << 6 | 32)
/* HCR_EL2: second stage on, EL1 is AArch64, SMC traps. */
#define HCR (1ull << 31 | 1ull << 19 | 1ull)

/* Exception classes of ESR_EL2. */
#define CLASS_HVC 0x16
#define CLASS_DATA_ABORT 0x24
#define JAILHOUSE_HVC 0x4a48
#define CODE_CONSOLE_PUTC 8
#define ERROR_PERMISSION (-1ll)
#define ERROR_UNKNOWN (-38ll)
#define COMM_CELL_STATE 0x08
#define CELL_FAILED 3

/* PCI header and ivshmem registers. */
#define PCI_COMMAND 0x04
#define PCI_CACHE_LINE 0x0c
#define PCI_BAR0 0x10
#define PCI_BAR5 0x24
#define PCI_INTERRUPT 0x3c
#define PCI_CAPABILITY 0x40
#define COMMAND_MEMORY 2u
#define COMMAND_WRITABLE 0x406u
#define STATUS_CAPABILITIES 0x00100000u
#define ONE_SHOT (1u << 24)
#define IVSHMEM_ID 0x00
#define IVSHMEM_PEERS 0x04
#define IVSHMEM_INTERRUPTS 0x08
#define IVSHMEM_STATE 0x10

/* BCM2711: pin functions, as config.txt sets them on a board; the console. */
#define GPFSEL0 0xfe200000
#define GPFSEL1 0xfe200004
#define GPIO_PULLS1 0xfe2000e8
#define ALT0 4u
#define PULL_UP 1u
#define UART_DATA 0xfe215040 /* the mini-UART, which the cell has as well */

struct device {
  uint8_t image[STUB_PCI_IMAGE_BYTES];
  uint32_t interrupts;
  uint32_t state;
};

static uint64_t tables[TABLES_MAX][TABLE_ENTRIES] __attribute__((aligned(PAGE)));
static unsigned tables_used;
static struct device devices[STUB_DEVICES_MAX];

_Noreturn void stub_park(void);

static uint32_t read32(uint64_t address) { return *(volatile uint32_t *)address; }

static void write32(uint64_t address, uint32_t value) { *(volatile uint32_t *)address = value; }

static void print(const char *text) {
  for (; *text != 0; text++) {
    write32(UART_DATA, (uint8_t)*text);
  }
}

static void print_hex(uint64_t value) {
  for (int shift = 60; shift >= 0; shift -= 4) {
    write32(UART_DATA, (uint8_t)"0123456789abcdef"[value >> shift & 0xf]);
  }
}

static _Noreturn void park(const char *reason, uint64_t syndrome, uint64_t address) {
  uint64_t program_counter;
  __asm__ volatile("mrs %0, elr_el2" : "=r"(program_counter));
  print("\nstub: ");
  print(reason);
  print(", ESR ");
  print_hex(syndrome);
  print(", guest address ");
  print_hex(address);
  print(", PC ");
  print_hex(program_counter);
  print("\nstub: Parking CPU 0\n");
  write32(CONFIG->communication_region + COMM_CELL_STATE, CELL_FAILED);
  stub_park();
}

/* ---- the cell's address space ---- */

static uint64_t *new_table(void) {
  if (tables_used == TABLES_MAX) {
    park("too many page tables", 0, 0);
  }
  return tables[tables_used++];
}

static uint64_t *table_below(uint64_t *entry) {
  if (*entry == 0) {
    *entry = (uint64_t)new_table() | DESCRIPTOR_TABLE;
  }
  return (uint64_t *)(*entry & ~(PAGE - 1));
}

static void map(uint64_t *root, const struct stub_region *region) {
  uint64_t kind = region->flags & STUB_DEVICE ? STAGE2_DEVICE : STAGE2_NORMAL;
  uint64_t rights = STAGE2_READ | (region->flags & STUB_WRITE ? STAGE2_WRITE : 0);
  for (uint64_t at = 0; at < region->bytes; at += PAGE) {
    uint64_t guest = region->guest + at;
    uint64_t *middle = table_below(&root[guest >> 30 & 3]);
    uint64_t *pages = table_below(&middle[guest >> 21 & 511]);
    pages[guest >> 12 & 511] = (region->physical + at) | DESCRIPTOR_PAGE | kind | rights;
  }
}

static void set_pins(void) {
  /* SPI0: CE0 is GPIO 8, MISO 9, MOSI 10, SCLK 11. INT is GPIO 25, pulled up. */
  write32(GPFSEL0, ALT0 << 24 | ALT0 << 27);
  write32(GPFSEL1, ALT0 | ALT0 << 3);
  write32(GPIO_PULLS1, (read32(GPIO_PULLS1) & ~(3u << 18)) | PULL_UP << 18);
}

void stub_prepare(void) {
  if (CONFIG->magic != STUB_MAGIC) {
    park("no configuration", 0, STUB_CONFIG_ADDRESS);
  }
  uint64_t *root = new_table();
  for (uint32_t index = 0; index < CONFIG->region_count; index++) {
    map(root, &CONFIG->regions[index]);
  }
  for (uint32_t index = 0; index < CONFIG->device_count; index++) {
    for (unsigned byte = 0; byte < STUB_PCI_IMAGE_BYTES; byte++) {
      devices[index].image[byte] = CONFIG->devices[index].image[byte];
    }
  }
  set_pins();
  __asm__ volatile("msr vttbr_el2, %0\n"
                   "msr vtcr_el2, %1\n"
                   "msr hcr_el2, %2\n"
                   "msr cntvoff_el2, xzr\n"
                   "msr cptr_el2, %3\n"
                   "msr cnthctl_el2, %4\n"
                   "dsb sy\n"
                   "tlbi vmalls12e1\n"
                   "dsb sy\n"
                   "isb" ::"r"(root),
                   "r"(VTCR), "r"(HCR), "r"(0x33ffull), "r"(3ull));
}

/* ---- virtual PCI ---- */

static uint32_t image_word(const struct device *device, uint32_t offset) {
  const uint8_t *bytes = &device->image[offset];
  return bytes[0] | bytes[1] << 8 | bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void set_image_word(struct device *device, uint32_t offset, uint32_t value) {
  for (unsigned byte = 0; byte < 4; byte++) {
    device->image[offset + byte] = (uint8_t)(value >> 8 * byte);
  }
}

/* The device whose register page, behind BAR0, holds this address. Negative: none. */
static int device_at(uint64_t address) {
  for (uint32_t index = 0; index < CONFIG->device_count; index++) {
    uint32_t mask = CONFIG->devices[index].bar_mask;
    uint32_t start = image_word(&devices[index], PCI_BAR0) & mask;
    bool is_on = image_word(&devices[index], PCI_COMMAND) & COMMAND_MEMORY;
    if (is_on && ((uint32_t)address & mask) == start) {
      return (int)index;
    }
  }
  return -1;
}

static int function_at(uint64_t address) {
  uint32_t bdf = (uint32_t)((address - CONFIG->pci_base) / PAGE);
  for (uint32_t index = 0; index < CONFIG->device_count; index++) {
    if (CONFIG->devices[index].bdf == bdf) {
      return (int)index;
    }
  }
  return -1;
}

static bool is_configuration(uint64_t address) {
  return address >= CONFIG->pci_base && address - CONFIG->pci_base < CONFIG->pci_bytes;
}

static uint32_t read_register(int index, uint32_t offset) {
  switch (offset) {
  case IVSHMEM_ID:
    return CONFIG->devices[index].id;
  case IVSHMEM_PEERS:
    return CONFIG->devices[index].peers;
  case IVSHMEM_INTERRUPTS:
    return devices[index].interrupts;
  case IVSHMEM_STATE:
    return devices[index].state;
  default:
    return 0;
  }
}

/* The doorbell rings nobody: both ends poll. */
static void write_register(int index, uint32_t offset, uint32_t value) {
  if (offset == IVSHMEM_INTERRUPTS) {
    devices[index].interrupts = value & 1;
  } else if (offset == IVSHMEM_STATE) {
    devices[index].state = value;
    write32(CONFIG->devices[index].state_table + 4 * CONFIG->devices[index].id, value);
  }
}

static uint32_t read_configuration(uint64_t address) {
  uint32_t offset = address & (PAGE - 1) & ~3u;
  int index = function_at(address);
  return index < 0 || offset >= STUB_PCI_IMAGE_BYTES ? ~0u : image_word(&devices[index], offset);
}

/* False: Jailhouse refuses such a write and parks the CPU. */
static bool write_configuration(uint64_t address, uint32_t value) {
  uint32_t offset = address & (PAGE - 1) & ~3u;
  int index = function_at(address);
  if (index < 0 || offset >= STUB_PCI_IMAGE_BYTES) {
    return false;
  }
  struct device *device = &devices[index];
  if (offset == PCI_COMMAND) {
    set_image_word(device, offset, STATUS_CAPABILITIES | (value & COMMAND_WRITABLE));
  } else if (offset >= PCI_BAR0 && offset <= PCI_BAR5) {
    uint32_t mask = offset == PCI_BAR0 ? CONFIG->devices[index].bar_mask : 0;
    set_image_word(device, offset, value & mask);
  } else if (offset == PCI_CACHE_LINE) {
    set_image_word(device, offset, value);
  } else if (offset == PCI_INTERRUPT) {
    device->image[offset] = (uint8_t)value;
  } else if (offset == PCI_CAPABILITY) {
    uint32_t fixed = image_word(device, offset) & ~ONE_SHOT;
    set_image_word(device, offset, fixed | (value & ONE_SHOT));
  } else {
    return offset > PCI_CAPABILITY;
  }
  return true;
}

/* ---- exits ---- */

/* An access that no region has: emulated if it is one to virtual PCI. Only what Jailhouse can emulate is. */
static void data_abort(uint64_t *registers, uint64_t syndrome) {
  uint64_t frame, offset, program_counter;
  __asm__ volatile("mrs %0, hpfar_el2\n"
                   "mrs %1, far_el2\n"
                   "mrs %2, elr_el2"
                   : "=r"(frame), "=r"(offset), "=r"(program_counter));
  uint64_t address = (frame >> 4 << 12) | (offset & (PAGE - 1));
  unsigned target = syndrome >> 16 & 31;
  bool is_valid = syndrome >> 24 & 1;
  bool is_write = syndrome >> 6 & 1;
  bool is_word = (syndrome >> 22 & 3) == 2;
  int device = device_at(address);
  if (!is_valid || (device < 0 && !is_configuration(address))) {
    park("access outside the cell", syndrome, address);
  }
  uint32_t value = target == 31 ? 0 : (uint32_t)registers[target];
  if (is_write && !is_word) {
    park("virtual PCI is written by words here", syndrome, address);
  }
  if (is_write && device >= 0) {
    write_register(device, address & (PAGE - 1), value);
  } else if (is_write && !write_configuration(address, value)) {
    park("refused write to configuration space", syndrome, address);
  } else if (!is_write && target != 31) {
    uint32_t read = device >= 0 ? read_register(device, address & (PAGE - 1))
                                : read_configuration(address);
    /* Like Jailhouse, parts of a word are shifted and not masked. */
    registers[target] = is_word ? read : read >> 8 * (address & 3);
  }
  __asm__ volatile("msr elr_el2, %0" ::"r"(program_counter + 4));
}

void stub_exit(uint64_t *registers) {
  uint64_t syndrome;
  __asm__ volatile("mrs %0, esr_el2" : "=r"(syndrome));
  unsigned class = syndrome >> 26 & 63;
  if (class == CLASS_HVC && (syndrome & 0xffff) == JAILHOUSE_HVC) {
    uint64_t code = registers[0];
    if (code == CODE_CONSOLE_PUTC) {
      write32(UART_DATA, (uint8_t)registers[1]);
    }
    bool is_root_only = code <= 4 || code == 6;
    registers[0] = (uint64_t)(code == CODE_CONSOLE_PUTC ? 0
                              : is_root_only            ? ERROR_PERMISSION
                                                        : ERROR_UNKNOWN);
  } else if (class == CLASS_DATA_ABORT) {
    data_abort(registers, syndrome);
  } else {
    park("unexpected exit", syndrome, 0);
  }
}
