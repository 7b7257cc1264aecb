// SPDX-License-Identifier: MIT
/**
 * A run against a Linux that says whatever it likes, with a locked wall: random frames, and frames that look
 * right and are forbidden, through bridge and ring as fast as the bridge takes them, and tables that would open
 * the wall through the control section. What may be on the wire is written here by hand.
 *
 * Does not: damage the rings (hostile-run.ts).
 */
import { compileRules } from '../../rules/compile.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import type { CanFrame } from '../../twin/bus/can-frame.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { formatFrame } from '../../twin/logs/candump/write.ts';
import { COUNTER } from '../page/counters.ts';
import { RequestWriter, ruleTableRequest } from '../page/requests.ts';
import { Random } from '../random/random.ts';
import { openRig } from '../rig/open-rig.ts';
import type { Rig } from '../rig/rig.ts';
import { settledStatusPage } from '../verify/status-check.ts';

const RULES = `version: 1
agl: { default: deny, wall: locked }
rules:
  - { name: speed, from: agl, match: { id: 0x210, length: 2, data: [~, { min: 0, max: 0x7F }] }, rate: { per-second: 100, burst: 4 } }
  - { name: mode, from: agl, match: { id: 0x400, length: 1 }, forward: true, modify: { and: { data: [0x0F] } }, rate: { per-second: 100, burst: 4 } }
  - { name: asked, match: { id: 0x1A0 }, answer: { id: 0x1A1, data: [1] }, rate: none }
`;
/** What a compromised Linux loads: an answer that waits in a buffer of its own says what AGL may not. */
const OPEN = `version: 1
rules:
  - { name: asked, match: { id: 0x1A0, remote: any }, answer: { id: 0x666, data: [2] } }
`;
/** The cell refuses it (docs/troubleshooting.md). */
const WALLED = 75;

const MILLISECOND = 1_000_000;
const ROUND_FRAMES = 500;
const PENDING_MOST = 16;
const REQUEST_PERIOD_NANOS = MILLISECOND;
/** An answer waits for a frame of the cell's own and one of another node: 2 of 270 us at 500 kbit/s, and 60 us. */
const ANSWER_NANOS = 600_000;

export interface WallOptions {
  readonly engine: EngineName;
  readonly seed: number;
  readonly random: number;
  readonly forbidden: number;
  readonly onProgress?: (done: number) => void;
}

export interface WallResult {
  readonly given: number;
  readonly sent: number;
  readonly refused: number;
  readonly answers: number;
  readonly latestAnswerNanos: number;
  readonly tables: number;
  readonly problems: readonly string[];
}

export async function runWall(options: WallOptions): Promise<WallResult> {
  const rig = await openRig({ engine: options.engine, rules: RULES, keep: false });
  try {
    return play(rig, options);
  } finally {
    rig.close();
  }
}

function play(rig: Rig, { seed, random: count, forbidden, onProgress }: WallOptions): WallResult {
  const { board } = rig;
  const { bridge, control, clock } = board;
  if (!bridge || !control) throw new Error('the board has no bridge or no control device');
  const random = new Random(seed);
  const writer = new RequestWriter(control.requests);
  const open = compileRules(OPEN, 'open.yaml').image;
  const problems: string[] = [];
  const watch = new Watch(problems);
  board.bus.onFrame((record) => {
    if (record.outcome === 'complete')
      watch.saw(record.frame, record.sender === board.chip.name, record);
  });
  const ask = (nanos: number): void => {
    board.sender.enqueue(makeFrame({ identifier: 0x1a0 }), nanos, 'ecu');
    clock.schedule(nanos + REQUEST_PERIOD_NANOS, ask);
  };
  clock.schedule(clock.now + REQUEST_PERIOD_NANOS, ask);
  let [left, leftForbidden, tables, given] = [count, forbidden, 0, 0];
  while (left + leftForbidden > 0 && problems.length < 5) {
    for (let turn = 0; turn < ROUND_FRAMES && left + leftForbidden > 0; turn += 1) {
      if (!rig.runUntil(() => bridge.pendingCount < PENDING_MOST, 100 * MILLISECOND)) {
        problems.push('the bridge takes nothing for 100 ms');
        break;
      }
      const isRandom = random.below(left + leftForbidden) < left;
      if (isRandom) left -= 1;
      else leftForbidden -= 1;
      given += 1;
      rig.sendFromAgl(isRandom ? randomFrame(random) : forbiddenFrame(random));
    }
    writer.write(ruleTableRequest(open));
    tables += 1;
    onProgress?.(given);
  }
  rig.run(50 * MILLISECOND);
  const page = settledStatusPage(board);
  const counters = page?.counters ?? [];
  const refusals = (['fromAglUnlisted', 'fromAglWrongLength', 'fromAglWrongValue'] as const)
    .map((name) => counters[COUNTER[name]])
    .concat(counters[COUNTER.fromAglOverRate]);
  const refused = refusals.reduce((sum, each) => sum + each, 0);
  const status = page?.request.status;
  if (status !== WALLED) problems.push(`the table was not refused as walled: status ${status}`);
  if (refusals.some((each) => each === 0)) problems.push('not every reason was met');
  if (refused + watch.ofAgl !== given) {
    problems.push(`${given} given, ${refused} refused and ${watch.ofAgl} sent`);
  }
  const { answers, latestAnswerNanos } = watch;
  return { given, sent: watch.ofAgl, refused, answers, latestAnswerNanos, tables, problems };
}

/** Looks at every frame on the wire. */
class Watch {
  answers = 0;
  ofAgl = 0;
  latestAnswerNanos = 0;
  readonly #problems: string[];
  #askedNanos: number | undefined;

  constructor(problems: string[]) {
    this.#problems = problems;
  }

  saw(frame: CanFrame, isOwn: boolean, { startNanos, endNanos }: Times): void {
    if (!isOwn) {
      if (this.#askedNanos !== undefined) this.#problems.push('a request was not answered');
      this.#askedNanos = endNanos;
    } else if (frame.identifier === 0x1a1 && !frame.extended) {
      const waited = startNanos - (this.#askedNanos ?? 0);
      this.#askedNanos = undefined;
      this.answers += 1;
      this.latestAnswerNanos = Math.max(this.latestAnswerNanos, waited);
      if (waited > ANSWER_NANOS) this.#problems.push(`an answer came after ${waited} ns`);
    } else {
      this.ofAgl += 1;
      if (!isAllowed(frame)) this.#problems.push(`${formatFrame(frame)} is on the wire`);
    }
  }
}

interface Times {
  readonly startNanos: number;
  readonly endNanos: number;
}

/** What RULES let through. */
function isAllowed({ identifier, extended, remote, dlc, data }: CanFrame): boolean {
  if (extended || remote) return false;
  if (identifier === 0x210) return dlc === 2 && data[1] <= 0x7f;
  return identifier === 0x400 && dlc === 1 && data[0] <= 0x0f;
}

function randomFrame(random: Random): CanFrame {
  const extended = random.chance(0.5);
  const remote = random.chance(0.1);
  const dlc = random.below(9);
  const identifier = random.below(extended ? 2 ** 29 : 2 ** 11);
  return makeFrame({
    identifier,
    extended,
    remote,
    dlc,
    data: remote ? [] : [...random.bytes(dlc)],
  });
}

/** One bit beside what is allowed, or allowed and too often. */
function forbiddenFrame(random: Random): CanFrame {
  const high = 0x80 + random.below(0x80);
  return makeFrame(
    random.pick([
      { identifier: 0x210, data: [0, high] },
      { identifier: 0x210, data: [0] },
      { identifier: 0x210, data: [0, 1, 2] },
      { identifier: 0x210, extended: true, data: [0, 1] },
      { identifier: 0x210, remote: true, dlc: 2, data: [] },
      { identifier: 0x1a1, data: [1] },
      { identifier: 0x211, data: [0, 1] },
      { identifier: 0x210, data: [0, 1] },
      { identifier: 0x400, data: [high] },
      { identifier: 0x400, data: [] },
    ]),
  );
}
