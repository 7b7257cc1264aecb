// SPDX-License-Identifier: MIT
/**
 * The host ABI: everything a wasm module of this project may ask of what is around it.
 *
 * The names are snake_case because they survive: `mmio_read32` is the wasm import `bsp.mmio_read32`
 * and the C function `w2c_bsp_mmio_read32` in bsp/.
 * Does not: hold state, check addresses. The MMU (image) or the twin (wasm) walls each access.
 */

/** Reads one aligned 32-bit device register. Emulated registers need exactly this width. */
export declare function mmio_read32(address: u32): u32;
/** Writes one aligned 32-bit device register. */
export declare function mmio_write32(address: u32, value: u32): void;

/** Loads one byte of Normal memory outside the module: exactly one load, never repeated. */
export declare function memory_read8(address: u32): u32;
/** Loads an aligned 16-bit value of Normal memory outside the module. */
export declare function memory_read16(address: u32): u32;
/** Loads an aligned 32-bit value of Normal memory outside the module. */
export declare function memory_read32(address: u32): u32;
/** Loads an aligned 64-bit value of Normal memory outside the module. */
export declare function memory_read64(address: u32): u64;
/** Stores one byte of Normal memory outside the module: exactly one store. */
export declare function memory_write8(address: u32, value: u32): void;
/** Stores an aligned 16-bit value of Normal memory outside the module. */
export declare function memory_write16(address: u32, value: u32): void;
/** Stores an aligned 32-bit value of Normal memory outside the module. */
export declare function memory_write32(address: u32, value: u32): void;
/** Stores an aligned 64-bit value of Normal memory outside the module. */
export declare function memory_write64(address: u32, value: u64): void;

/** Orders loads before it against loads and stores after it (DMB ISHLD). */
export declare function barrier_read(): void;
/** Orders stores before it against stores after it (DMB ISHST). */
export declare function barrier_write(): void;
/** Orders every memory access before it against every one after it (DMB ISH). */
export declare function barrier_full(): void;
/** Orders memory accesses before it against device accesses after it (DMB SY). */
export declare function barrier_device(): void;

/** Ticks of the virtual counter (CNTVCT_EL0); never goes back. */
export declare function counter_read(): u64;
/** Ticks per second of the virtual counter (CNTFRQ_EL0). */
export declare function counter_hertz(): u32;

/**
 * 1 while an SError is pending that the cell masks (ISR_EL1.A): an access whose store or load has failed
 * after it was issued. Else 0.
 */
export declare function system_error_pending(): u32;

/** Jailhouse hypercall `code` with two arguments (HVC #0x4a48); returns x0. */
export declare function hypercall(code: u32, argument1: u32, argument2: u32): i32;

/**
 * Says that nothing is to be done until an input changes or the counter reaches `deadlineTicks`.
 * A hint: it may return at once, and always does on the board. The twin skips polling by it. Returns the
 * ticks of the rounds that were skipped: 0 on the board.
 */
export declare function idle_until(deadlineTicks: u64): u64;

/**
 * Stops the core until an interrupt reaches it, or the counter reaches `deadlineTicks`: sets the
 * virtual timer, waits (WFI), takes the timer back. Interrupts stay masked: none is taken, and one
 * that is pending already ends the wait at once. Needs the virtual timer enabled in the GIC.
 */
export declare function sleep_until(deadlineTicks: u64): void;

/** Names one device write that the host performs first when the module traps. Address 0: none. */
export declare function fault_write32(address: u32, value: u32): void;

/**
 * While `isLate` the host puts that write off: it performs it only when no new module comes of the trap, or
 * when the new one does not start or traps as well before it has said so again.
 */
export declare function fault_write_late(isLate: bool): void;
