/**
 * A random run about counters alone: rules, settings, faults of the bus, delays of the core and an AGL that
 * comes and goes; at the end every sum of the status page must close, and agree with the wires.
 *
 * Does not: judge order or times; random-run.ts does. Does not look into the firmware: the page is what AGL
 * reads.
 */
import { type CanFrame, makeFrame } from '../../twin/bus/can-frame.ts';
import { LogNode } from '../../twin/bus/log-node.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import { openSums } from '../page/account.ts';
import { COUNTER, type CounterName, LINK_COUNTER } from '../page/counters.ts';
import type { StatusPage } from '../page/status-page.ts';
import { type Bench, startBench } from '../rig/rig.ts';
import {
  below,
  FAULT_RATES,
  type Random,
  randomFault,
  randomFrame,
  randomGapBits,
  randomOf,
} from './random-traffic.ts';
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
/** Words of the command line; one of them in each run. */
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
  const shape = randomOf(options.seed, 0);
  const bench = await startBench({
    engine: options.engine,
    bitrate: BIT_RATES[below(shape, BIT_RATES.length)],
    oscillatorHertz: CRYSTAL,
    settings: SETTINGS[options.seed % SETTINGS.length],
    rules: shape() < 0.8 ? RULES : undefined,
  });
  try {
    return play(bench, options);
  } finally {
    bench.close();
  }
}

function play(bench: Bench, { seed, frames }: AccountOptions): AccountReport {
  const { clock, bus, chip, sender } = bench.board;
  const witness = new LogNode({ clock, bus, name: 'witness' });
  const received: CanFrame[] = [];
  const lostInChip = new Set<CanFrame>();
  const receive = chip.received.bind(chip);
  chip.received = (frame, nanos) => {
    received.push(frame);
    receive(frame, nanos);
  };
  chip.onOverflow = (frame) => lostInChip.add(frame);
  const faults = randomOf(seed, 1);
  const rate = FAULT_RATES[below(faults, FAULT_RATES.length)];
  let isDisturbed = true;
  bus.onAttempt((participants) =>
    isDisturbed ? randomFault(faults, rate, participants, [chip, sender, witness]) : [],
  );
  const lastNanos = plan(bench, seed, frames);
  const end = clock.now + LIMIT_NANOS;
  bench.run(lastNanos);
  while (sender.pendingCount > 0 && clock.now < end) bench.run(MILLISECOND);
  isDisturbed = false;
  bench.run(SETTLE_NANOS);
  const page = settledStatusPage(bench.board);
  if (page === undefined) return { problems: ['there is no status page'], page };
  const accepted = received.filter((frame) => !lostInChip.has(frame)).length;
  return { problems: [...openSums(page), ...compareWithWires(bench, page, accepted)], page };
}

/** What the page says against what others saw. */
function compareWithWires(bench: Bench, page: StatusPage, accepted: number): string[] {
  const sent = bench.sentBy(bench.board.chip.name).length;
  const said = (name: CounterName): number => page.counters[COUNTER[name]];
  const forwarded = page.counters[LINK_COUNTER.sent] - page.counters[LINK_COUNTER.lostInFlight];
  const atAgl = bench.agl.length + bench.errors.length;
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
  // What was under way when AGL went may have reached it or not.
  if (atAgl < forwarded || atAgl > page.counters[LINK_COUNTER.sent]) {
    problems.push(`AGL has ${atAgl}, the ring took ${page.counters[LINK_COUNTER.sent]}`);
  }
  return problems;
}

/** Schedules traffic, delays, and an AGL that goes and comes back. When the last of it is due. */
function plan(bench: Bench, seed: number, frames: number): number {
  const traffic = randomOf(seed, 2);
  const agl = randomOf(seed, 3);
  const delays = randomOf(seed, 4);
  const { clock, bridge } = bench.board;
  let nanos = 0;
  for (let index = 0; index < frames; index++) {
    // The second half comes without a pause, so that what is weak has to wait, and some of it in vain.
    const gapBits = index < frames / 2 ? randomGapBits(traffic) : 0;
    nanos += Math.round((60 + gapBits) * bench.bitNanos);
    bench.send(frameOfBus(traffic, index), nanos);
    if (agl() > 0.3) continue;
    const frame = randomFrame(agl, index, true);
    clock.schedule(clock.now + nanos, () => void bridge?.send(frame));
  }
  for (let count = below(agl, 3); count > 0; count--) {
    const from = clock.now + below(agl, nanos);
    clock.schedule(from, () => bridge?.stop());
    clock.schedule(from + below(agl, 20 * MILLISECOND), () => bridge?.start());
  }
  const longest = 600 * bench.bitNanos;
  for (let at = 0; at < nanos; at += below(delays, 40 * longest)) {
    clock.schedule(clock.now + at, () => clock.elapse(below(delays, longest)));
  }
  return nanos;
}

/** Half of them are what a rule is about; the others are of any kind. */
function frameOfBus(random: Random, index: number): CanFrame {
  if (random() < 0.5) return randomFrame(random, index, false);
  const identifier = RULE_IDENTIFIERS[below(random, RULE_IDENTIFIERS.length)];
  return makeFrame({ identifier, data: [below(random, 256), index & 0xff] });
}
