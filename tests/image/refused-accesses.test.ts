// SPDX-License-Identifier: MIT
/**
 * What becomes of an access that is refused: the image engine over programs of a few instructions with
 * page tables of their own. The right values are from the Arm ARM (DDI 0487, D17.2.37 ESR_EL1 and FAR_EL1),
 * and must be the same with each release of the emulator. The cross assembler encodes the programs.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';

import { ImageEngine } from '../../twin/engine/image.ts';
import { makeFixture } from '../twin/machine-fixture.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const MILLISECOND = 1_000_000;

// The program's own layout in RAM, identity-mapped; the guest's memory is seen once more from 16 GiB on.
const LEVEL_1 = 0x10000;
const LEVEL_2 = 0x11000;
const LEVEL_3 = 0x12000;
const REPORT = 0x20000;
const READ_ONLY_PAGE = 0x21000;
const UNMAPPED_PAGE = 0x22000;
const GUEST_VIEW = 0x4_0000_0000;
/** Writable by the page tables of the program, by the cell config only for the hypervisor. */
const STATE_TABLE = 0x0aa20000;
const IN_NO_REGION = 0xfe201000;

// Arm ARM D8.3: page and block descriptors with the access flag, inner shareable, memory type 0.
const PAGE = 0x703n;
const BLOCK = 0x701n;
const TABLE = 0x3n;
const READ_ONLY = 1n << 7n;
const EXECUTE_NEVER = 1n << 53n;

/** Sets up translation, sets the registers that the cases use, runs `instruction`, and stops. */
const program = (instruction: string): string => `
  ldr x0, =vectors
  msr vbar_el1, x0
  ldr x0, =${LEVEL_1}
  msr ttbr0_el1, x0
  mov x0, #0xff              // memory type 0: normal, write-back
  msr mair_el1, x0
  ldr x0, =0x200803519       // 36 bits of physical address, no TTBR1, T0SZ 25
  msr tcr_el1, x0
  isb
  mrs x0, sctlr_el1
  orr x0, x0, #1
  msr sctlr_el1, x0
  isb
  ldr x1, =${UNMAPPED_PAGE}
  ldr x2, =${READ_ONLY_PAGE}
  mov x3, #0x40
  mov w4, #-16               // as 64 bits 4294967280, as a signed word -16
  ldr x5, =${GUEST_VIEW + STATE_TABLE}
  ldr x6, =${GUEST_VIEW + IN_NO_REGION}
  add sp, x1, #0x100
  add x29, x1, #0x290
  add x30, x1, #0x300
  .globl tested
tested:
  ${instruction}
  wfi
  b .
  .ltorg
  .balign 2048
vectors:
  .skip 0x200                // synchronous, current level, own stack pointer
  mov x20, #${REPORT}
  mrs x21, esr_el1
  mrs x22, far_el1
  mrs x23, elr_el1
  ldr x24, =tested
  stp x21, x22, [x20]
  stp x23, x24, [x20, #16]
  wfi
  b .
  .ltorg
`;

function assemble(source: string): Buffer {
  const folder = temporaryFolder();
  const file = (name: string): string => join(folder, name);
  writeFileSync(file('program.S'), source);
  const link = ['-nostdlib', '-static', '-Wl,-Ttext=0', '-Wl,--build-id=none', '-Wl,-e0'];
  execFileSync('aarch64-linux-gnu-gcc', [...link, '-o', file('elf'), file('program.S')]);
  const parameters = ['-O', 'binary', '-j', '.text', file('elf'), file('binary')];
  execFileSync('aarch64-linux-gnu-objcopy', parameters);
  return readFileSync(file('binary'));
}

function writeTables(ram: Buffer): void {
  const entry = (table: number, index: number, value: bigint): void => {
    ram.writeBigUInt64LE(value, table + 8 * index);
  };
  for (const table of [LEVEL_1, LEVEL_2, LEVEL_3]) ram.fill(0, table, table + 0x1000);
  entry(LEVEL_1, 0, BigInt(LEVEL_2) | TABLE);
  entry(LEVEL_2, 0, BigInt(LEVEL_3) | TABLE);
  for (let page = 0; page < 0x200; page += 1) {
    const address = page * 0x1000;
    const rights = address === READ_ONLY_PAGE ? READ_ONLY | EXECUTE_NEVER : 0n;
    if (address !== UNMAPPED_PAGE) entry(LEVEL_3, page, BigInt(address) | PAGE | rights);
  }
  for (let gibibyte = 0; gibibyte < 4; gibibyte += 1) {
    entry(LEVEL_1, 16 + gibibyte, (BigInt(gibibyte) << 30n) | BLOCK);
  }
}

/** What the program came to: the exception it took, the cell that was parked, or the plain end. */
function runProgram(instruction: string) {
  const { machine, console } = makeFixture();
  const ram = machine.memories.find(({ name }) => name === 'RAM')?.bytes;
  assert.ok(ram);
  ram.fill(0);
  assemble(program(instruction)).copy(ram);
  writeTables(ram);
  const engine = new ImageEngine(machine);
  engine.boot();
  const end = engine.run(20 * MILLISECOND);
  engine.close();
  const [syndrome, address, where, tested] = [0, 8, 16, 24].map((offset) =>
    ram.readBigUInt64LE(REPORT + offset),
  );
  const lines = console.lines.map(({ text }) => text);
  return { end, syndrome, address, where, tested, lines };
}

const hexadecimal = (value: bigint | number | undefined): string => (value ?? 0).toString(16);

// Exception class 0x25, data abort at the same level; IL; WnR; fault status with level 3.
const WRITE_UNMAPPED = 0x96000047;
const READ_UNMAPPED = 0x96000007;
const WRITE_PERMISSION = 0x9600004f;
// Exception class 0x21, instruction abort at the same level.
const FETCH_UNMAPPED = 0x86000007;
const FETCH_PERMISSION = 0x8600000f;

describe('an access that the page tables refuse is an exception of the cell', () => {
  for (const [instruction, syndrome, address] of [
    ['str x0, [x1]', WRITE_UNMAPPED, UNMAPPED_PAGE],
    ['strb w0, [x1, #5]', WRITE_UNMAPPED, UNMAPPED_PAGE + 5],
    ['ldrsh x0, [x1, #6]', READ_UNMAPPED, UNMAPPED_PAGE + 6],
    ['ldr x0, [x1, #4088]', READ_UNMAPPED, UNMAPPED_PAGE + 4088],
    ['ldur w0, [x30, #-3]', READ_UNMAPPED, UNMAPPED_PAGE + 0x300 - 3],
    ['str w0, [x29, #16]!', WRITE_UNMAPPED, UNMAPPED_PAGE + 0x290 + 16],
    ['str w0, [x1], #32', WRITE_UNMAPPED, UNMAPPED_PAGE],
    ['ldr x0, [x1, x3, lsl #3]', READ_UNMAPPED, UNMAPPED_PAGE + 0x200],
    ['strh w0, [x30, w4, sxtw]', WRITE_UNMAPPED, UNMAPPED_PAGE + 0x300 - 16],
    ['ldrb w0, [x1, x3]', READ_UNMAPPED, UNMAPPED_PAGE + 0x40],
    ['ldrsw x0, [x1, w3, uxtw #2]', READ_UNMAPPED, UNMAPPED_PAGE + 0x100],
    ['ldr x0, [x1, xzr]', READ_UNMAPPED, UNMAPPED_PAGE],
    ['stp x0, x2, [sp, #-16]!', WRITE_UNMAPPED, UNMAPPED_PAGE + 0x100 - 16],
    ['ldp w7, w8, [x1], #8', READ_UNMAPPED, UNMAPPED_PAGE],
    ['ldpsw x7, x8, [x1, #40]', READ_UNMAPPED, UNMAPPED_PAGE + 40],
    ['ldnp x7, x8, [x1, #64]', READ_UNMAPPED, UNMAPPED_PAGE + 64],
    ['ldar w0, [x1]', READ_UNMAPPED, UNMAPPED_PAGE],
    ['stlr x0, [x30]', WRITE_UNMAPPED, UNMAPPED_PAGE + 0x300],
    ['ldaxr x0, [x1]', READ_UNMAPPED, UNMAPPED_PAGE],
    // Over the end of a page: the first byte that is refused.
    ['stur x0, [x1, #-4]', WRITE_PERMISSION, UNMAPPED_PAGE - 4],
    ['ldur x0, [x1, #-4]', READ_UNMAPPED, UNMAPPED_PAGE],
    ['str x0, [x2, #8]', WRITE_PERMISSION, READ_ONLY_PAGE + 8],
    ['br x1', FETCH_UNMAPPED, UNMAPPED_PAGE],
    ['br x2', FETCH_PERMISSION, READ_ONLY_PAGE],
  ] as const) {
    it(`${instruction}`, () => {
      const result = runProgram(instruction);
      assert.equal(result.end, 'stopped', result.lines.join('\n'));
      assert.equal(hexadecimal(result.syndrome), hexadecimal(syndrome), 'ESR_EL1');
      assert.equal(hexadecimal(result.address), hexadecimal(address), 'FAR_EL1');
      const isFetch = instruction.startsWith('br ');
      const where = isFetch ? address : result.tested;
      assert.equal(hexadecimal(result.where), hexadecimal(where), 'ELR_EL1');
    });
  }

  it('a literal is read relative to the instruction', () => {
    const result = runProgram(`ldr x0, . + ${UNMAPPED_PAGE}`);
    assert.equal(hexadecimal(result.syndrome), hexadecimal(READ_UNMAPPED), 'ESR_EL1');
    const address = BigInt(UNMAPPED_PAGE) + result.tested;
    assert.equal(hexadecimal(result.address), hexadecimal(address), 'FAR_EL1');
  });

  it('is none when the page tables allow it', () => {
    for (const instruction of ['ldr x0, [x2]', 'str x0, [x2, #-8]!', 'ldr x0, [x5]']) {
      const result = runProgram(instruction);
      assert.equal(result.end, 'stopped', result.lines.join('\n'));
      assert.equal(result.syndrome, 0n, instruction);
    }
  });
});

describe('an access that the page tables allow and the cell config does not parks the cell', () => {
  for (const [instruction, says] of [
    ['str w0, [x5, #4]', /data write.* at 0xaa20004: /],
    ['stp x0, x0, [x5, #16]', /data write.* at 0xaa20010: /],
    ['ldr w0, [x6, #8]', /data read.* at 0xfe201008: /],
    ['strb w0, [x6]', /data write.* at 0xfe201000: /],
  ] as const) {
    it(instruction, () => {
      const result = runProgram(instruction);
      assert.equal(result.end, 'parked');
      assert.match(result.lines[0] ?? '', says);
      assert.equal(result.syndrome, 0n, 'no exception of its own');
    });
  }
});
