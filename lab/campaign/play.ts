// SPDX-License-Identifier: MIT
/**
 * Plays one round of a fault campaign: traffic all the time, the faults of the script, then a quiet time in which
 * everything must be well again; at the end the cell's own account must close.
 *
 * Does not: choose the faults (script.ts), or shorten a script that fails (shrink.ts).
 */
import { compileRules } from '../../rules/compile.ts';
import { UnimplementedFeature, UnimplementedRegister } from '../../twin/unimplemented.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import { openSums } from '../page/account.ts';
import { COUNTER } from '../page/counters.ts';
import { loadFirmware } from '../rig/firmware.ts';
import { openRig } from '../rig/open-rig.ts';
import type { Rig } from '../rig/rig.ts';
import { EXCHANGED_ROLES } from '../rig/roles.ts';
import { settledStatusPage } from '../verify/status-check.ts';
import { AglSide } from './agl-side.ts';
import { CellCommands } from './cell-commands.ts';
import { Disturber } from './disturber.ts';
import { type FaultKind, KINDS, type Victims } from './kinds.ts';
import type { CampaignScript, ScriptEntry } from './script.ts';
import { campaignRules, Numbered } from './traffic.ts';
import { Watch, type Trouble } from './watch.ts';

export interface RoundReport {
  readonly script: CampaignScript;
  readonly problems: readonly string[];
  /** A fault led to what the twin does not model (a wrong bit made a write to a pin that is not wired). */
  readonly unmodelled: string | undefined;
  /** How long it was for the bus. */
  readonly nanos: number;
  readonly requests: number;
  readonly answers: number;
  readonly latestAnswerNanos: number;
  readonly recoveries: readonly { kind: string; nanos: number }[];
  /** Starts that ended because the chip could not be read, and were tried again. */
  readonly startsRefused: number;
}

const MICROSECOND = 1_000;
const MILLISECOND = 1_000_000;
const CRYSTAL = 16_000_000;
const VERSIONS = [1, 2, 3];
/** Traffic at 500 kbit/s; at other rates it is scaled. */
const REQUEST_PERIOD_NANOS = MILLISECOND;
const OTHER_PERIOD_NANOS = 700 * MICROSECOND;
const OF_AGL_PERIOD_NANOS = 1_500 * MICROSECOND;
const USUAL_BITRATE = 500_000;
const PENDING_MOST = 100;
const SLICE_NANOS = 250 * MICROSECOND;
/** From the last fault's end and its grace to the end. */
const QUIET_NANOS = 60 * MILLISECOND;
const SETTLE_NANOS = 60 * MILLISECOND;
/** Ten of the longest bursts, 3,000 frames, are sent in less at the slowest rate. */
const BACKLOG_NANOS = 5_000 * MILLISECOND;
const SETTINGS = 'errors=1 restart-ms=10';
/** What a start says of a chip that it cannot read, before "ready" (docs/troubleshooting.md). */
const START_REFUSED =
  /MCP2515 register .* after writing |no MCP2515 answers |MCP2515 does not reset: |SPI0 does not finish /;

/** Plays `script`. */
export async function playScript(
  script: CampaignScript,
  engine: EngineName = 'wasm',
): Promise<RoundReport> {
  const tables = VERSIONS.map(
    (version) => compileRules(campaignRules(version), 'rules.yaml').image,
  );
  let watch: Watch | undefined;
  const rig = await openRig({
    ...{ engine, bitrate: script.bitrate, oscillatorHertz: CRYSTAL, settings: SETTINGS },
    ...(script.role === 'device' ? EXCHANGED_ROLES : {}),
    ...{ rules: tables[0], trapsExpected: true, keep: false },
    onAglFrame: (frame, nanos) => watch?.arrived(frame, nanos),
  });
  try {
    watch = new Watch(rig);
    return new Round(rig, script, tables, watch, engine).play();
  } finally {
    rig.close();
  }
}

class Round {
  readonly #rig: Rig;
  readonly #script: CampaignScript;
  readonly #watch: Watch;
  readonly #agl: AglSide;
  readonly #commands: CellCommands;
  readonly #victims: Victims;
  readonly #numbered = new Numbered();
  readonly #ends: { nanos: number; end: () => void; trouble: Trouble }[] = [];
  readonly #problems: string[] = [];
  #isTrafficOn = true;
  #startsRefused = 0;

  constructor(
    rig: Rig,
    script: CampaignScript,
    tables: readonly Uint8Array[],
    watch: Watch,
    engine: EngineName,
  ) {
    this.#rig = rig;
    this.#script = script;
    this.#watch = watch;
    this.#agl = new AglSide(rig, tables, script.seed, () => this.#numbered.ofAgl());
    this.#commands = new CellCommands(rig, loadFirmware(engine).system);
    const disturber = new Disturber(rig);
    this.#victims = { rig, disturber, agl: this.#agl, commands: this.#commands };
  }

  play(): RoundReport {
    let unmodelled: string | undefined;
    try {
      this.#playFaults();
      if (this.#problems.length === 0) this.#checkEnd();
    } catch (error) {
      const isTwins =
        error instanceof UnimplementedFeature || error instanceof UnimplementedRegister;
      if (!isTwins) throw error;
      unmodelled = error.message;
    }
    const watch = this.#watch;
    return {
      script: this.#script,
      problems: unmodelled === undefined ? [...this.#problems, ...watch.problems] : [],
      unmodelled,
      nanos: this.#rig.now,
      requests: watch.demanded,
      answers: watch.answers,
      latestAnswerNanos: watch.latestAnswerNanos,
      recoveries: watch.recoveries(),
      startsRefused: this.#startsRefused,
    };
  }

  #playFaults(): void {
    this.#keepBusy();
    const start = this.#rig.now;
    let longestGraceNanos = 0;
    let lastEndNanos = start;
    for (const entry of this.#script.entries) {
      this.#runUntil(start + entry.atMicros * MICROSECOND);
      if (this.#problems.length > 0) return;
      this.#begin(entry);
      const endNanos = this.#rig.now + entry.forMicros * MICROSECOND;
      const { graceMicros, sessionMicros = 0 }: FaultKind = KINDS[entry.kind];
      const grace = Math.max(graceMicros, sessionMicros) * MICROSECOND;
      longestGraceNanos = Math.max(longestGraceNanos, grace);
      lastEndNanos = Math.max(lastEndNanos, endNanos);
    }
    const quietNanos = lastEndNanos + longestGraceNanos;
    this.#runUntil(quietNanos + QUIET_NANOS);
    this.#isTrafficOn = false;
    this.#runUntilSilent();
    this.#watch.finish();
  }

  /** What waits in AGL and in the cell is sent first: page and wires agree only when no frame is under way. */
  #runUntilSilent(): void {
    const limitNanos = this.#rig.now + BACKLOG_NANOS;
    const frames = (): number => this.#watch.sent + this.#watch.accepted;
    for (let before = -1; frames() !== before && this.#problems.length === 0;) {
      if (this.#rig.now >= limitNanos) {
        this.#problems.push(
          `the cell or AGL still sends ${BACKLOG_NANOS / MILLISECOND} ms after the last frame was given`,
        );
      }
      before = frames();
      this.#runUntil(this.#rig.now + SETTLE_NANOS);
    }
  }

  #begin({ kind, forMicros, value }: ScriptEntry): void {
    const trouble = this.#watch.begin(kind, KINDS[kind]);
    const end = KINDS[kind].begin(this.#victims, value);
    this.#ends.push({ nanos: this.#rig.now + forMicros * MICROSECOND, end, trouble });
    this.#ends.sort((one, other) => one.nanos - other.nanos);
  }

  #runUntil(nanos: number): void {
    while (this.#rig.now < nanos && this.#problems.length === 0) {
      const next = Math.min(nanos, this.#ends[0]?.nanos ?? nanos, this.#rig.now + SLICE_NANOS);
      if (next > this.#rig.now) this.#run(next);
      while (this.#ends.length > 0 && this.#ends[0].nanos <= this.#rig.now) {
        const { end, trouble } = this.#ends.shift()!;
        end();
        this.#watch.end(trouble);
      }
    }
  }

  #run(untilNanos: number): void {
    const result = this.#rig.run(untilNanos - this.#rig.now);
    this.#agl.learn();
    this.#watch.look();
    const { bridgeFailure } = this.#rig.board;
    const isRight = result === 'running' || (result === 'stopped' && !this.#commands.isUp);
    if (result === 'stopped' && this.#isStartRefused()) {
      this.#startsRefused += 1;
      this.#begin({ kind: 'started-anew', atMicros: 0, forMicros: 0, value: 0 });
    } else if (!isRight) this.#problems.push(`the cell ${result}: ${this.#rig.lines.at(-1)}`);
    if (bridgeFailure !== undefined) this.#problems.push(`the bridge ended: ${bridgeFailure}`);
  }

  /**
   * The cell began while the chip could not be read, and said so instead of "ready". Whoever started it tries again,
   * until the fault has ended.
   */
  #isStartRefused(): boolean {
    const isChipBroken = this.#ends.some(
      ({ trouble: { kind } }) => kind !== 'bus-off-state' && KINDS[kind].family === 'chip',
    );
    const last = this.#rig.lines.at(-1) ?? '';
    return this.#commands.isUp && isChipBroken && START_REFUSED.test(last);
  }

  #keepBusy(): void {
    const { clock, sender } = this.#rig.board;
    const scale = USUAL_BITRATE / this.#script.bitrate;
    const every = (periodNanos: number, act: (nanos: number) => void): void => {
      const next = (nanos: number): void => {
        if (!this.#isTrafficOn) return;
        act(nanos);
        clock.schedule(nanos + Math.round(periodNanos * scale), next);
      };
      clock.schedule(clock.now + Math.round(periodNanos * scale), next);
    };
    const send = (frame: Parameters<typeof sender.enqueue>[0], nanos: number): void => {
      if (sender.pendingCount < PENDING_MOST) sender.enqueue(frame, nanos, 'ecu');
    };
    every(REQUEST_PERIOD_NANOS, (nanos) => send(this.#numbered.request(), nanos));
    every(OTHER_PERIOD_NANOS, (nanos) => send(this.#numbered.other(), nanos));
    every(OF_AGL_PERIOD_NANOS, () => this.#agl.give());
  }

  /** The cell's own account: every sum closes, agrees with the wires, and no step was late. */
  #checkEnd(): void {
    const page = settledStatusPage(this.#rig.board);
    const problems = this.#problems;
    if (page === undefined) {
      problems.push('the cell has no status page');
      return;
    }
    problems.push(...this.#commands.problems, ...openSums(page));
    const said = (name: keyof typeof COUNTER): number => page.counters[COUNTER[name]];
    const traps = this.#script.entries.filter(({ kind }) => kind === 'trap').length;
    const told = this.#rig.lines.filter((line) => line.includes('stopped by a fault')).length;
    if (told > traps) problems.push(`${told} traps, of which ${traps} are of the script`);
    if (page.session !== 'running') problems.push(`the session at the end: ${page.session}`);
    const watch = this.#watch;
    if (!watch.isLifted('steps') && said('deadlineMisses') > 0) {
      const late = page.tasks.filter(({ misses }) => misses > 0).map(({ name }) => name);
      problems.push(`${said('deadlineMisses')} late steps: ${late.join(', ')}`);
    }
    if (watch.isLifted('counts')) return;
    const compared = [
      ['received', said('received'), watch.accepted],
      ['transmitted', said('transmitted'), watch.sent],
      ['answers demanded', said('answeredStatic') + said('answeredComputed'), watch.demanded],
    ] as const;
    for (const [what, one, other] of compared) {
      if (one !== other) problems.push(`${what}: the page says ${one}, seen ${other}`);
    }
  }
}
