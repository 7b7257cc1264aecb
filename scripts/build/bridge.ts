// SPDX-License-Identifier: MIT
/**
 * WebAssembly to the bridge's binaries: wasm2c, then a C compiler for each kind of machine.
 *
 * Output: build/canwarden-bridge for this machine (if it is a Linux with a C compiler) and
 * build/canwarden-bridge-aarch64 for the board, both static. On request it also builds
 * build/canwarden-bridge-checked for the tests. That binary ends at the first access or operation
 * whose behaviour C leaves undefined.
 */
import { mkdir, readFile, rm } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';

import { command, nodeTool, PROJECT } from './command.ts';
import { CROSS_COMPILER, NATIVE_COMPILER } from './compilers.ts';

/**
 * The generated code checks the bounds of the linear memory, because a process has no guard pages.
 * It breaks strict aliasing on purpose and leaves some definitions unused.
 */
const FLAGS = [
  '-std=gnu11',
  '-Wall',
  '-Wextra',
  '-Wno-unused-parameter',
  '-Wno-unused-function',
  '-fno-strict-aliasing',
  '-DWASM_RT_MEMCHECK_GUARD_PAGES=0',
];
const SHIPPED = ['-O2', '-static', '-Wl,--build-id=none', '-s'];
const CHECKED = [
  ...['-O1', '-g', '-fno-omit-frame-pointer'],
  ...['-fsanitize=address,undefined', '-fno-sanitize-recover=all'],
  // The generated code's traps are comma expressions, which the sanitizer exposes to the compiler.
  '-Wno-unused-value',
];

const SOURCES = [
  'main',
  'options',
  'log',
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
  kind: readonly string[] = SHIPPED,
): Promise<void> {
  const manifest = JSON.parse(await readFile(`${PROJECT}package.json`, 'utf8')) as {
    version: string;
  };
  await command(compiler, [
    ...FLAGS,
    ...kind,
    `-DCANWARDEN_VERSION="${manifest.version}"`,
    '-Ibsp/linux',
    '-Ibsp/wasm-rt',
    '-Ibuild/bridge',
    '-Ibuild/generated',
    ...SOURCES,
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

/** Builds the binaries and returns their names. */
export async function buildBridge(wasm: string, alsoChecked: boolean): Promise<string[]> {
  // Remove a binary of an earlier source. Otherwise the tests would run it.
  await rm(`${PROJECT}build/canwarden-bridge-checked`, { force: true });
  await mkdir(`${PROJECT}build/bridge`, { recursive: true });
  await nodeTool('wabt/bin/wasm2c', [wasm, '-n', 'bridge', '-o', 'build/bridge/bridge.wasm.c']);
  const built = ['canwarden-bridge-aarch64'];
  const work = [compile(CROSS_COMPILER, 'build/canwarden-bridge-aarch64')];
  if (hasNativeCompiler()) {
    built.push('canwarden-bridge');
    work.push(compile(NATIVE_COMPILER, 'build/canwarden-bridge'));
    if (alsoChecked) {
      built.push('canwarden-bridge-checked');
      work.push(compile(NATIVE_COMPILER, 'build/canwarden-bridge-checked', CHECKED));
    }
  }
  await Promise.all(work);
  return built;
}
