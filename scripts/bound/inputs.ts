// SPDX-License-Identifier: MIT
/**
 * Reads what the bound of a step is made of: the linked image with its lines, the module with names and its source
 * map, the C between them, the sources.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { StepBounds, type Inputs } from '../../lab/bound/bound.ts';
import { readCode } from '../../lab/bound/image-code.ts';
import { readLines } from '../../lab/bound/lines.ts';
import { originsOf } from '../../lab/bound/origins.ts';
import { constantsOf, readSource } from '../../lab/bound/source-loops.ts';
import { RASPBERRY_PI_4_TIMING, type TimingModel } from '../../twin/machine/timing-model.ts';
import { nodeTool, PROJECT } from '../build/command.ts';
import { CROSS_ADDR2LINE } from '../build/compilers.ts';
import { wireNanos } from '../build/task-bounds.ts';
import { NAMED_MODULE, SOURCE_MAP } from '../build/wasm.ts';

const LINES_IMAGE = 'build/image/canwarden.lines.elf';
/** The running image sees its load address here above (bsp/rpi4/memory-map.h, GUEST_VIEW). */
const GUEST_VIEW = 0x4_0000_0000;
const SPI_HERTZ = 10_000_000;

/** The linked image, the lines of its instructions, and where they come from. */
export async function readImage(): Promise<Pick<Inputs, 'code' | 'lines' | 'origins'>> {
  const read = (path: string): Buffer => readFileSync(PROJECT + path);
  for (const path of [LINES_IMAGE, NAMED_MODULE, SOURCE_MAP]) {
    if (!existsSync(PROJECT + path))
      throw new Error(`there is no ${path}; "npm run build" makes it`);
  }
  const code = readCode(read(LINES_IMAGE));
  const disassembly = await nodeTool('wabt/bin/wasm-objdump', ['-d', NAMED_MODULE]);
  const text = (path: string): string => read(path).toString();
  const origins = originsOf(text('build/image/cell.wasm.c'), disassembly, text(SOURCE_MAP));
  return { code, origins, lines: readLines(linesOf(code.functions), GUEST_VIEW) };
}

/** The bounds of the built image on the board of `timing`, with SPI at 10 MHz. */
export async function openBounds(timing: TimingModel = RASPBERRY_PI_4_TIMING): Promise<StepBounds> {
  const image = await readImage();
  const text = (path: string): string => readFileSync(PROJECT + path, 'utf8');
  const files = [...sourceFiles('src'), ...sourceFiles('build/generated')];
  const texts = new Map(files.map((file) => [file, text(file)]));
  const constants = constantsOf(texts);
  const sources = new Map(
    [...texts].map(([file, content]) => [file, readSource(file, content, constants(file))]),
  );
  return new StepBounds({
    ...image,
    sources,
    timing,
    abi: text('bsp/rpi4/abi.h'),
    wireNanos: wireNanos(SPI_HERTZ),
  });
}

function sourceFiles(folder: string): string[] {
  return readdirSync(PROJECT + folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => `${folder}/${name}`);
}

/** What addr2line says of each instruction. */
function linesOf(functions: readonly { readonly start: number; readonly end: number }[]): string {
  const addresses: string[] = [];
  for (const { start, end } of functions) {
    for (let at = start; at < end; at += 4) addresses.push((GUEST_VIEW + at).toString(16));
  }
  const run = spawnSync(CROSS_ADDR2LINE, ['-a', '-i', '-e', PROJECT + LINES_IMAGE], {
    ...{ input: addresses.join('\n'), encoding: 'utf8', maxBuffer: 64 << 20 },
  });
  if (run.status !== 0)
    throw new Error(`${CROSS_ADDR2LINE} failed: ${run.stderr ?? run.error?.message}`);
  return run.stdout;
}
