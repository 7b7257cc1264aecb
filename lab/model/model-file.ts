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
  if (typeof constants !== 'object') {
    throw new InputError(`${path}: "constants" is missing; see lab/model/raspberry-pi-4.json`);
  }
  const model: Record<string, number> = { ...RASPBERRY_PI_4_TIMING };
  for (const [name, constant] of Object.entries(constants)) {
    if (!MODEL_CONSTANTS.some((known) => known === name)) {
      throw new InputError(
        `${path}: there is no constant "${name}"; there are ${MODEL_CONSTANTS.join(', ')}`,
      );
    }
    const value = constant?.value;
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      throw new InputError(`${path}: ${name}: "value" is no number`);
    }
    model[name] = name === 'nanosPerInstruction' ? value : Math.round(value);
  }
  const timing = model as unknown as TimingModel;
  try {
    checkTiming(timing);
  } catch (error) {
    throw new InputError(`${path}: ${(error as Error).message}`);
  }
  return timing;
}
