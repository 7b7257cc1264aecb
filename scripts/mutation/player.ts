// SPDX-License-Identifier: MIT
/**
 * A process that plays mutants, and the limit on what one question may take of it: beyond it the process ends with all
 * that it started, and the next question has another one.
 */
import { readFileSync } from 'node:fs';
import type { ChildProcess } from 'node:child_process';
import { PROJECT } from '../build/command.ts';
import { killGroup, startHelper } from '../test/command.ts';
import type { Answer, Asked } from './order.ts';

/** Of the processor, and by the clock, in seconds: a busy machine may be slow, and what waits for ever takes nothing. */
export interface Limits {
  readonly processor: number;
  readonly clock: number;
}

/** What ended instead of an answer. */
export class NoAnswer extends Error {
  readonly isLate: boolean;

  constructor(message: string, isLate: boolean) {
    super(message);
    this.isLate = isLate;
  }
}

const LOOK_MILLIS = 500;
/** Of the times in /proc. */
const TICKS_A_SECOND = 100;
const LETTERS_OF_TROUBLE = 4_000;

export class Player {
  readonly #words: readonly string[];
  readonly #limits: Limits;
  #child: ChildProcess | undefined;
  #trouble = '';
  #spentSeconds = 0;

  /** `words` after node: a script that answers each message by one. */
  constructor(words: readonly string[], limits: Limits) {
    this.#words = [process.execPath, ...words];
    this.#limits = limits;
  }

  /** What its processes took of the processor so far. */
  get seconds(): number {
    return this.#spentSeconds + processorSeconds(this.#child?.pid);
  }

  /** @throws NoAnswer if the process ends, or takes too long and is ended. */
  ask(asked: Asked): Promise<Answer> {
    const child = (this.#child ??= this.#start());
    return new Promise((resolve, reject) => {
      const spentBefore = processorSeconds(child.pid);
      const begin = Date.now();
      const done = (): void => {
        clearInterval(watchdog);
        child.off('exit', ended).off('message', answered);
      };
      const fail = (message: string, isLate: boolean): void => {
        done();
        this.end();
        reject(new NoAnswer(message, isLate));
      };
      const ended = (status: number | null, signal: string | null): void =>
        fail(`the process ended, ${status ?? signal}: ${this.#trouble}`, false);
      const answered = (answer: Answer): void => {
        done();
        resolve(answer);
      };
      const watchdog = setInterval(() => {
        const spent = processorSeconds(child.pid) - spentBefore;
        const passed = (Date.now() - begin) / 1000;
        const { processor, clock } = this.#limits;
        if (spent > processor) fail(`more than ${processor} s of the processor`, true);
        else if (passed > clock) fail(`no answer in ${clock} s`, true);
      }, LOOK_MILLIS);
      child.on('exit', ended).on('message', answered);
      child.send(asked);
    });
  }

  /** Ends the process and all that it started. */
  end(): void {
    if (this.#child === undefined) return;
    this.#spentSeconds += processorSeconds(this.#child.pid);
    killGroup(this.#child);
    this.#child = undefined;
  }

  #start(): ChildProcess {
    const child = startHelper(this.#words, PROJECT);
    this.#trouble = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#trouble = (this.#trouble + text).slice(-LETTERS_OF_TROUBLE);
    });
    return child;
  }
}

/** What a process took so far, by its own count. 0: there is none. */
function processorSeconds(pid: number | undefined): number {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // proc(5): utime and stime are fields 14 and 15; field 2 is in brackets and may have blanks.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
  } catch {
    return 0;
  }
}
