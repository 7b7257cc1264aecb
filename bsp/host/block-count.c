/* SPDX-License-Identifier: MIT */
/*
 * Counts the instructions of basic blocks as the emulator enters them, in the process of the twin
 * (twin/engine/block-count.ts).
 *
 * It is called a million times for a tenth of a second of the cell, and a call into JavaScript costs ten
 * times as much as the block. Does not: charge anything; the engine does, before anything can see the time.
 */
#include <stdint.h>

#define INSTRUCTION_BYTES 4u

/* As the engine lays it out. */
struct block_count {
    /* The end of the block that was counted last. */
    uint64_t counted_end;
    /* Instructions that were entered and are not charged yet. */
    uint32_t instructions;
    /* 1: the emulator goes on where it was stopped, which may be inside a block that was counted. */
    uint32_t resuming;
};

/* A hook of Unicorn for blocks (uc_cb_hookcode_t). */
static void count_block(void *emulator, uint64_t address, uint32_t bytes, void *user)
{
    struct block_count *count = user;
    uint64_t end = address + bytes;
    int is_rest = count->resuming != 0 && end == count->counted_end;

    (void)emulator;
    count->resuming = 0;
    count->counted_end = end;
    if (!is_rest) count->instructions += bytes / INSTRUCTION_BYTES;
}

void *canwarden_block_hook(void)
{
    return (void *)(uintptr_t)count_block;
}
