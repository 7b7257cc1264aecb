// SPDX-License-Identifier: MIT
/**
 * A model of a board as a file: the constants of twin/machine/timing-model.ts, each with its reason.
 *
 * `canwarden measure` writes one on a board. A constant that a file lacks has the shipped value.
 * Does not: know SPI and bus, which follow their clocks.
 */
import { InputError, readTextInput } from '../../cell-config/files.ts';
import {
  checkTiming,
  RASPBERRY_PI_4_TIMING,
  type TimingModel,
} from '../../twin/machine/timing-model.ts';

/** What a file may state: all but what is fixed by the timer's crystal and by the engine. */
export const MODEL_CONSTANTS = [
  ...['nanosPerInstruction', 'deviceReadNanos', 'deviceWriteNanos', 'trappedAccessNanos'],
  ...['interruptExitNanos', 'wakeUpNanos', 'hypercallNanos', 'counterReadNanos'],
] as const;

/** What a constant may be at most: beyond it no cell could run, and a misplaced point is likelier. */
const NANOS_MAXIMUM = 1_000_000;
/** Nanoseconds of an instruction: from 100 GHz to 1 MHz. */
const INSTRUCTION_NANOS = { least: 0.01, most: 1_000 } as const;

interface ModelFile {
  readonly name?: unknown;
  readonly constants?: Readonly<Record<string, { readonly value?: unknown } | undefined>>;
}

/** Reads a model. Whole nanoseconds are rounded; the instruction keeps its fraction. */
export function readModel(path: string): TimingModel {
  return parseModel(readTextInput(path, 'board model'), path);
}

/** @throws InputError that names the file and the constant. */
export function parseModel(text: string, path: string): TimingModel {
  let file: ModelFile | null;
  try {
    file = JSON.parse(text) as ModelFile | null;
  } catch (error) {
    throw new InputError(`${path} is no JSON: ${(error as Error).message}`);
  }
  const constants = file?.constants;
  if (typeof constants !== 'object' || constants === null || Array.isArray(constants)) {
    throw new InputError(`${path}: "constants" is missing; see lab/model/raspberry-pi-4.json`);
  }
  const stated = Object.entries(constants);
  if (stated.length === 0) {
    throw new InputError(`${path}: "constants" has none of ${MODEL_CONSTANTS.join(', ')}`);
  }
  const model: Record<string, number> = { ...RASPBERRY_PI_4_TIMING };
  for (const [name, constant] of stated) {
    if (!MODEL_CONSTANTS.some((known) => known === name)) {
      throw new InputError(
        `${path}: there is no constant ${JSON.stringify(name)}; there are ${MODEL_CONSTANTS.join(', ')}`,
      );
    }
    const value = constant?.value;
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      throw new InputError(`${path}: ${name}: "value" is no number`);
    }
    model[name] = inRange(name, value, path);
  }
  const timing = model as unknown as TimingModel;
  try {
    checkTiming(timing);
  } catch (error) {
    throw new InputError(`${path}: ${(error as Error).message}`);
  }
  return timing;
}

/** The value as the clock of the twin takes it. */
function inRange(name: string, value: number, path: string): number {
  const isInstruction = name === 'nanosPerInstruction';
  const { least, most } = isInstruction ? INSTRUCTION_NANOS : { least: 0, most: NANOS_MAXIMUM };
  if (value < least || value > most) {
    throw new InputError(`${path}: ${name} is ${value}: give ${least} to ${most} nanoseconds`);
  }
  return isInstruction ? value : Math.round(value);
}
