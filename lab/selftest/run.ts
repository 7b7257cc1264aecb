// SPDX-License-Identifier: MIT
/**
 * Runs the self test of the cell on an emulated board.
 *
 * Does not: put anything on the bus; the board has no other node that sends.
 */
import { readInput } from '../../cell-config/files.ts';
import { runUntil } from '../../twin/board/cell-control.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import { join } from 'node:path';
import { idleKindOf, loadFirmware, PROJECT_ROOT } from '../rig/firmware.ts';
import { makeRig, type RigOptions } from '../rig/open-rig.ts';
import { parseLine, type TestResult } from './lines.ts';

export interface SelfTestOptions extends Omit<RigOptions, 'engine' | 'firmware'> {
  readonly engine?: EngineName;
  /** Words for the cell beside bit rate, crystal and SPI clock. */
  readonly words?: readonly string[];
}

export interface SelfTestOutcome {
  readonly results: readonly TestResult[];
  /** All lines of the console. */
  readonly lines: readonly string[];
  /** The last line was said: it went through. */
  readonly isFinished: boolean;
  /** Virtual time that it took. */
  readonly nanos: number;
  /** Levels that the chip put on the bus. */
  readonly levels: number;
}

const LIMIT_NANOS = 20_000_000_000;
const SLICE_NANOS = 10_000_000;

export async function runSelfTest(options: SelfTestOptions = {}): Promise<SelfTestOutcome> {
  const { engine = 'wasm', words = [] } = options;
  const { cell, system, files } = loadFirmware(engine, { idle: idleKindOf(words) });
  const build = join(PROJECT_ROOT, 'build');
  const program =
    engine === 'wasm'
      ? { cellWasm: Uint8Array.from(readInput(join(build, 'selftest.wasm'), 'built file')) }
      : { image: Uint8Array.from(readInput(join(build, 'canwarden-selftest.bin'), 'built file')) };
  let levels = 0;
  const rig = await makeRig({
    ...options,
    engine,
    firmware: { cell, system, files: { ...files, ...program } },
    commandLine: options.commandLine ?? ['bitrate=500000 osc=auto', ...words].join(' '),
    keep: true,
    beforeBoot: (board) => board.bus.onLevels(() => levels++),
  });
  const { board } = rig;
  while (runUntil(board, board.clock.now + SLICE_NANOS) === 'running') {
    if (board.clock.now > LIMIT_NANOS) break;
  }
  const { lines, now: nanos } = rig;
  rig.close();
  return {
    results: lines.map(parseLine).filter((result) => result !== undefined),
    lines,
    isFinished: lines.at(-1)?.startsWith('canwarden: tested,') === true,
    nanos,
    levels,
  };
}
