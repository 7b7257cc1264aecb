// SPDX-License-Identifier: MIT
/**
 * A random run that checks the counters alone: rules, settings, bus faults, delays of the core, and
 * an AGL that comes and goes. At the end every sum of the status page must close and agree with the
 * wires.
 *
 * Does not: judge order or times (random-run.ts does), or look into the firmware. The page is what
 * AGL reads.
 */
import { type CanFrame, makeFrame } from '../../twin/bus/can-frame.ts';
import { LogNode } from '../../twin/bus/log-node.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import { openSums } from '../page/account.ts';
import { COUNTER, type CounterName, LINK_COUNTER } from '../page/counters.ts';
import type { StatusPage } from '../page/status-page.ts';
import { type Rig } from '../rig/rig.ts';
import { openRig } from '../rig/open-rig.ts';
import { Random } from './random.ts';
import { FAULT_RATES, randomFault, randomFrame, randomGapBits } from './random-traffic.ts';
import { settledStatusPage } from '../verify/status-check.ts';

export interface AccountOptions {
  readonly engine: EngineName;
  readonly seed: number;
  /** Frames of the other nodes. */
  readonly frames: number;
}

export interface AccountReport {
  readonly problems: readonly string[];
  readonly page: StatusPage | undefined;
}

const MILLISECOND = 1_000_000;
const BIT_RATES = [125_000, 500_000, 1_000_000];
const CRYSTAL = 16_000_000;
const SETTLE_NANOS = 300 * MILLISECOND;
const LIMIT_NANOS = 3_000 * MILLISECOND;
/** Words of the command line. Each run uses one of them. */
const SETTINGS = [
  'errors=1 restart-ms=10',
  'restart-ms=10 txtimeout-ms=2',
  'restart-ms=0 errors=1',
  'oneshot=1 restart-ms=10',
  'mode=listen-only',
];
/** Two rules by filter, three by software, one that drops, one that answers and forwards. */
const RULES = `
version: 1
rules:
  - { name: one, match: { id: 0x010 }, answer: { id: 0x510, data: [1] } }
  - { name: two, match: { id: 0x011 }, answer: { id: 0x511, data: [2] } }
  - { name: three, match: { id: 0x012 }, answer: { id: 0x512, data: [3] } }
  - { name: four, match: { id: 0x013, data: [~] }, answer: { id: 0x513, data: [0, 0], copy: [{ from: 0, to: 1 }] } }
  - { name: both, match: { id: 0x014 }, answer: { id: 0x514, data: [5] }, forward: true }
  - { name: none, match: { id: 0x015 }, action: drop }
`;
const RULE_IDENTIFIERS = [0x010, 0x011, 0x012, 0x013, 0x014, 0x015];

/** Plays one seed. */
export async function runAccount(options: AccountOptions): Promise<AccountReport> {
  const shape = Random.of(options.seed, 0);
  const rig = await openRig({
    engine: options.engine,
    bitrate: shape.pick(BIT_RATES),
    oscillatorHertz: CRYSTAL,
    settings: SETTINGS[options.seed % SETTINGS.length],
    rules: shape.chance(0.8) ? RULES : undefined,
  });
  try {
    return play(rig, options);
  } finally {
    rig.close();
  }
}

function play(rig: Rig, { seed, frames }: AccountOptions): AccountReport {
  const { clock, bus, chip, sender } = rig.board;
  const witness = new LogNode({ clock, bus, name: 'witness' });
  const received: CanFrame[] = [];
  const lostInChip = new Set<CanFrame>();
  const receive = chip.received.bind(chip);
  chip.received = (frame, nanos) => {
    received.push(frame);
    receive(frame, nanos);
  };
  chip.onOverflow = (frame) => lostInChip.add(frame);
  const faults = Random.of(seed, 1);
  const rate = faults.pick(FAULT_RATES);
  let isDisturbed = true;
  bus.onAttempt((participants) =>
    isDisturbed ? randomFault(faults, rate, participants, [chip, sender, witness]) : [],
  );
  const lastNanos = plan(rig, seed, frames);
  const end = clock.now + LIMIT_NANOS;
  rig.run(lastNanos);
  while (sender.pendingCount > 0 && clock.now < end) rig.run(MILLISECOND);
  isDisturbed = false;
  rig.run(SETTLE_NANOS);
  const page = settledStatusPage(rig.board);
  if (page === undefined) return { problems: ['there is no status page'], page };
  const accepted = received.filter((frame) => !lostInChip.has(frame)).length;
  return { problems: [...openSums(page), ...compareWithWires(rig, page, accepted)], page };
}

/** The differences between the page and what the other sides saw. */
function compareWithWires(rig: Rig, page: StatusPage, accepted: number): string[] {
  const sent = rig.sentBy(rig.board.chip.name).length;
  const said = (name: CounterName): number => page.counters[COUNTER[name]];
  const forwarded = page.counters[LINK_COUNTER.sent] - page.counters[LINK_COUNTER.lostInFlight];
  const atAgl = rig.agl.length + rig.errors.length;
  const compared: readonly (readonly [string, number, number])[] = [
    ['frames received', said('received'), accepted],
    ['frames transmitted', said('transmitted'), sent],
    [
      'frames and error messages put into the ring',
      page.counters[LINK_COUNTER.sent],
      said('forwarded') + said('errorMessagesForwarded'),
    ],
  ];
  const problems = compared
    .filter(([, one, other]) => one !== other)
    .map(([what, one, other]) => `${what}: the page says ${one}, seen ${other}`);
  // Frames under way when AGL went may have reached it or not.
  if (atAgl < forwarded || atAgl > page.counters[LINK_COUNTER.sent]) {
    problems.push(`AGL has ${atAgl}, the ring took ${page.counters[LINK_COUNTER.sent]}`);
  }
  return problems;
}

/**
 * Schedules traffic, delays, and an AGL that goes and comes back. Returns the time of the last of
 * them.
 */
function plan(rig: Rig, seed: number, frames: number): number {
  const traffic = Random.of(seed, 2);
  const agl = Random.of(seed, 3);
  const delays = Random.of(seed, 4);
  const { clock, bridge } = rig.board;
  let nanos = 0;
  for (let index = 0; index < frames; index++) {
    // The second half comes without pauses, so that weak frames have to wait, and some of them are
    // never sent.
    const gapBits = index < frames / 2 ? randomGapBits(traffic) : 0;
    nanos += Math.round((60 + gapBits) * rig.bitNanos);
    rig.send(frameOfBus(traffic, index), nanos);
    if (!agl.chance(0.3)) continue;
    const frame = randomFrame(agl, index, true);
    clock.schedule(clock.now + nanos, () => void bridge?.send(frame));
  }
  for (let count = agl.below(3); count > 0; count--) {
    const from = clock.now + agl.below(nanos);
    clock.schedule(from, () => bridge?.stop());
    clock.schedule(from + agl.below(20 * MILLISECOND), () => bridge?.start());
  }
  const longest = 600 * rig.bitNanos;
  for (let at = 0; at < nanos; at += delays.below(40 * longest)) {
    clock.schedule(clock.now + at, () => clock.elapse(delays.below(longest)));
  }
  return nanos;
}

/** Half of the frames match a rule. The others are of any kind. */
function frameOfBus(random: Random, index: number): CanFrame {
  if (random.chance(0.5)) return randomFrame(random, index, false);
  const identifier = random.pick(RULE_IDENTIFIERS);
  return makeFrame({ identifier, data: [random.below(256), index & 0xff] });
}
