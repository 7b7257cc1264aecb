// SPDX-License-Identifier: MIT
/**
 * Builds the bench program (generated code and hand-written C, one compiler, one set of flags) in
 * build/bench/reference and runs it in the emulator.
 */
import { readFile } from 'node:fs/promises';
import type { Figures } from '../../lab/measure/figures.ts';
import { runReference } from '../../lab/measure/reference.ts';
import { PROJECT } from '../build/command.ts';
import { buildImage } from '../build/image.ts';
import { buildWasm } from '../build/wasm.ts';

const FOLDER = 'build/bench/reference';

/** The figures `reference.*`: instructions on both sides and their ratio, with the shipped rules. */
export async function measureReference(): Promise<Figures> {
  const rules = await readFile(`${PROJECT}rules.yaml`, 'utf8');
  return runReference(await buildReference(), rules);
}

/** Builds the program. */
export async function buildReference(): Promise<Uint8Array> {
  const wasm = await buildWasm('bench');
  const image = await buildImage(wasm, {
    name: 'bench',
    source: 'bsp/bench/bench.c',
    folder: FOLDER,
    output: `${FOLDER}/bench`,
    level: '-O2',
  });
  return readFile(PROJECT + image);
}
