// SPDX-License-Identifier: MIT
/**
 * `npm run soak -- campaign`: faults of bus, chip, AGL, rule tables and cell commands in one run, round after round.
 * tests/cases/campaign.test.ts plays a few rounds.
 *
 * `--minutes N`, `--seed S` (the first round's; absent: another one each time), `--script FILE` plays one round.
 */
import { InputError, readTextInput } from '../../cell-config/files.ts';
import { nearestRank } from '../../lab/measure/percentiles.ts';
import { KINDS, type KindName } from '../../lab/campaign/kinds.ts';
import { playScript, type RoundReport } from '../../lab/campaign/play.ts';
import { describeFailure } from '../../lab/campaign/failure.ts';
import { type CampaignScript, newSeed, readScript, scriptOf } from '../../lab/campaign/script.ts';
import { userPath } from '../command-line.ts';
import type { SoakOptions, SoakOutcome, SoakRun } from './runs.ts';

const MINUTES = 30;
/** The run ends after this many failures. */
const FAILURES_SHOWN = 3;
const FOLDER = 'build/campaign';

export const campaign: SoakRun = {
  name: 'campaign',
  what: `${MINUTES} minutes of faults of every kind, or --minutes N; --seed S, --script FILE`,
  run: (progress, options) =>
    options.script === undefined ? playRounds(progress, options) : playFile(options.script),
};

async function playFile(name: string): Promise<SoakOutcome> {
  const report = await playScript(scriptIn(name));
  const summary = new Summary();
  summary.add(report);
  return { lines: [...summary.lines(), ...report.problems], isRight: report.problems.length === 0 };
}

function scriptIn(name: string): CampaignScript {
  const text = readTextInput(userPath(name), 'campaign script');
  try {
    return readScript(text);
  } catch (error) {
    const next = `Next: name a script as a failed campaign leaves it in ${FOLDER}`;
    throw new InputError(`${name}: ${(error as Error).message}. ${next}`);
  }
}

async function playRounds(
  progress: (done: number, total: number) => void,
  { minutes = MINUTES, seed }: SoakOptions,
): Promise<SoakOutcome> {
  const first = seed ?? newSeed();
  const millis = minutes * 60_000;
  const start = Date.now();
  const summary = new Summary();
  const failures: string[][] = [];
  for (
    let round = first;
    Date.now() - start < millis && failures.length < FAILURES_SHOWN;
    round++
  ) {
    const report = await playScript(scriptOf(round));
    summary.add(report);
    if (report.problems.length > 0) failures.push(await describeFailure(report, FOLDER));
    progress(Math.min(Date.now() - start, millis), millis);
  }
  return {
    lines: [`seed ${first}: ${summary.rounds} rounds`, ...summary.lines(), ...failures.flat()],
    isRight: failures.length === 0,
  };
}

/** What all rounds have in common. */
class Summary {
  rounds = 0;
  readonly #faults = new Map<KindName, number>();
  readonly #survived = new Map<KindName, number>();
  readonly #recoveries = new Map<string, number[]>();
  #unmodelled = 0;
  #startsRefused = 0;
  #requests = 0;
  #answers = 0;
  #latestNanos = 0;

  add(report: RoundReport): void {
    this.rounds += 1;
    this.#requests += report.requests;
    this.#answers += report.answers;
    this.#latestNanos = Math.max(this.#latestNanos, report.latestAnswerNanos);
    if (report.unmodelled !== undefined) this.#unmodelled += 1;
    this.#startsRefused += report.startsRefused;
    for (const { kind } of report.script.entries) {
      add(this.#faults, kind);
      if (report.problems.length === 0 && report.unmodelled === undefined)
        add(this.#survived, kind);
    }
    for (const { kind, nanos } of report.recoveries) {
      const list = this.#recoveries.get(kind) ?? [];
      this.#recoveries.set(kind, [...list, nanos]);
    }
  }

  lines(): string[] {
    const kinds = (Object.keys(KINDS) as KindName[]).filter((kind) => this.#faults.has(kind));
    const sum = (counts: ReadonlyMap<unknown, number>): number =>
      [...counts.values()].reduce((total, count) => total + count, 0);
    const micros = (nanos: number): string => (nanos / 1000).toFixed(0);
    return [
      `faults ${sum(this.#faults)}, survived ${sum(this.#survived)}; ` +
        `${this.#unmodelled} rounds ended at what the twin does not model; ` +
        `${this.#startsRefused} starts refused for a chip that could not be read, and tried again`,
      `urgent requests ${this.#requests}, answered ${this.#answers}; ` +
        `latest answer, where no fault excuses it, ${micros(this.#latestNanos)} us after its request`,
      'kind                injected  survived  recovery p50      max (us), of those with the time to themselves',
      ...kinds.map((kind) => {
        const times = this.#recoveries.get(kind) ?? [];
        const shown =
          times.length === 0
            ? ['-', '-']
            : [nearestRank(times, 50) ?? 0, Math.max(...times)].map(micros);
        const counts = [this.#faults.get(kind) ?? 0, this.#survived.get(kind) ?? 0];
        return (
          kind.padEnd(19) +
          counts.map((count) => String(count).padStart(9)).join(' ') +
          shown.map((text, index) => text.padStart(index === 0 ? 14 : 9)).join('')
        );
      }),
    ];
  }
}

function add<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
