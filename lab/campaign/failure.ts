// SPDX-License-Identifier: MIT
/** A round that broke a promise: what went wrong, and the shortest script that was found to break one, as a file. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { RoundReport } from './play.ts';
import { scriptText } from './script.ts';
import { shrinkRound } from './shrink.ts';

const PROJECT = fileURLToPath(new URL('../../', import.meta.url));

/** Shrinks the round, keeps its script in `folder`, and says all of it in lines. */
export async function describeFailure(report: RoundReport, folder: string): Promise<string[]> {
  const { seed } = report.script;
  const small = await shrinkRound(report);
  mkdirSync(`${PROJECT}${folder}`, { recursive: true });
  const file = `${folder}/${seed}.json`;
  const text = scriptText(small.script);
  writeFileSync(`${PROJECT}${file}`, text);
  return [
    `round ${seed}: ${report.problems[0]}`,
    ...small.problems.map((problem) => `  ${problem}`),
    `  again: npm run soak -- campaign --script ${file}, which is`,
    ...text.trimEnd().split('\n'),
  ];
}
