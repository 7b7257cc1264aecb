/* SPDX-License-Identifier: MIT */
/*
 * Reset entry and exception vectors of the cell.
 *
 * The image is linked for its address in the page tables (memory-map.h). Until they are on it runs at its
 * guest address: PC-relative addresses (adr, adrp) are then guest addresses, literals are not.
 *
 * Jailhouse enters at guest address 0 in EL1h with the MMU and caches off, all exceptions masked and
 * every general register zero. RAM is not zeroed.
 * The cell polls and never unmasks an interrupt, so every vector is a fault.
 */
#include "memory-map.h"

    .section .boot, "ax"
    .globl _start
_start:
    msr     daifset, #0xf
    adr     x0, vectors
    msr     vbar_el1, x0
    adrp    x0, __stack_top
    add     sp, x0, :lo12:__stack_top
    adrp    x0, __bss_start
    add     x0, x0, :lo12:__bss_start
    adrp    x1, __bss_end
    add     x1, x1, :lo12:__bss_end
1:  cmp     x0, x1
    b.hs    2f
    stp     xzr, xzr, [x0], #16
    b       1b
2:  bl      mmu_enable
    ldr     x0, =seen
    br      x0
seen:
    adr     x0, vectors
    msr     vbar_el1, x0
    ldr     x0, =__stack_top
    mov     sp, x0
    bl      mmu_show_linear_memory
    b       cell_main

    /* x0 = vector number. The fault may be a stack overflow, so use a separate stack. */
exception:
    ldr     x1, =__fault_stack_top
    mov     sp, x1
    mrs     x1, esr_el1
    mrs     x2, far_el1
    mrs     x3, elr_el1
    b       cell_exception

    /* Restart after a fault: the stack is emptied; page tables and vectors stay. */
    .globl  cell_restart
cell_restart:
    ldr     x0, =__stack_top
    mov     sp, x0
    b       cell_main
    .ltorg

    /* The architecture requires 2 KiB alignment. 16 vectors of 128 bytes end where the next page starts. */
    .section .boot.vectors, "ax"
    .balign VECTORS_OFFSET
vectors:
    .set    vector, 0
    .rept   16
    .balign 0x80
    mov     x0, #vector
    b       exception
    .set    vector, vector + 1
    .endr

    /* `jailhouse cell load -s` overwrites this page, so it holds nothing else. */
    .org    COMMAND_LINE_ADDRESS - VECTORS_OFFSET
    .space  COMMAND_LINE_ROOM_BYTES
