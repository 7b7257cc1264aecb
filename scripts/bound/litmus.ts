// SPDX-License-Identifier: MIT
/**
 * What litmus tests need of the built programs: the image with its lines, and the barriers that the compiler makes of
 * the bridge's interface (bsp/linux/abi.h) with the bridge's own compiler.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import type { Barrier } from '../../lab/litmus/armv8.ts';
import type { Image } from '../../lab/litmus/paths.ts';
import type { BridgeBarriers } from '../../lab/litmus/table.ts';
import { command, PROJECT } from '../build/command.ts';
import { CROSS_COMPILER } from '../build/compilers.ts';
import { readImage } from './inputs.ts';

const FOLDER = 'build/litmus';

/** The linked image, and what a barrier of the bridge is. */
export async function openLitmus(): Promise<{ image: Image; bridge: BridgeBarriers }> {
  await mkdir(PROJECT + FOLDER, { recursive: true });
  await writeFile(`${PROJECT}${FOLDER}/barriers.c`, '#include "abi.h"\n');
  const assembly = await command(CROSS_COMPILER, [
    ...['-O2', '-std=gnu11', '-S', '-o', '-', `${FOLDER}/barriers.c`],
    ...['bsp/linux', 'bsp/wasm-rt', 'build/generated'].map((path) => `-I${path}`),
  ]);
  const of = (name: string): Barrier => {
    const body = assembly.split(`w2c_bsp_barrier_${name}:`)[1]?.split('\tret')[0] ?? '';
    const barrier = /\tdmb\t(ishld|ishst|ish|sy)\b/.exec(body)?.[1];
    if (barrier === undefined) throw new Error(`the bridge's barrier_${name} is no DMB: ${body}`);
    return barrier as Barrier;
  };
  return {
    image: await readImage(),
    bridge: { read: of('read'), write: of('write'), full: of('full') },
  };
}
