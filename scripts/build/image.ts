// SPDX-License-Identifier: MIT
/**
 * WebAssembly to the inmate image: wasm2c, two textual changes, the cross compiler, objcopy.
 *
 * Output: build/canwarden.elf (symbols), build/canwarden.bin (for `jailhouse cell load`), and in build/image the same
 * program with the lines of the C files (canwarden.lines.elf, for `npm run bound`).
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';

import { command, nodeTool, PROJECT } from './command.ts';
import { packSegments } from './initial-memory.ts';
import { checkCrossCompiler, CROSS_COMPILER, CROSS_OBJCOPY } from './compilers.ts';

/**
 * Flags for every file.
 *
 * - The code uses general registers only and no floating point, so a fault has no other registers
 *   to save.
 * - `-fno-tree-loop-distribute-patterns`: the loop in memset must not become a call of memset.
 * - `-fno-delete-null-pointer-checks`, `min-pagesize`: the linear memory starts at address 0.
 * - `-falign-*`: no padding between functions or before loops and labels. It is a fiftieth of the code.
 */
const COMMON_FLAGS = [
  '-std=gnu11',
  '-ffreestanding',
  '-nostdlib',
  '-nostdinc',
  '-mcpu=cortex-a72',
  '-mgeneral-regs-only',
  '-fno-pic',
  '-fno-pie',
  '-fno-stack-protector',
  '-fno-asynchronous-unwind-tables',
  '-fno-strict-aliasing',
  '-fno-tree-loop-distribute-patterns',
  '-fno-delete-null-pointer-checks',
  '--param=min-pagesize=0',
  '-falign-functions=4',
  ...['-falign-jumps=1', '-falign-loops=1', '-falign-labels=1'],
  '-Wall',
  '-Werror=implicit-function-declaration',
  '-Wno-unused',
];

/** Line numbers. They change no instruction. */
const LINES = ['-g', `-ffile-prefix-map=${PROJECT}=`];

/**
 * Changes to the output of wasm2c 1.0.39. The linear memory is at address 0, so the load of its
 * base and the addition disappear. Unused loads need not be forced.
 */
const GENERATED_CHANGES: readonly { from: RegExp; to: string; what: string }[] = [
  {
    from: /#define MEM_ADDR\(mem, addr, n\) &\(\(mem\)->data\[addr\]\)/,
    to: '#define MEM_ADDR(mem, addr, n) ((uint8_t *)(uintptr_t)(addr))',
    what: 'the MEM_ADDR macro',
  },
  {
    from: /#define FORCE_READ_INT\(var\) .*/,
    to: '#define FORCE_READ_INT(var)',
    what: 'the FORCE_READ_INT macro',
  },
];

/**
 * The parts of an image: the C file with `cell_main`, which includes NAME.wasm.c, and the places of
 * its files.
 */
export interface ImageParts {
  /** Name of the wasm module in C. */
  readonly name: string;
  readonly source: string;
  /** Folder of intermediate files. */
  readonly folder: string;
  /** Path of the results, without the endings .elf, .bin and .map. */
  readonly output: string;
  /** The compiler's level for the module. Start-up code has its own, for size. */
  readonly level: '-O2' | '-Os';
}

const CELL_PARTS: ImageParts = {
  name: 'cell',
  source: 'bsp/rpi4/cell.c',
  folder: 'build/image',
  output: 'build/canwarden',
  level: '-O2',
};

/** The self test: the same BSP with another module. It answers nobody, so it is made for size. */
export const SELF_TEST_PARTS: ImageParts = {
  name: 'cell',
  source: 'bsp/rpi4/cell.c',
  folder: 'build/selftest',
  output: 'build/canwarden-selftest',
  level: '-Os',
};

async function generateC(wasm: string, { name, folder }: ImageParts): Promise<void> {
  await nodeTool('wabt/bin/wasm2c', [wasm, '-n', name, '-o', `${folder}/${name}.wasm.c`]);
  const path = `${PROJECT}${folder}/${name}.wasm.c`;
  let text = await readFile(path, 'utf8');
  for (const change of GENERATED_CHANGES) {
    if (!change.from.test(text)) {
      throw new Error(
        `wasm2c's output no longer contains ${change.what} in the form of wabt 1.0.39. ` +
          `Next: npm ci (the version is pinned), or adapt scripts/build/image.ts.`,
      );
    }
    text = text.replace(change.from, change.to);
  }
  await writeFile(path, packSegments(text));
}

/** Builds an image from a module; by default build/canwarden.bin. */
export async function buildImage(wasm: string, parts: ImageParts = CELL_PARTS): Promise<string> {
  const { name, source, folder, output, level } = parts;
  await checkCrossCompiler();
  await mkdir(`${PROJECT}${folder}`, { recursive: true });
  await generateC(wasm, parts);
  const compilerHeaders = (await command(CROSS_COMPILER, ['-print-file-name=include'])).trim();
  const includes = [
    '-isystem',
    compilerHeaders,
    ...['bsp/rpi4', 'bsp/wasm-rt', 'bsp/wasm-rt/include', 'build/generated', folder].map(
      (path) => `-I${path}`,
    ),
  ];
  const compile = (source: string, output: string, extra: readonly string[]) =>
    command(CROSS_COMPILER, [...COMMON_FLAGS, ...includes, ...extra, '-c', source, '-o', output]);
  await Promise.all([
    compile('bsp/rpi4/start.S', `${folder}/start.o`, ['-Os']),
    compile('bsp/rpi4/mmu.c', `${folder}/mmu.o`, ['-Os', '-mstrict-align']),
    compile('bsp/wasm-rt/memory.c', `${folder}/memory.o`, [...LINES, '-O2']),
    compile(source, `${folder}/${name}.o`, [
      level,
      ...LINES,
      '-fwhole-program',
      '-Wno-unused-parameter',
    ]),
    command(CROSS_COMPILER, [
      '-E',
      '-P',
      '-x',
      'c',
      '-Ibsp/rpi4',
      '-Ibuild/generated',
      'bsp/rpi4/canwarden.ld',
      '-o',
      `${folder}/canwarden.ld`,
    ]),
  ]);
  await command(CROSS_COMPILER, [
    '-nostdlib',
    '-static',
    '-no-pie',
    `-Wl,-T,${folder}/canwarden.ld`,
    '-Wl,--build-id=none',
    '-Wl,-z,max-page-size=4096',
    '-Wl,--no-warn-rwx-segments',
    `-Wl,-Map=${output}.map`,
    ...['start', 'mmu', 'memory', name].map((part) => `${folder}/${part}.o`),
    '-o',
    `${folder}/canwarden.lines.elf`,
  ]);
  await command(CROSS_OBJCOPY, ['--strip-debug', `${folder}/canwarden.lines.elf`, `${output}.elf`]);
  await command(CROSS_OBJCOPY, ['-O', 'binary', `${output}.elf`, `${output}.bin`]);
  return `${output}.bin`;
}
