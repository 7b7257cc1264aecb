// SPDX-License-Identifier: MIT
/**
 * The property run, under any traffic, faults and delays. Each frame that the chip accepted reaches
 * AGL once and in order, or it overflowed and was reported. Each frame from AGL is on the wire once
 * and in order, or it was given up and reported.
 *
 * Does not: look into the firmware. It judges by the wire, the chip's own account of overflows, and
 * what AGL received.
 */
import { type CanFrame, framesEqual } from '../../twin/bus/can-frame.ts';
import { LogNode } from '../../twin/bus/log-node.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import { type Rig } from '../rig/rig.ts';
import { openRig } from '../rig/open-rig.ts';
import { OrderExcuse } from '../verify/order-excuse.ts';
import type { SpiTransaction } from '../rig/spi-transactions.ts';
import { Random } from './random.ts';
import { FAULT_RATES, randomFault, randomFrame, randomGapBits } from './random-traffic.ts';

export interface RandomOptions {
  readonly engine: EngineName;
  readonly seed: number;
  /** Frames of the other nodes. */
  readonly frames: number;
  readonly faults: boolean;
  readonly stalls: boolean;
  readonly fromAgl: boolean;
}

export interface RandomReport {
  readonly problems: readonly string[];
  readonly accepted: number;
  readonly delivered: number;
  readonly overflowed: number;
  readonly fromAgl: number;
  readonly sentForAgl: number;
  /** Attempts that ended in an error frame. */
  readonly errors: number;
  readonly busOffs: number;
  /** Pairs of frames that changed places while their order could not be known. */
  readonly ambiguous: number;
}

const BIT_RATES = [125_000, 250_000, 500_000, 1_000_000];
const CRYSTAL = 16_000_000;
const MILLISECOND = 1_000_000;
/** Shorter than the average frame, so that most frames wait for the one before. */
const SPACING_BITS = 60;
const SETTLE_NANOS = 100 * MILLISECOND;
const LIMIT_NANOS = 5_000 * MILLISECOND;
// DS20001801J, table 12-1 and register 7-2.
const READ_STATUS = 0xa0;
const READ_RXB0 = 0x90;
const CANINTF = 0x2c;
const RX0IF = 0x01;
const RX1IF = 0x02;
const RECEIVE_FLAGS = 0x03;
// linux/can/error.h
const CAN_ERR_TX_TIMEOUT = 0x001;
const CAN_ERR_CRTL = 0x004;
const CAN_ERR_BUSOFF = 0x040;
const CAN_ERR_CRTL_RX_OVERFLOW = 0x01;

/** Plays one seed. */
export async function runRandom(options: RandomOptions): Promise<RandomReport> {
  const { seed } = options;
  const shape = Random.of(seed, 0);
  const bitrate = shape.pick(BIT_RATES);
  const settings = 'errors=1 restart-ms=10';
  const rig = await openRig({
    engine: options.engine,
    bitrate,
    oscillatorHertz: CRYSTAL,
    settings,
  });
  try {
    return play(rig, options);
  } finally {
    rig.close();
  }
}

function play(rig: Rig, options: RandomOptions): RandomReport {
  const { clock, bus, chip, sender } = rig.board;
  const witness = new LogNode({ clock, bus, name: 'witness' });
  rig.forget();

  const accepted: { frame: CanFrame; nanos: number }[] = [];
  const receive = chip.received.bind(chip);
  chip.received = (frame, nanos) => {
    // The frame is good one bit before the end of EOF, and it is in a buffer at the end.
    accepted.push({ frame, nanos: nanos + rig.bitNanos });
    receive(frame, nanos);
  };
  const overflowed = new Set<CanFrame>();
  let episodes = 0;
  chip.onOverflow = (frame, isFirst) => {
    overflowed.add(frame);
    if (isFirst) episodes++;
  };
  const excuse = new OrderExcuse();
  const holdUp = options.stalls ? stallsAroundReads(rig, options.seed, excuse) : undefined;
  rig.onTransaction = (transaction) => {
    excuse.transaction(transaction);
    holdUp?.(transaction);
  };

  const given = plan(rig, options, excuse);
  const faults = Random.of(options.seed, 1);
  const rate = faults.pick(FAULT_RATES);
  let isDisturbed = options.faults;
  bus.onAttempt((participants) =>
    isDisturbed ? randomFault(faults, rate, participants, [chip, sender, witness]) : [],
  );
  const end = clock.now + LIMIT_NANOS;
  while (sender.pendingCount + (rig.board.bridge?.pendingCount ?? 0) > 0 && clock.now < end) {
    rig.run(MILLISECOND);
  }
  isDisturbed = false;
  rig.run(SETTLE_NANOS);

  const expected = accepted.filter(({ frame }) => !overflowed.has(frame));
  const problems: string[] = [];
  const ambiguous = compareOrder(expected, rig, excuse, problems);
  const told = rig.errors.filter(
    ({ classes, data }) => classes & CAN_ERR_CRTL && data[1] & CAN_ERR_CRTL_RX_OVERFLOW,
  ).length;
  if (told !== episodes) problems.push(`${episodes} overflows, ${told} told`);
  const sentForAgl = compareSent(given, rig, problems);
  if (sender.pendingCount > 0) problems.push(`${sender.pendingCount} frames never left`);
  return {
    problems,
    accepted: accepted.length,
    delivered: rig.agl.length,
    overflowed: overflowed.size,
    fromAgl: given.length,
    sentForAgl,
    errors: rig.wire.filter(({ outcome }) => outcome === 'error').length,
    busOffs: rig.errors.filter(({ classes }) => classes & CAN_ERR_BUSOFF).length,
    ambiguous,
  };
}

/** Schedules traffic and delays. Returns the frames from AGL. */
function plan(rig: Rig, options: RandomOptions, excuse: OrderExcuse): CanFrame[] {
  const { seed, frames } = options;
  const traffic = Random.of(seed, 2);
  const agl = Random.of(seed, 3);
  const delays = Random.of(seed, 4);
  const { clock } = rig.board;
  const given: CanFrame[] = [];
  let nanos = 0;
  for (let index = 0; index < frames; index++) {
    nanos += Math.round((SPACING_BITS + randomGapBits(traffic)) * rig.bitNanos);
    rig.send(randomFrame(traffic, index, false), nanos);
    if (!options.fromAgl || !agl.chance(0.2)) continue;
    const frame = randomFrame(agl, index, true);
    clock.schedule(clock.now + nanos, () => {
      given.push(frame);
      rig.sendFromAgl(frame);
    });
  }
  const stall = (length: number): void => {
    excuse.stalled(clock.now, clock.now + length);
    clock.elapse(length);
  };
  const longest = 400 * rig.bitNanos;
  if (!options.stalls) return given;
  rig.onInterrupt = (low) => {
    if (low && delays.chance(0.1)) stall(delays.below(longest));
  };
  for (let at = 0; at < nanos; at += delays.below(20 * longest)) {
    clock.schedule(clock.now + at, () => stall(delays.below(longest)));
  }
  return given;
}

/**
 * Stalls the core where the order of the receive buffers is decided. One stall lies between seeing
 * RXB0 full and reading it, so that the next frame rolls over to RXB1. Another comes right after
 * the read, so that RXB0 fills up before RXB1 is read.
 */
function stallsAroundReads(
  rig: Rig,
  seed: number,
  excuse: OrderExcuse,
): (transaction: SpiTransaction) => void {
  const random = Random.of(seed, 5);
  const { clock } = rig.board;
  const stall = (bits: number): void => {
    const length = random.below(bits * rig.bitNanos);
    excuse.stalled(clock.now, clock.now + length);
    clock.elapse(length);
  };
  return ({ mosi: [instruction] }) => {
    const full = rig.register(CANINTF) & RECEIVE_FLAGS;
    if (instruction === READ_STATUS && full === RX0IF && random.chance(0.15)) stall(150);
    if (instruction === READ_RXB0 && full === RX1IF && random.chance(0.5)) stall(250);
  };
}

function compareOrder(
  expected: readonly { frame: CanFrame; nanos: number }[],
  rig: Rig,
  excuse: OrderExcuse,
  problems: string[],
): number {
  const got = rig.agl;
  let ambiguous = 0;
  if (expected.length !== got.length) {
    problems.push(`accepted ${expected.length} frames, AGL has ${got.length}`);
  }
  for (let index = 0; index < Math.min(expected.length, got.length); index++) {
    if (framesEqual(expected[index].frame, got[index].frame)) continue;
    const next = expected.at(index + 1);
    const isSwap =
      next !== undefined &&
      got.length > index + 1 &&
      framesEqual(expected[index].frame, got[index + 1].frame) &&
      framesEqual(next.frame, got[index].frame);
    if (isSwap && excuse.covers(expected[index].nanos, next.nanos)) {
      ambiguous++;
      index++;
      continue;
    }
    problems.push(
      `frame ${index}, accepted at ${expected[index].nanos} ns, is not what AGL has there`,
    );
    break;
  }
  return ambiguous;
}

/**
 * Checks the frames from AGL on the wire: in order and once each. The missing ones must have been
 * given up and reported.
 */
function compareSent(given: readonly CanFrame[], rig: Rig, problems: string[]): number {
  const sent = rig.sentBy(rig.board.chip.name);
  let place = 0;
  let missing = 0;
  for (const frame of sent) {
    const found = given.findIndex((one, index) => index >= place && framesEqual(one, frame));
    if (found < 0) {
      problems.push(`the cell sent ${frame.identifier.toString(16)} twice, late, or for nobody`);
      break;
    }
    missing += found - place;
    place = found + 1;
  }
  missing += given.length - place;
  const givenUp = rig.errors.some(
    ({ classes }) => (classes & (CAN_ERR_BUSOFF | CAN_ERR_TX_TIMEOUT)) !== 0,
  );
  if (missing > 0 && !givenUp)
    problems.push(`${missing} frames of AGL were not sent, nobody said why`);
  return sent.length;
}
