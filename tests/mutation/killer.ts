// SPDX-License-Identifier: MIT
/** Something that tells a mutant from the original, and the run of all of them over all mutants. */

export interface Killer {
  readonly name: string;
  /** What it takes of the processor without a mutant. */
  readonly millis: number;
  /** The mutants whose places it reaches. */
  readonly reached: ReadonlySet<number>;
  /** Runs with that mutant. Returns what has failed, or undefined: it did not notice. */
  readonly kill: (mutant: number) => Promise<string | undefined>;
}

/** What became of a mutant. */
export interface Fate {
  readonly number: number;
  /** The killer and the test that failed. Absent: it lives. */
  readonly killedBy?: string;
  /** How many killers reach it. */
  readonly reachedBy: number;
}

/** The processor time of this process: others may keep the machine busy. */
export function cpuMillis(): number {
  return process.cpuUsage().user / 1000;
}

/**
 * Each mutant against the killers that reach it, for at most so long: first those that have killed others of the same
 * file, then the quickest.
 */
export async function* judge(
  mutants: Iterable<{ readonly number: number; readonly file: string }>,
  killers: readonly Killer[],
  mostMillis: number,
): AsyncGenerator<Fate> {
  const quickestFirst = [...killers].sort((one, other) => one.millis - other.millis);
  const kills = new Map<string, number>();
  for (const { number, file } of mutants) {
    const killsOf = ({ name }: Killer): number => kills.get(`${name} ${file}`) ?? 0;
    const those = quickestFirst
      .filter(({ reached }) => reached.has(number))
      .sort((one, other) => killsOf(other) - killsOf(one));
    let killedBy: string | undefined;
    let millis = 0;
    for (const killer of those) {
      if (millis + killer.millis > mostMillis) break;
      millis += killer.millis;
      const failed = await killer.kill(number);
      if (failed === undefined) continue;
      killedBy = `${killer.name}: ${failed}`;
      kills.set(`${killer.name} ${file}`, killsOf(killer) + 1);
      break;
    }
    yield { number, reachedBy: those.length, ...(killedBy === undefined ? {} : { killedBy }) };
  }
}
