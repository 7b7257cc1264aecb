// SPDX-License-Identifier: MIT
/**
 * WebAssembly to the bridge's binaries: wasm2c, then a C compiler for each kind of machine.
 *
 * Output: build/canwarden-bridge for this machine (if it is a Linux with a C compiler) and
 * build/canwarden-bridge-aarch64 for the board, both static. On request it also builds
 * build/canwarden-bridge-checked for the tests. That binary ends at the first access or operation
 * whose behaviour C leaves undefined.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';

import { command, nodeTool, PROJECT } from './command.ts';
import { CROSS_COMPILER, NATIVE_COMPILER } from './compilers.ts';

/**
 * The generated code checks the bounds of the linear memory, because a process has no guard pages.
 * It breaks strict aliasing on purpose and leaves some definitions unused.
 */
export const BRIDGE_FLAGS: readonly string[] = [
  '-std=gnu11',
  '-Wall',
  '-Wextra',
  '-Wno-unused-parameter',
  '-Wno-unused-function',
  '-fno-strict-aliasing',
  '-DWASM_RT_MEMCHECK_GUARD_PAGES=0',
];
/**
 * The generated code is many small functions that check each access: inlined they check less twice. A static
 * binary lies at a fixed place, so its code need not reckon with another.
 */
export const BRIDGE_SHIPPED: readonly string[] = [
  ...['-O3', '--param', 'inline-unit-growth=200', '--param', 'max-inline-insns-auto=80'],
  ...['-static', '-fno-pie', '-no-pie', '-Wl,--build-id=none', '-s'],
];
export const BRIDGE_CHECKED: readonly string[] = [
  ...['-O1', '-g', '-fno-omit-frame-pointer'],
  ...['-fsanitize=address,undefined', '-fno-sanitize-recover=all'],
  // The generated code's traps are comma expressions, which the sanitizer exposes to the compiler.
  '-Wno-unused-value',
];

export const BRIDGE_SOURCES: readonly string[] = [
  'main',
  'options',
  'log',
  'wait',
  'notify',
  'statistics',
  'link',
  'link-uio',
  'link-pci',
  'link-file',
  'uio',
  'control-uio',
  'control-module',
  'control-answer',
  'control-server',
  'ask',
  'rules-file',
  'can-socket',
  'can-text',
  'frame-text',
  'interface',
  'module',
].map((name) => `bsp/linux/${name}.c`);

async function compile(
  compiler: string,
  output: string,
  kind: readonly string[] = BRIDGE_SHIPPED,
): Promise<void> {
  const manifest = JSON.parse(await readFile(`${PROJECT}package.json`, 'utf8')) as {
    version: string;
  };
  await command(compiler, [
    ...BRIDGE_FLAGS,
    ...kind,
    `-DCANWARDEN_VERSION="${manifest.version}"`,
    '-Ibsp/linux',
    '-Ibsp/wasm-rt',
    '-Ibuild/bridge',
    '-Ibuild/generated',
    ...BRIDGE_SOURCES,
    '-o',
    output,
  ]);
}

/** Whether this machine can compile, link statically, and run its own Linux programs. */
export function hasNativeCompiler(): boolean {
  if (process.platform !== 'linux') return false;
  const { stdout } = spawnSync(NATIVE_COMPILER, ['-print-file-name=libc.a'], { encoding: 'utf8' });
  return (stdout ?? '').includes('/');
}

/**
 * The memory of the module does not move or grow. Written as constants, its place and size need not be loaded
 * for each access; each access is checked as before.
 */
const FIXED_MEMORY: readonly (readonly [wasm2c: string, fixed: string])[] = [
  [
    '#define MEM_ADDR(mem, addr, n) &((mem)->data[addr])',
    '#define MEM_ADDR(mem, addr, n) &(WASM_RT_LINEAR_MEMORY[addr])',
  ],
  [
    'if (UNLIKELY(a + (uint64_t)sizeof(t) > mem->size))',
    'if (UNLIKELY(a + (uint64_t)sizeof(t) > WASM_RT_LINEAR_MEMORY_BYTES))',
  ],
];

async function fixMemory(file: string): Promise<void> {
  let text = await readFile(PROJECT + file, 'utf8');
  for (const [wasm2c, fixed] of FIXED_MEMORY) {
    if (!text.includes(wasm2c)) throw new Error(`${file} has no "${wasm2c}": another wasm2c?`);
    text = text.replace(wasm2c, fixed);
  }
  await writeFile(PROJECT + file, text);
}

/** Builds the binaries and returns their names. */
export async function buildBridge(wasm: string, alsoChecked: boolean): Promise<string[]> {
  // Remove a binary of an earlier source. Otherwise the tests would run it.
  await rm(`${PROJECT}build/canwarden-bridge-checked`, { force: true });
  await mkdir(`${PROJECT}build/bridge`, { recursive: true });
  await nodeTool('wabt/bin/wasm2c', [wasm, '-n', 'bridge', '-o', 'build/bridge/bridge.wasm.c']);
  await fixMemory('build/bridge/bridge.wasm.c');
  const built = ['canwarden-bridge-aarch64'];
  const work = [compile(CROSS_COMPILER, 'build/canwarden-bridge-aarch64')];
  if (hasNativeCompiler()) {
    built.push('canwarden-bridge');
    work.push(compile(NATIVE_COMPILER, 'build/canwarden-bridge'));
    if (alsoChecked) {
      built.push('canwarden-bridge-checked');
      work.push(compile(NATIVE_COMPILER, 'build/canwarden-bridge-checked', BRIDGE_CHECKED));
    }
  }
  await Promise.all(work);
  return built;
}
