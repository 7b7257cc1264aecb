// SPDX-License-Identifier: MIT
/**
 * The packed initial memory of an image: what the C of bsp/wasm-rt unpacks is what the data segments hold.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';

import { PROJECT } from '../../scripts/build/command.ts';
import { NATIVE_COMPILER } from '../../scripts/build/compilers.ts';
import { packMemory, packSegments } from '../../scripts/build/initial-memory.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const HEAD = 'static void init_memories(w2c_cell* instance) {\n';
const ALLOCATION = '  wasm_rt_allocate_memory(&instance->w2c_memory, 5, 5, 0, 65536);\n';

const wide = (text: string): number[] => [...text].flatMap((letter) => [letter.charCodeAt(0), 0]);
const repeated = (byte: number, count: number): number[] => Array<number>(count).fill(byte);

/** Each is the memory of one run of unpack; lengths of 64 and 65 end a run and begin another. */
const MEMORIES: readonly number[][] = [
  [7],
  [0, 0, 0],
  wide('bus off'),
  repeated(9, 64),
  repeated(9, 65),
  repeated(0, 64),
  repeated(0, 65),
  wide('x'.repeat(64)),
  wide('x'.repeat(65)),
  [1, 2, ...wide('ok'), 0, 0, 3, ...wide('error'), ...repeated(0, 200), 255, 0, 255],
];

/** The bytes that wasm_rt_unpack writes for each of MEMORIES, one line of numbers each. */
function unpackInC(): number[][] {
  const folder = temporaryFolder();
  const runs = MEMORIES.map((memory) => {
    const packed = packMemory(Uint8Array.from(memory));
    return `  show((const uint8_t[]){${packed.join()}}, ${packed.length}, ${memory.length});`;
  });
  const source = `#include <stdint.h>
#include <stdio.h>
#include "wasm-rt.h"
static uint8_t memory[4096];
static void show(const uint8_t *packed, size_t bytes, size_t length) {
  for (size_t index = 0; index < sizeof memory; index++) memory[index] = 0xee;
  wasm_rt_unpack(memory, packed, bytes);
  for (size_t index = 0; index < length; index++) printf("%d ", memory[index]);
  printf("%d\\n", memory[length] == 0xee);
}
int main(void) {
${runs.join('\n')}
}
`;
  writeFileSync(join(folder, 'main.c'), source);
  const program = join(folder, 'main');
  const flags = ['-fno-builtin', '-Dmemcpy=own_copy', '-Dmemmove=own_move', '-Dmemset=own_set'];
  const files = [join(folder, 'main.c'), `${PROJECT}bsp/wasm-rt/memory.c`];
  const include = `-I${PROJECT}bsp/wasm-rt`;
  const made = spawnSync(NATIVE_COMPILER, [...flags, include, ...files, '-o', program]);
  assert.equal(made.status, 0, String(made.stderr));
  const lines = spawnSync(program, { encoding: 'utf8' }).stdout.trim().split('\n');
  return lines.map((line) => line.split(' ').map(Number));
}

describe('initial memory of an image', () => {
  it('is unpacked as it was, and nothing behind it is written', () => {
    assert.deepEqual(
      unpackInC(),
      MEMORIES.map((memory) => [...memory, 1]),
    );
  });

  it('takes a byte a character, and one for 64 zeros', () => {
    assert.equal(packMemory(Uint8Array.from(wide('x'.repeat(64)))).length, 65);
    assert.equal(packMemory(Uint8Array.from(repeated(0, 64))).length, 1);
  });

  it('replaces the segments of the C by one array and one call', () => {
    const text = `static const u8 data_segment_data_w2c_cell_d0[] = {
  0x05, 0x06, 
};

static const u8 data_segment_data_w2c_cell_d1[] = {
  0x41, 
};

${HEAD}${ALLOCATION}  LOAD_DATA(instance->w2c_memory, 1036u, data_segment_data_w2c_cell_d0, 2);
  LOAD_DATA(instance->w2c_memory, 1048u, data_segment_data_w2c_cell_d1, 1);
}
`;
    // Two bytes at 1036, ten zeros, one byte at 1048.
    const call =
      '  wasm_rt_unpack(instance->w2c_memory.data + 1036u, initial_memory, sizeof initial_memory);\n';
    assert.equal(
      packSegments(text).trimStart(),
      `static const u8 initial_memory[] = {1,5,6,73,0,65};\n${HEAD}${ALLOCATION}${call}}\n`,
    );
  });

  it('refuses C of another form', () => {
    assert.throws(() => packSegments(`${HEAD}${ALLOCATION}}\n`), /wabt 1\.0\.39/);
  });
});
