// SPDX-License-Identifier: MIT
/**
 * A run against a hostile peer. The cell and a bridge are at work while a mutator overwrites their
 * shared memory at random moments. Both ends read the same memory, so both are attacked.
 *
 * Does not: stop at the first loss of a session. Sessions are lost by the thousand and must come
 * back.
 */
import { compileRules } from '../../rules/compile.ts';
import type { WireRecord } from '../../twin/bus/can-bus.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { Random } from '../random/random.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import { PAGE } from '../../formats/status-page.ts';
import { COUNTER } from '../page/counters.ts';
import { readStatusPage } from '../page/status-page.ts';
import { type Board, CELL_SENDER } from '../../twin/board/board.ts';
import { openRig, type RigOptions } from '../rig/open-rig.ts';
import { isSessionUp, runUntil, shutDown } from '../../twin/board/cell-control.ts';
import { settledStatusPage } from '../verify/status-check.ts';
import { Mutator } from './mutator.ts';
import { RequestMutator } from './request-mutator.ts';

const MICROSECOND = 1_000;
const MILLISECOND = 1_000_000;
const REQUEST = 0x1a0;
const ANSWER = 0x1a1;
const REQUEST_PERIOD_NANOS = 1 * MILLISECOND;
const RULES = `
version: 1
rules:
  - name: status
    match: { id: 0x1A0 }
    answer: { id: 0x1A1, data: [0x01, 0x00, 0x64, 0xA5] }
`;
/**
 * Tables that a request may put in place of RULES. The urgent answer is the same, the rest differs.
 */
const OTHER_RULES = [
  `${RULES}  - { name: other, match: { id: 0x5A5 }, action: drop }\n`,
  `${RULES}  - name: computed
    match: { id: 0x5A5 }
    answer: { id: 0x5A6, length: 2, data: [0, 1], copy: [{ from: 0, to: 0, count: 1 }] }
    forward: true
`,
];
/** One of this many changes goes to the requests, if the machine has a control link. */
const REQUESTS_ONE_IN = 5;

/**
 * From the end of an attack to the next one: time for a new session, or for the bridge to restart.
 */
const QUIET_NANOS = 2 * MILLISECOND;
const SESSION_NANOS = 12 * MILLISECOND;
const LEARN_NANOS = 100 * MICROSECOND;
/** Number of words of one attack. They are written one after the other within ATTACK_NANOS. */
const WORDS_OF_AN_ATTACK = 500;
const ATTACK_NANOS = 4 * MILLISECOND;
const BRIDGE_RESTART_NANOS = 500 * MICROSECOND;

export interface HostileOptions {
  readonly engine: EngineName;
  readonly changeCell?: RigOptions['changeCell'];
  readonly changeSystem?: RigOptions['changeSystem'];
  readonly seed: number;
  /** Words to overwrite. 0: the same run without an attack, as a comparison. */
  readonly mutations: number;
  readonly onProgress?: (done: number) => void;
}

export interface HostileResult {
  readonly mutations: number;
  /** Attacks that found a session running. */
  readonly sessionsAttacked: number;
  readonly attacks: number;
  /**
   * Urgent requests. `latestAnswerNanos` is the longest time from the end of a request to its
   * answer.
   */
  readonly requests: number;
  readonly unanswered: number;
  readonly latestAnswerNanos: number;
  /** Requests over the control link that the cell was seen to carry out (done) or to refuse. */
  readonly requestsDone: number;
  readonly requestsRefused: number;
  /** Steps that took longer than their bound, as counted by the cell. */
  readonly lateSteps: number;
  /** What went wrong. Empty if everything held. */
  readonly problems: readonly string[];
}

export async function runHostile(options: HostileOptions): Promise<HostileResult> {
  const { board } = await openRig({
    ...options,
    rules: RULES,
    oscillatorHertz: 12_000_000,
    commandLine: 'bitrate=500000',
    withoutAgl: true,
    keep: false,
  });
  try {
    return new HostileRun(board, options).run();
  } finally {
    board.engine.close();
  }
}

class HostileRun {
  readonly #board: Board;
  readonly #options: HostileOptions;
  readonly #random: Random;
  readonly #mutator: Mutator;
  readonly #requestMutator: RequestMutator | undefined;
  readonly #problems: string[] = [];
  #requests = 0;
  #openRequest: WireRecord | undefined;
  #unanswered = 0;
  #latestAnswerNanos = 0;
  #sessionsAttacked = 0;
  #attacks = 0;
  #pageSequence = 0;
  #requestSequence = 0;
  #requestsDone = 0;
  #requestsRefused = 0;
  #lateSteps = 0;

  constructor(board: Board, options: HostileOptions) {
    this.#board = board;
    this.#options = options;
    this.#random = new Random(options.seed);
    this.#mutator = new Mutator(board.section, this.#random);
    const tables = [RULES, ...OTHER_RULES].map((text) => compileRules(text, 'rules.yaml').image);
    this.#requestMutator =
      board.control && new RequestMutator(board.control.requests, this.#random, tables);
    board.bus.onFrame((record) => this.#noteFrame(record));
  }

  run(): HostileResult {
    const board = this.#board;
    const { mutations, onProgress } = this.#options;
    this.#keepBusy();
    board.bridge?.start();
    let done = 0;
    const rounds = Math.max(1, Math.ceil(mutations / WORDS_OF_AN_ATTACK));
    for (let round = 0; round < rounds && this.#problems.length === 0; round += 1) {
      this.#letThemWork();
      const words = Math.min(WORDS_OF_AN_ATTACK, mutations - done);
      this.#attack(words);
      done += words;
      onProgress?.(done);
    }
    this.#letThemWork();
    if (this.#problems.length === 0) this.#checkEnd();
    return {
      mutations: done,
      sessionsAttacked: this.#sessionsAttacked,
      attacks: this.#attacks,
      requests: this.#requests,
      unanswered: this.#unanswered,
      latestAnswerNanos: this.#latestAnswerNanos,
      requestsDone: this.#requestsDone,
      requestsRefused: this.#requestsRefused,
      lateSteps: this.#lateSteps,
      problems: this.#problems,
    };
  }

  /** Sends urgent requests, other frames of the bus, and frames from AGL, without end. */
  #keepBusy(): void {
    const { clock, sender, bridge } = this.#board;
    const request = makeFrame({ identifier: REQUEST, data: [2] });
    const other = makeFrame({ identifier: 0x5a5, data: [1, 2, 3, 4, 5, 6, 7, 8] });
    const fromAgl = makeFrame({ identifier: 0x6b6, data: [8, 7, 6, 5] });
    const every = (periodNanos: number, act: (nanos: number) => void): void => {
      const next = (nanos: number): void => {
        act(nanos);
        clock.schedule(nanos + periodNanos, next);
      };
      clock.schedule(periodNanos, next);
    };
    every(REQUEST_PERIOD_NANOS, (nanos) => sender.enqueue(request, nanos, 'bus'));
    every(700 * MICROSECOND, (nanos) => sender.enqueue(other, nanos, 'bus'));
    every(900 * MICROSECOND, () => {
      // The bridge's own queue must stay bounded while there is no session.
      if (bridge && bridge.pendingCount < 64) bridge.send(fromAgl);
    });
  }

  /**
   * Runs without an attack until there is a session. An end that has given up waits 100 ms for the
   * other one. The bridge is restarted instead, to fit more attacks into the same time.
   */
  #letThemWork(): void {
    this.#runAndLearn(QUIET_NANOS, () => false);
    if (isSessionUp(this.#board)) return;
    this.#restartBridge();
    this.#runAndLearn(SESSION_NANOS, () => isSessionUp(this.#board));
    this.#runAndLearn(QUIET_NANOS, () => false);
  }

  /** Runs for at most `nanos`. Meanwhile the mutator learns where the rings are. */
  #runAndLearn(nanos: number, isEnough: () => boolean): void {
    const endNanos = this.#board.clock.now + nanos;
    while (this.#board.clock.now < endNanos && this.#problems.length === 0 && !isEnough()) {
      this.#runFor(LEARN_NANOS);
      this.#mutator.learn();
    }
  }

  #attack(words: number): void {
    this.#attacks += 1;
    if (isSessionUp(this.#board)) this.#sessionsAttacked += 1;
    const pause = ATTACK_NANOS / WORDS_OF_AN_ATTACK;
    for (let word = 0; word < words && this.#problems.length === 0;) {
      // Either several words at once, or one word and then time for the peers to read it.
      const burst = Math.min(words - word, this.#random.pick([1, 1, 2, 5, 20]));
      for (let count = 0; count < burst; count += 1) this.#mutate();
      word += burst;
      this.#runFor(this.#random.between(1, 2 * burst * pause));
    }
  }

  #mutate(): void {
    const requests = this.#random.below(REQUESTS_ONE_IN) === 0 ? this.#requestMutator : undefined;
    (requests ?? this.#mutator).mutate();
  }

  /** Counts the request that the cell has finished since the last call, if any. */
  #lookAtRequests(): void {
    const section = this.#board.control?.status;
    // The page is usually unchanged, and then it need not be decoded.
    const pageSequence = section?.readUInt32LE(PAGE.PAGE_SEQUENCE_OFFSET.at) ?? 0;
    if (!section || pageSequence === this.#pageSequence) return;
    this.#pageSequence = pageSequence;
    const request = readStatusPage(section)?.request;
    if (!request || request.sequence === this.#requestSequence) return;
    this.#requestSequence = request.sequence;
    if (request.status === 0) this.#requestsDone += 1;
    else this.#requestsRefused += 1;
  }

  #restartBridge(): void {
    const { bridge } = this.#board;
    bridge?.stop();
    this.#runFor(BRIDGE_RESTART_NANOS);
    bridge?.start();
  }

  #runFor(nanos: number): void {
    const board = this.#board;
    const result = runUntil(board, board.clock.now + nanos);
    this.#lookAtRequests();
    if (result !== 'running') this.#problems.push(`the cell ${result}: ${this.#lastLine()}`);
    if (board.bridgeFailure !== undefined) {
      this.#problems.push(`the bridge ended: ${board.bridgeFailure}`);
    }
  }

  #noteFrame(record: WireRecord): void {
    if (record.outcome !== 'complete') return;
    const { identifier } = record.frame;
    if (identifier === REQUEST && record.sender !== CELL_SENDER) {
      if (this.#openRequest) this.#unanswered += 1;
      this.#openRequest = record;
      this.#requests += 1;
    } else if (identifier === ANSWER && this.#openRequest && record.sender === CELL_SENDER) {
      const waited = record.startNanos - this.#openRequest.endNanos;
      this.#latestAnswerNanos = Math.max(this.#latestAnswerNanos, waited);
      this.#openRequest = undefined;
    }
  }

  /** Checks that the cell still obeys the hypervisor after the attacks. */
  #checkEnd(): void {
    const page = settledStatusPage(this.#board);
    if (page) this.#lateSteps = page.counters[COUNTER.deadlineMisses];
    else this.#problems.push('the cell has no status page');
    const outcome = shutDown(this.#board);
    if (outcome !== 'approved') this.#problems.push(`shutdown request: ${outcome}`);
  }

  #lastLine(): string {
    return this.#board.console.lines.at(-1)?.text ?? 'it printed nothing';
  }
}
