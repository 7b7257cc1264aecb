// SPDX-License-Identifier: MIT
/**
 * `npm run twin -- --measure`: the board measures its own constants on the twin, and says which promises hold with
 * them, as `canwarden measure` does on a board.
 *
 * Does not: parse options.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { runSelfTest } from '../selftest/run.ts';
import { measuredText, modelText, parseMeasured } from './measure-text.ts';
import { readModel } from './model-file.ts';

export interface MeasureCommand {
  readonly bitrate: number;
  readonly oscillatorHertz: number;
  readonly spiHertz: number;
  readonly settings: readonly string[];
  /** A model for the board; absent: the shipped one. */
  readonly modelFile?: string;
  readonly outputDirectory: string;
}

/** The word in front of the settings, and the line that says that it is through. */
const MEASURE = 'measure';
const END = 'canwarden: measured';

/** Runs, prints and writes. Returns the exit status: 0 if it went through, else 1. */
export async function runMeasureCommand(command: MeasureCommand): Promise<number> {
  const { bitrate, oscillatorHertz, spiHertz, settings, modelFile, outputDirectory } = command;
  const words = [`bitrate=${bitrate} osc=auto spi=${spiHertz}`, ...settings];
  const { lines } = await runSelfTest({
    ...{ engine: 'image', bitrate, oscillatorHertz, words, withoutAgl: true },
    timing: modelFile === undefined ? undefined : readModel(modelFile),
    commandLine: [MEASURE, ...words].join(' '),
  });
  if (lines.at(-1) !== END) {
    process.stdout.write(`it did not end: ${lines.at(-1) ?? 'no line'}\n`);
    return 1;
  }
  const measured = parseMeasured(lines);
  process.stdout.write(`${measuredText(measured).join('\n')}\n`);
  mkdirSync(outputDirectory, { recursive: true });
  const file = join(outputDirectory, 'board-model.json');
  writeFileSync(file, modelText(measured, 'measured on the twin', 'npm run twin -- --measure'));
  process.stdout.write(`written: ${relative(process.cwd(), file)}\n`);
  return 0;
}
