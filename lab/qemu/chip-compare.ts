// SPDX-License-Identifier: MIT
/**
 * Plays random scripts to two chips: the twin's MCP2515 and QEMU's.
 */
import { randomChipScript } from './chip-random.ts';
import { QemuChip } from './chip-replay.ts';

/** The run ends after this many scripts that differ. */
const FAILURES_SHOWN = 3;

export interface ChipReport {
  readonly scripts: number;
  readonly steps: number;
  readonly frames: number;
  /** One line for each script that differs: its seed, and where. */
  readonly failures: readonly string[];
}

/** Plays the scripts of `count` seeds. */
export async function compareChips(
  emulator: string,
  firstSeed: number,
  count: number,
  progress?: (done: number, total: number) => void,
): Promise<ChipReport> {
  const chip = await QemuChip.start(emulator);
  const sum = { scripts: 0, steps: 0, frames: 0 };
  const failures: string[] = [];
  try {
    for (let index = 0; index < count && failures.length < FAILURES_SHOWN; index++) {
      const seed = firstSeed + index;
      const script = randomChipScript(seed);
      const differences = await chip.play(script);
      if (differences.length > 0) failures.push(`seed ${seed}: ${differences.join('; ')}`);
      sum.scripts++;
      sum.steps += script.steps.length;
      sum.frames += script.frames.length;
      progress?.(index + 1, count);
    }
  } finally {
    await chip.stop();
  }
  return { ...sum, failures };
}
