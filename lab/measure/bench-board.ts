/**
 * Boards for measurements: the built files of a folder, booted with a command line and rules.
 *
 * Does not: build. The folder is build/, or that of a firmware variant (scripts/bench).
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { InputError, readInput } from '../../cell-config/files.ts';
import { decodeFile } from '../../cell-config/format/decode.ts';
import { readElf } from '../../cell-config/image/elf.ts';
import type { Cell, System } from '../../cell-config/format/model.ts';
import { compileRules } from '../../rules/compile.ts';
import { type EngineName, STEP_SYMBOL } from '../../twin/engine/engine.ts';
import type { TimingModel } from '../../twin/machine/timing-model.ts';
import { type Board, createBoard } from '../../twin/board/board.ts';
import type { BoardFiles, BoardOptions } from '../../twin/board/options.ts';
import { bringUp } from '../rig/phases.ts';
import type { ConsoleLoad } from './console-load.ts';
import { type IdleKind, OSCILLATOR_HERTZ } from './latency-case.ts';

/** The cell config that goes with each. */
const CELL_FILES: Readonly<Record<IdleKind, string>> = {
  poll: 'rpi4-canwarden.cell',
  wfi: 'rpi4-canwarden-wfi.cell',
};

/** The built files that a measurement is about. */
export interface Firmware {
  /** What the cell is told to do when it has nothing to do. */
  readonly idle: IdleKind;
  readonly cell: Cell;
  readonly system: System;
  readonly files: BoardFiles;
  /** What each act costs, if not what a Raspberry Pi 4 at its usual clock is assumed to take. */
  readonly timing?: TimingModel;
  /** A line goes out on the console while anything is measured. */
  readonly console?: ConsoleLoad;
  /** Makes the rule image from the text, if not the rule compiler. */
  readonly compileRules?: (text: string) => Uint8Array;
}

export interface BenchBoardOptions {
  readonly engine: EngineName;
  readonly bitrate: number;
  readonly spiHertz: number;
  /** Text of rules.yaml; none: everything is forwarded. */
  readonly rules?: string;
  /** Added to the command line. */
  readonly settings?: string;
  /** False: AGL never starts. */
  readonly agl?: boolean;
  /** True: the cell has no control device, so no status page. */
  readonly withoutPage?: boolean;
  readonly taps?: Pick<BoardOptions, 'tap' | 'onInterruptLine' | 'onAglFrame' | 'onConsoleLine'>;
}

/** Reads the built files in `folder`; those of the engine must be there, else InputError. `idle`: for which setting. */
export function loadFirmware(
  folder: string,
  engine: EngineName,
  idle: IdleKind = 'poll',
): Firmware {
  const read = (name: string): Uint8Array<ArrayBuffer> => readBuilt(join(folder, name));
  const cell = decodeFile(read(CELL_FILES[idle]));
  const system = decodeFile(read('rpi4-root.cell'));
  if (cell.kind !== 'cell' || system.kind !== 'system') {
    throw new Error(`the .cell files in ${folder} are swapped`);
  }
  const program =
    engine === 'image'
      ? { image: read('canwarden.bin'), imageStepAddress: stepAddress(read('canwarden.elf')) }
      : { cellWasm: read('cell.wasm') };
  const bridgeWasm = read('bridge.wasm');
  return { cell: cell.cell, system: system.system, files: { ...program, bridgeWasm }, idle };
}

function readBuilt(path: string): Uint8Array<ArrayBuffer> {
  if (!existsSync(path)) throw new InputError(`${path} is missing. Next: npm run build`);
  return Uint8Array.from(readInput(path, 'built file'));
}

/** Where a step of the loop begins in the image. */
function stepAddress(elf: Uint8Array): number {
  const address = readElf(elf).symbols.get(STEP_SYMBOL);
  if (address === undefined) throw new Error(`canwarden.elf has no symbol ${STEP_SYMBOL}`);
  return address;
}

/** A board at the cell's first instruction. */
export function makeBoard(firmware: Firmware, options: BenchBoardOptions): Promise<Board> {
  const { engine, bitrate, spiHertz, rules } = options;
  const compile = firmware.compileRules ?? ((text) => compileRules(text, 'rules.yaml').image);
  const settings = [firmware.console?.settings ?? '', options.settings ?? ''].join(' ');
  const image = rules === undefined ? undefined : compile(rules);
  return createBoard({
    engine,
    cell: firmware.cell,
    system: firmware.system,
    files: { ...firmware.files, rules: image },
    bitrate,
    oscillatorHertz: OSCILLATOR_HERTZ,
    commandLine: `bitrate=${bitrate} osc=${OSCILLATOR_HERTZ} spi=${spiHertz} idle=${firmware.idle} ${settings}`,
    timing: firmware.timing,
    faults: { withoutControl: options.withoutPage },
    ...options.taps,
  });
}

/** A board whose cell is on the bus and, unless `agl` is false, has its session with AGL. */
export async function bootBoard(firmware: Firmware, options: BenchBoardOptions): Promise<Board> {
  const board = await makeBoard(firmware, options);
  if (options.agl !== false) board.bridge?.start();
  const result = bringUp(board);
  if (result !== 'running') {
    const last = board.console.lines.at(-1)?.text ?? 'it printed nothing';
    throw new Error(`the cell ${result} by itself: ${last}`);
  }
  firmware.console?.start(board);
  return board;
}
