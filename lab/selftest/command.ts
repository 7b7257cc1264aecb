// SPDX-License-Identifier: MIT
/**
 * `npm run twin -- --selftest`: the self test of the cell on the emulated board, in words.
 *
 * Does not: parse options.
 */
import { InputError } from '../../cell-config/files.ts';
import { counted } from '../../cell-config/plural.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import { PLAYED_FAULTS, type PlayedFaultName } from './faults.ts';
import { describeResult } from './lines.ts';
import { runSelfTest } from './run.ts';

export interface SelfTestCommand {
  readonly engine: EngineName;
  readonly bitrate: number;
  readonly oscillatorHertz: number;
  readonly spiHertz: number;
  readonly settings: readonly string[];
  /** A fault of lab/selftest/faults.ts. */
  readonly fault?: string;
}

/** Runs and prints. Returns the exit status: 0 if nothing is wrong, else 1. */
export async function runSelfTestCommand(command: SelfTestCommand): Promise<number> {
  const { engine, bitrate, oscillatorHertz, spiHertz, settings, fault } = command;
  if (fault !== undefined && !(fault in PLAYED_FAULTS)) {
    const names = Object.keys(PLAYED_FAULTS).join(', ');
    throw new InputError(`--fault: there is no fault "${fault}"; there are ${names}`);
  }
  const played = fault === undefined ? undefined : PLAYED_FAULTS[fault as PlayedFaultName];
  const words = [`bitrate=${bitrate} osc=auto spi=${spiHertz}`, ...settings];
  const { results, isFinished, lines, nanos } = await runSelfTest({
    ...{ engine, bitrate, oscillatorHertz, words },
    ...played?.options,
  });
  for (const result of results) process.stdout.write(`${describeResult(result).join('\n')}\n`);
  const faults = results.filter(({ result }) => result === 'fault').length;
  if (!isFinished) process.stdout.write(`it did not end: ${lines.at(-1) ?? 'no line'}\n`);
  const millis = (nanos / 1e6).toFixed(0);
  process.stdout.write(`selftest: ${counted(faults, 'fault')}, ${millis} ms (twin)\n`);
  return isFinished && faults === 0 ? 0 : 1;
}
