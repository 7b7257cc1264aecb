/* SPDX-License-Identifier: MIT */
/*
 * Reset entry and exception vectors of the stub, the least of a hypervisor that the cell can run under.
 *
 * QEMU starts all cores at address 0 in EL3. Core 0 goes on to EL2 and from there to the cell in EL1; the
 * others wait for ever.
 */
    .section .boot, "ax"
    .globl  _start
_start:
    mrs     x0, mpidr_el1
    tst     x0, #0xff
    b.ne    park
    /* To EL2: non-secure, AArch64, HVC allowed. SPSR: EL2h, all masked. */
    mov     x0, #0x501
    orr     x0, x0, #0x30
    msr     scr_el3, x0
    ldr     x0, =0x30c50830
    msr     sctlr_el2, x0
    mov     x0, #0x3c9
    msr     spsr_el3, x0
    adr     x0, at_el2
    msr     elr_el3, x0
    eret
at_el2:
    ldr     x0, =__stack_top
    mov     sp, x0
    adr     x0, vectors
    msr     vbar_el2, x0
    bl      stub_prepare
    /* As Jailhouse starts a cell: EL1h, all masked, MMU and caches off, general registers zero. */
    ldr     x0, =0x30d00800
    msr     sctlr_el1, x0
    mov     x0, #0x3c5
    msr     spsr_el2, x0
    msr     elr_el2, xzr
    .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30
    mov     x\n, xzr
    .endr
    eret

    .globl  stub_park
stub_park:
park:
    wfi
    b       park

    .balign 0x800
vectors:
    .rept   8
    .balign 0x80
    b       stub_park
    .endr
    /* Synchronous, from EL1 in AArch64: the cell. */
    .balign 0x80
    b       from_cell
    .rept   7
    .balign 0x80
    b       stub_park
    .endr

from_cell:
    sub     sp, sp, #256
    stp     x0, x1, [sp, #0]
    stp     x2, x3, [sp, #16]
    stp     x4, x5, [sp, #32]
    stp     x6, x7, [sp, #48]
    stp     x8, x9, [sp, #64]
    stp     x10, x11, [sp, #80]
    stp     x12, x13, [sp, #96]
    stp     x14, x15, [sp, #112]
    stp     x16, x17, [sp, #128]
    stp     x18, x19, [sp, #144]
    stp     x20, x21, [sp, #160]
    stp     x22, x23, [sp, #176]
    stp     x24, x25, [sp, #192]
    stp     x26, x27, [sp, #208]
    stp     x28, x29, [sp, #224]
    stp     x30, xzr, [sp, #240]
    mov     x0, sp
    bl      stub_exit
    ldp     x0, x1, [sp, #0]
    ldp     x2, x3, [sp, #16]
    ldp     x4, x5, [sp, #32]
    ldp     x6, x7, [sp, #48]
    ldp     x8, x9, [sp, #64]
    ldp     x10, x11, [sp, #80]
    ldp     x12, x13, [sp, #96]
    ldp     x14, x15, [sp, #112]
    ldp     x16, x17, [sp, #128]
    ldp     x18, x19, [sp, #144]
    ldp     x20, x21, [sp, #160]
    ldp     x22, x23, [sp, #176]
    ldp     x24, x25, [sp, #192]
    ldp     x26, x27, [sp, #208]
    ldp     x28, x29, [sp, #224]
    ldr     x30, [sp, #240]
    add     sp, sp, #256
    eret
    .ltorg
