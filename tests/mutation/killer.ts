// SPDX-License-Identifier: MIT
/** Something that tells a mutant from the original: a run that can be repeated with a mutant at work, or none. */
import { Endless, type Switch } from './switch.ts';

/** A run without a mutant. */
export interface Scouting {
  readonly failure: string | undefined;
  /** What it takes of the processor: others may keep the machine busy. */
  readonly millis: number;
  /** Rounds of loops and places that it runs through. */
  readonly usual: number;
  /** The mutants whose places it reaches. */
  readonly reached: ReadonlySet<number>;
}

export class Killer {
  readonly file: string;
  readonly name: string;
  readonly #control: Switch;
  /** What has failed. */
  readonly #run: () => Promise<string | undefined>;

  constructor(
    { file, name }: { readonly file: string; readonly name: string },
    control: Switch,
    run: () => Promise<string | undefined>,
  ) {
    this.file = file;
    this.name = name;
    this.#control = control;
    this.#run = run;
  }

  async scout(): Promise<Scouting> {
    this.#control.begin(-1);
    const start = process.cpuUsage().user;
    const failure = await this.#run();
    const millis = (process.cpuUsage().user - start) / 1000;
    const { count: usual, reached } = this.#control;
    return { failure, millis, usual, reached: new Set(reached) };
  }

  /** Runs with that mutant. Returns what has failed, or undefined: it did not notice. */
  async kill(mutant: number, usual: number): Promise<string | undefined> {
    this.#control.begin(mutant, usual);
    const failed = await this.#run();
    return failed ?? (this.#control.isExhausted ? Endless.name : undefined);
  }
}
