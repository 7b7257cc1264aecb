// SPDX-License-Identifier: MIT
/**
 * Plays the mutants of an order: each meets the tests that reach it, until one notices.
 *
 * Does not: run a test itself (player.ts has the processes that do).
 */
import { TYPESCRIPT } from '../test/typescript/words.ts';
import {
  type Asked,
  compileOrder,
  type Mutant,
  type Order,
  orderFile,
  type Phase,
} from './order.ts';
import { type Limits, NoAnswer, Player } from './player.ts';
import { filesThatKill, type Result, resultsOf, scoutsOf, stampOf } from './results.ts';

/** A test that may kill. The stamp is another one when it is another test, or of another module. */
interface Killer {
  readonly killer: string;
  readonly stamp: string;
  readonly millis: number;
  readonly usual: number;
  readonly reached: ReadonlySet<number>;
}

export interface PlayOptions {
  /** Processes at a time. */
  readonly jobs?: number;
  /** Results of an earlier run count, as far as their tests are the same. */
  readonly resume?: boolean;
  /** Plays the mutants of that folder alone. */
  readonly only?: string;
  /** The order has not all tests: what another one has killed before stays killed. */
  readonly someTests?: boolean;
  readonly limits?: Limits;
  readonly progress?: (done: number, total: number) => void;
  /** Told now and then how it goes. */
  readonly tell?: (line: string) => void;
}

/** Mutants, and what has killed those that did not live. */
export interface Played {
  readonly mutants: readonly Mutant[];
  /** By the mutant's name. */
  readonly killers: ReadonlyMap<string, string>;
}

/** What all killers of one mutant may take of a phase, as they take without it. */
const MUTANT_MILLIS = 6_000;
const LIMITS: Limits = { processor: 30, clock: 900 };
const TELL_MILLIS = 30_000;

/** Compiles what is missing, plays the specs, and then the cases against what lives. */
export async function playMutants(order: Order, options: PlayOptions = {}): Promise<Played> {
  const { only = '' } = options;
  const mutants = (await compileOrder(order)).filter(({ file }) => file.startsWith(only));
  const results = resultsOf(order);
  if (options.resume !== true) results.clear();
  const known = new Map(results.read().map((result) => [result.name, result]));
  const phases: readonly Phase[] = order.cases.length > 0 ? ['specs', 'cases'] : ['specs'];
  for (const phase of phases) await new Run(order, phase, mutants, known, options).play();
  const killers = new Map<string, string>();
  for (const { name } of mutants) {
    const killed = known.get(name)?.killed;
    if (killed !== undefined) killers.set(name, `${killed.killer}: ${killed.failed}`);
  }
  return { mutants, killers };
}

/** A phase. */
class Run {
  readonly #order: Order;
  readonly #phase: Phase;
  readonly #mutants: readonly Mutant[];
  readonly #known: Map<string, Result>;
  readonly #options: PlayOptions;
  readonly #players: readonly Player[];
  /** How often a test has killed mutants of a file. */
  readonly #kills = new Map<string, number>();
  readonly #killers: Killer[] = [];
  #left = 0;
  #played = 0;
  #killed = 0;

  constructor(
    order: Order,
    phase: Phase,
    mutants: readonly Mutant[],
    known: Map<string, Result>,
    options: PlayOptions,
  ) {
    this.#order = order;
    this.#phase = phase;
    this.#mutants = mutants.filter(({ refused }) => refused === undefined);
    this.#known = known;
    this.#options = options;
    const { jobs = 1, limits = LIMITS } = options;
    const loader = ['--import', './tests/mutation/collect-loader.js'];
    const words = [...TYPESCRIPT, ...loader, 'tests/mutation/run.ts', phase, orderFile(order)];
    this.#players = Array.from({ length: jobs }, () => new Player(words, limits));
  }

  async play(): Promise<void> {
    const begin = Date.now();
    const timer = setInterval(() => this.#tell(begin), TELL_MILLIS);
    try {
      await this.#scout();
      const left = this.#open();
      this.#left = left.length;
      await this.#share(left, (player, mutant) => this.#judge(player, mutant));
      this.#tell(begin);
    } finally {
      clearInterval(timer);
      for (const player of this.#players) player.end();
    }
  }

  /** Gives each process the next one of a list as soon as it has time. */
  async #share<One>(
    list: readonly One[],
    act: (player: Player, one: One) => Promise<void>,
  ): Promise<void> {
    let next = 0;
    const work = async (player: Player): Promise<void> => {
      while (next < list.length) await act(player, list[next++]);
    };
    await Promise.all(this.#players.map(work));
  }

  /** What each test reaches without a mutant: from an earlier run, or tried now. */
  async #scout(): Promise<void> {
    const scouts = scoutsOf(this.#order);
    const before = new Map(scouts.read().map(({ stamp, scouted }) => [stamp, scouted]));
    await this.#share(filesThatKill(this.#order, this.#phase), async (player, { file, stamp }) => {
      let scouted = before.get(stamp);
      if (scouted === undefined) {
        const answer = await player.ask({ scout: file });
        if (answer.failure !== undefined) {
          throw new Error(`${file} fails without a mutant: ${answer.failure}`);
        }
        scouted = answer.scouted ?? [];
        scouts.add({ stamp, scouted });
      }
      for (const one of scouted) {
        const reached = new Set(one.reached);
        this.#killers.push({ ...one, reached, stamp: stampOf(stamp, one.killer) });
      }
    });
    this.#killers.sort((one, other) => one.millis - other.millis);
  }

  /** The mutants that no earlier result tells of, or one whose test is another one by now. */
  #open(): readonly Mutant[] {
    const stamps = new Set(this.#killers.map(({ stamp }) => stamp));
    const { someTests = false } = this.#options;
    const here = filesThatKill(this.#order, this.#phase).map(({ file }) => file);
    return this.#mutants.filter(({ name, number }) => {
      const { killed, survived = [] } = this.#known.get(name) ?? {};
      const isOfPhase = killed?.phase === this.#phase;
      if (someTests && killed !== undefined && !here.some((file) => killed.killer.startsWith(file)))
        return false;
      if (killed !== undefined && (isOfPhase ? stamps.has(killed.stamp) : this.#phase === 'cases'))
        return false;
      return isOfPhase || this.#whatMayKill(number, survived).length > 0;
    });
  }

  #whatMayKill(mutant: number, survived: readonly string[]): Killer[] {
    return this.#killers.filter(
      ({ reached, stamp }) => reached.has(mutant) && !survived.includes(stamp),
    );
  }

  /** First the test that killed it before, then those that have killed others of its file, then the quickest. */
  async #judge(player: Player, { number, name, file }: Mutant): Promise<void> {
    const { killed, survived = [] } = this.#known.get(name) ?? {};
    const worth = ({ killer }: Killer): number =>
      killer === killed?.killer ? Infinity : (this.#kills.get(`${killer} ${file}`) ?? 0);
    const those = this.#whatMayKill(number, survived).sort(
      (one, other) => worth(other) - worth(one) || one.millis - other.millis,
    );
    let millis = 0;
    const stamps = [...survived];
    let result: Result['killed'] = killed?.phase === this.#phase ? undefined : killed;
    for (const { killer, stamp, usual, millis: more } of those) {
      if ((millis += more) > MUTANT_MILLIS) break;
      const failed = await whatFailed(player, { mutant: number, killer, usual });
      if (failed === undefined) {
        stamps.push(stamp);
        continue;
      }
      result = { phase: this.#phase, killer, stamp, failed };
      this.#kills.set(`${killer} ${file}`, (this.#kills.get(`${killer} ${file}`) ?? 0) + 1);
      this.#killed += 1;
      break;
    }
    const known: Result = { name, survived: stamps, ...(result && { killed: result }) };
    this.#known.set(name, known);
    resultsOf(this.#order).add(known);
    this.#played += 1;
    this.#options.progress?.(this.#played, this.#left);
  }

  #tell(begin: number): void {
    const seconds = this.#players.reduce((sum, player) => sum + player.seconds, 0);
    const minutes = (Date.now() - begin) / 60_000;
    const [rate, each] = [this.#played / minutes, seconds / Math.max(this.#played, 1)];
    this.#options.tell?.(
      `${this.#phase}: ${this.#played} of ${this.#left} played, ${this.#killed} killed, ` +
        `${rate.toFixed(0)} a minute, ${each.toFixed(2)} s of the processor each`,
    );
  }
}

/**
 * What failed in a test, if it noticed the mutant. If it had to be ended it has noticed as well; so it has if its
 * process ended by itself, twice: once the machine may have been short of memory.
 */
async function whatFailed(player: Player, asked: Asked): Promise<string | undefined> {
  for (let attempt = 0; ; attempt++) {
    try {
      return (await player.ask(asked)).failed;
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      if (error.isLate || attempt > 0) return error.message;
    }
  }
}
