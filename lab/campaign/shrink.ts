// SPDX-License-Identifier: MIT
/**
 * Makes a failing script smaller: leaves faults out, then makes them shorter, as long as it still fails.
 *
 * Does not: move faults in time, so that what remains meets the same traffic.
 */
import { playScript, type RoundReport } from './play.ts';
import type { CampaignScript, ScriptEntry } from './script.ts';

/** The smallest failing round found. */
export async function shrinkRound(failure: RoundReport): Promise<RoundReport> {
  let smallest = failure;
  const attempt = async (entries: readonly ScriptEntry[]): Promise<boolean> => {
    const script: CampaignScript = { ...smallest.script, entries };
    const report = await playScript(script);
    if (report.problems.length === 0) return false;
    smallest = report;
    return true;
  };
  for (let index = smallest.script.entries.length - 1; index >= 0; index--) {
    const { entries } = smallest.script;
    await attempt([...entries.slice(0, index), ...entries.slice(index + 1)]);
  }
  for (let index = 0; index < smallest.script.entries.length; index++) {
    const shorter = (entry: ScriptEntry): ScriptEntry => ({
      ...entry,
      forMicros: entry.forMicros >> 1,
    });
    const halved = (): readonly ScriptEntry[] =>
      smallest.script.entries.map((entry, place) => (place === index ? shorter(entry) : entry));
    while (smallest.script.entries[index].forMicros > 1_000 && (await attempt(halved())));
  }
  return smallest;
}
