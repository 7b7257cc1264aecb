// SPDX-License-Identifier: MIT
/**
 * Plays short logs through the whole system: built firmware, built bridge, built cell configs.
 *
 * Needs `npm run build`; a missing file fails the test.
 */
import { describe } from 'node:test';
import type { Cell, System } from '../../cell-config/format/model.ts';
import { compileRules } from '../../rules/compile.ts';
import { parseLog } from '../../twin/logs/read.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import type { BoardTrace } from '../../twin/trace/board-trace.ts';
import type { BoardFaults, BoardOptions } from '../../twin/board/options.ts';
import type { Firmware } from '../../lab/rig/firmware.ts';
import { prepareInput } from '../../lab/play/log-input.ts';
import { commandLineOf, run, type ScenarioResult } from '../../lab/play/scenario.ts';
import { EACH_KIND } from '../rule-tables.ts';

const ENGINES: readonly EngineName[] = ['image', 'wasm'];

/** Declares the same tests for the ARM64 image and for the wasm module alone. */
export function onBothEngines(title: string, tests: (engine: EngineName) => void): void {
  for (const engine of ENGINES) describe(`${title} (engine ${engine})`, () => tests(engine));
}

export interface PlayOptions {
  /** Text of a rules file. Default: EACH_KIND. */
  readonly rules?: string;
  /** Its path: DBC files are beside it. */
  readonly rulesFile?: string;
  /** The table to load instead of the compiled one; the judge still expects `rules`. */
  readonly rulesImage?: Uint8Array | 'none';
  /** Text of a candump log for the bus, and one for AGL. */
  readonly bus?: string;
  readonly agl?: string;
  readonly withoutAgl?: boolean;
  readonly aglStopAtSeconds?: number;
  readonly aglRestartAtSeconds?: number;
  readonly bitrate?: number;
  readonly oscillatorHertz?: number;
  /** Instead of the twin's own, to which `console=on` is added: the tests read the cell's lines. */
  readonly commandLine?: string;
  readonly faults?: BoardFaults;
  readonly makePeer?: BoardOptions['makePeer'];
  /** The built files, if not those with `idle=poll`. */
  readonly firmware?: Firmware;
  /** Changes the configurations before the cell is created. */
  readonly changeCell?: (cell: Cell) => Cell;
  readonly changeSystem?: (system: System) => System;
  /** Records the lines of the board. */
  readonly trace?: BoardTrace;
}

export function play(engine: EngineName, options: PlayOptions): Promise<ScenarioResult> {
  const { table, image } = compileRules(
    options.rules ?? EACH_KIND,
    options.rulesFile ?? 'rules.yaml',
  );
  const rules = options.rulesImage === 'none' ? undefined : (options.rulesImage ?? image);
  const { bitrate = 500_000, oscillatorHertz = 12_000_000 } = options;
  return run({
    firmware: options.firmware,
    rules,
    table,
    engine,
    bitrate,
    oscillatorHertz,
    spiHertz: 10_000_000,
    input: prepareInput(
      parseLog(options.bus ?? '', 'bus.log'),
      parseLog(options.agl ?? '', 'agl.log'),
    ),
    agl: options.withoutAgl !== true,
    aglStopAtSeconds: options.aglStopAtSeconds,
    aglRestartAtSeconds: options.aglRestartAtSeconds,
    commandLine:
      options.commandLine ?? `${commandLineOf({ bitrate, spiHertz: 10_000_000 })} console=on`,
    faults: options.faults,
    makePeer: options.makePeer,
    changeCell: options.changeCell,
    changeSystem: options.changeSystem,
    trace: options.trace,
  });
}

/** The frames of a log as `interface frame`, without times. */
export function framesOf(log: string): string[] {
  return log
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split(' ').slice(1).join(' '));
}

/** Log lines from `time frame` pairs, all of one interface. */
export function logOf(interfaceName: string, ...entries: readonly string[]): string {
  return entries
    .map((entry) => entry.split(' '))
    .map(([time, frame]) => `(${time}) ${interfaceName} ${frame}\n`)
    .join('');
}

/** What the cell printed. */
export function cellLines({ console }: ScenarioResult): string[] {
  return console.filter(({ source }) => source === 'cell').map(({ text }) => text);
}
