// SPDX-License-Identifier: MIT
/**
 * The longest sustained rate without a loss: the shortest frames, all forwarded to AGL.
 *
 * The frames come in a fixed round, so each arrival is checked when it comes.
 * Does not: keep frames.
 */
import { type CanFrame, makeFrame } from '../../twin/bus/can-frame.ts';
import { encodeFrame } from '../../twin/bus/frame-bits.ts';
import { StreamNode } from '../../twin/bus/stream-node.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import { runUntil } from '../../twin/board/cell-control.ts';
import { Random } from '../random/random.ts';
import { openBench, type Measured } from './bench.ts';
import { ANSWER_IDENTIFIER, type AnswerKind, REQUEST_IDENTIFIER, rulesOf } from './latency-case.ts';

export interface LosslessCase {
  readonly engine: EngineName;
  readonly bitrate: number;
  readonly spiHertz: number;
  readonly frames: number;
  /** Empty bit times after each frame, in addition to the intermission. 0: back to back. */
  readonly gapBits: number;
  /** The table: its requests come in between. Absent: everything is forwarded, and nothing asked. */
  readonly answer?: AnswerKind;
}

export interface LosslessResult {
  readonly framesPerSecond: number;
  readonly sent: number;
  readonly gapBits: number;
  readonly lost: number;
  /** With requests: those without an answer. */
  readonly unanswered?: number;
  readonly reordered: number;
  readonly overflows: number;
  /** SPI bytes for each received frame. */
  readonly spiBytesPerFrame: number;
  /**
   * Good frames on the wire. `busLoad` is the share of frames and intermissions in the time from
   * the first to the last frame.
   */
  readonly onWire: number;
  readonly busLoad: number;
  /** The most frames between the wire and AGL at the same time. */
  readonly mostInFlight: number;
}

/** The shortest frames: no data, and one stuff bit, forced by seven dominant bits from RTR on. */
const FRAMES: readonly CanFrame[] = shortestFrames();
const REQUEST = makeFrame({ identifier: REQUEST_IDENTIFIER, data: [1, 2] });
const INTERMISSION_BITS = 3;
const SLICE_NANOS = 2_000_000;
const DRAIN_NANOS = 20_000_000;

/** Sends frames of length 0 at one pace and follows them to AGL. */
export async function measureLossless(
  firmware: Measured,
  item: LosslessCase,
  onProgress: (sent: number) => void = () => {},
): Promise<LosslessResult> {
  let onWire = 0;
  let bits = 0;
  let mostInFlight = 0;
  let received = 0;
  let reordered = 0;
  let lastIndex = -1;
  let spiBytes = 0;
  let counting = false;
  let unanswered = 0;
  const board = await openBench(firmware, {
    engine: item.engine,
    bitrate: item.bitrate,
    spiHertz: item.spiHertz,
    rules: item.answer === undefined ? undefined : rulesOf(item.answer),
    tap: { selected() {}, deselected() {}, byte: () => void (spiBytes += counting ? 1 : 0) },
    onAglFrame: ({ identifier }) => {
      received += 1;
      const index = FRAMES.findIndex((frame) => frame.identifier === identifier);
      // Steps since the last frame. A frame that was overtaken would step almost a whole round.
      const step = (index - lastIndex + FRAMES.length) % FRAMES.length;
      if (index < 0 || step === 0 || step > FRAMES.length / 2) reordered += 1;
      lastIndex = index;
    },
  });
  const sender = item.gapBits === 0 ? streamTo(board, item.frames) : pacedTo(board, item);
  counting = true;
  const random = new Random(1);
  const startNanos = board.clock.now;
  let endNanos = startNanos;
  board.bus.onFrame((record) => {
    endNanos = record.endNanos;
    if (record.outcome !== 'complete') return;
    if (record.frame.identifier === REQUEST_IDENTIFIER) unanswered += 1;
    if (record.frame.identifier === ANSWER_IDENTIFIER) unanswered -= 1;
    onWire += 1;
    bits += record.bits + INTERMISSION_BITS;
    mostInFlight = Math.max(mostInFlight, onWire - received);
  });
  sender.start();
  while (sender.sent() < item.frames) {
    if (item.answer !== undefined) {
      board.sender.enqueue(REQUEST, board.clock.now + random.below(SLICE_NANOS), 'request');
    }
    runUntil(board, board.clock.now + SLICE_NANOS);
    onProgress(sender.sent());
  }
  counting = false;
  runUntil(board, board.clock.now + DRAIN_NANOS);
  board.engine.close();
  return {
    framesPerSecond: Math.floor((item.frames * 1e9) / (endNanos - startNanos)),
    sent: item.frames,
    gapBits: item.gapBits,
    lost: item.frames - received,
    ...(item.answer === undefined ? {} : { unanswered }),
    reordered,
    overflows: board.chip.overflowCount,
    onWire,
    busLoad: ((bits - INTERMISSION_BITS) * board.bus.bitNanos) / (endNanos - startNanos),
    mostInFlight,
    spiBytesPerFrame: Math.round((100 * spiBytes) / item.frames) / 100,
  };
}

/**
 * The highest rate without a loss. It halves the interval between a lossless gap and a lossy one.
 */
export async function searchLossless(
  firmware: Measured,
  item: Omit<LosslessCase, 'gapBits'>,
): Promise<LosslessResult> {
  const trial = (gapBits: number) => measureLossless(firmware, { ...item, gapBits });
  let best = await trial(0);
  if (isClean(best)) return best;
  let low = 0;
  let high = 1;
  for (;;) {
    best = await trial(high);
    if (isClean(best)) break;
    low = high;
    high *= 4;
  }
  while (high - low > Math.max(1, high / 50)) {
    const middle = Math.floor((low + high) / 2);
    const result = await trial(middle);
    if (isClean(result)) [high, best] = [middle, result];
    else low = middle;
  }
  return best;
}

const isClean = ({ lost, reordered, unanswered = 0 }: LosslessResult): boolean =>
  lost === 0 && reordered === 0 && unanswered === 0;

interface Sender {
  start(): void;
  sent(): number;
}

function streamTo(board: Awaited<ReturnType<typeof openBench>>, frames: number): Sender {
  let made = 0;
  const node = new StreamNode({
    bus: board.bus,
    name: 'bench',
    next: () => (made === frames ? undefined : frameOf(made++)),
  });
  return { start: () => node.start(), sent: () => node.sent };
}

function pacedTo(board: Awaited<ReturnType<typeof openBench>>, item: LosslessCase): Sender {
  const { bitNanos } = board.bus;
  let sent = 0;
  const sendNext = (nanos: number): void => {
    board.sender.enqueue(frameOf(sent), nanos, 'bench');
  };
  board.bus.onFrame(({ endNanos }) => {
    sent += 1;
    if (sent < item.frames) sendNext(endNanos + (INTERMISSION_BITS + item.gapBits) * bitNanos);
  });
  return { start: () => sendNext(board.clock.now), sent: () => sent };
}

function frameOf(index: number): CanFrame {
  return FRAMES[index % FRAMES.length];
}

function shortestFrames(): CanFrame[] {
  const frames = Array.from({ length: 0x800 }, (_, identifier) => makeFrame({ identifier }));
  const lengths = frames.map((frame) => encodeFrame(frame).length);
  const shortest = Math.min(...lengths);
  return frames.filter((_, index) => lengths[index] === shortest);
}
