/**
 * The bounds that the firmware declares for a step, read from src/board/bounds.ts as text.
 *
 * Used by: scripts/bench.ts, tests/bench.
 * Does not: run AssemblyScript: the constants there are sums of numbers and of each other.
 */
import { readFile } from 'node:fs/promises';
import type { StepBound } from '../../twin/bench/step-bound.ts';
import { PROJECT } from '../build/command.ts';

const FILE = 'src/board/bounds.ts';
const CONSTANT = /^(?:export )?const ([A-Z0-9_]+): u32 = ([^;]+);$/gm;

/** The constants of the file by name. Throws when one is no sum. */
export async function readBounds(): Promise<Map<string, number>> {
  const text = await readFile(PROJECT + FILE, 'utf8');
  const values = new Map<string, number>();
  for (const [, name, sum] of text.matchAll(CONSTANT)) {
    const terms = sum.split('+').map((part) => {
      const term = part.trim().replaceAll('_', '');
      return /^\d+$/.test(term) ? Number(term) : values.get(part.trim());
    });
    const total = terms.reduce<number>((left, right) => left + (right ?? NaN), 0);
    if (Number.isNaN(total)) throw new Error(`${FILE}: ${name} = ${sum} is not a sum of numbers`);
    values.set(name, total);
  }
  return values;
}

/** The longest step, in the same sum as `stepBoundMicros` of the firmware. */
export async function declaredStepBound(): Promise<StepBound> {
  const values = await readBounds();
  const value = (name: string): number => {
    const found = values.get(name);
    if (found === undefined) throw new Error(`${FILE} declares no ${name}`);
    return found;
  };
  const spiBytes = value('STEP_SPI_BYTES');
  return {
    spiBytes,
    micros: (spiHertz) => {
      const byteNanos = Math.floor((value('CLOCKS_PER_BYTE') * 1e9) / spiHertz);
      const perByte = byteNanos + value('HANDLING_NANOS_PER_BYTE');
      const instructions = value('STEP_INSTRUCTIONS') * value('NANOS_PER_INSTRUCTION');
      return Math.ceil((perByte * spiBytes + instructions) / 1_000);
    },
  };
}
