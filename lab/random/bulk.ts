/**
 * The bulk run: the shortest frames at the highest rate, back to back, and every one must reach AGL.
 *
 * Does not: keep frames; it compares each arrival with the wire as it comes.
 */
import { type CanFrame, framesEqual, makeFrame } from '../../twin/bus/can-frame.ts';
import { StreamNode } from '../../twin/bus/stream-node.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import { startBench } from '../rig/rig.ts';

export interface BulkOptions {
  readonly engine: EngineName;
  readonly frames: number;
  readonly bitrate: number;
  readonly oscillatorHertz: number;
  readonly onProgress?: (sent: number) => void;
}

export interface BulkResult {
  /** Good frames on the wire. */
  readonly onWire: number;
  readonly delivered: number;
  /** Frames that did not arrive, and frames that arrived before an earlier one. */
  readonly lost: number;
  readonly reordered: number;
  /** Frames for which the chip had no room. */
  readonly overflows: number;
  /** From the first SOF to the last EOF: how much of it was frame or intermission. */
  readonly busLoad: number;
  /** The most frames between the wire and AGL at once. */
  readonly mostInFlight: number;
}

const SLICE_NANOS = 10_000_000;
const DRAIN_NANOS = 20_000_000;
const INTERMISSION_BITS = 3;
/** A prime step through the identifiers: neighbours on the wire differ, and every value comes up. */
const IDENTIFIER_STEP = 709;
const IDENTIFIERS = 0x800;

/** Sends `frames` standard frames without data, each right behind the one before. */
export async function runBulk(options: BulkOptions): Promise<BulkResult> {
  const flight: CanFrame[] = [];
  let first = 0;
  let delivered = 0;
  let reordered = 0;
  let onWire = 0;
  let firstStart = Infinity;
  let lastEnd = 0;
  let bits = 0;
  let mostInFlight = 0;
  const bench = await startBench({
    engine: options.engine,
    bitrate: options.bitrate,
    oscillatorHertz: options.oscillatorHertz,
    keep: false,
    onWire: (record) => {
      if (record.outcome !== 'complete') return;
      onWire++;
      bits += record.bits + INTERMISSION_BITS;
      firstStart = Math.min(firstStart, record.startNanos);
      lastEnd = record.endNanos;
      flight.push(record.frame);
      mostInFlight = Math.max(mostInFlight, flight.length - first);
    },
    onAglFrame: (frame) => {
      delivered++;
      const found = findFrom(flight, first, frame);
      if (found < 0) reordered++;
      else first = found + 1;
      if (first < 4096) return;
      flight.splice(0, first);
      first = 0;
    },
  });
  let made = 0;
  let identifier = 0;
  const stream = new StreamNode({
    bus: bench.board.bus,
    name: 'load',
    next: () => {
      if (made === options.frames) return undefined;
      made++;
      identifier = (identifier + IDENTIFIER_STEP) % IDENTIFIERS;
      return makeFrame({ identifier });
    },
  });
  stream.start();
  while (stream.sent < options.frames) {
    bench.run(SLICE_NANOS);
    options.onProgress?.(stream.sent);
  }
  bench.run(DRAIN_NANOS);
  const overflows = bench.board.chip.overflowCount;
  bench.close();
  const busLoad = (bits * bench.bitNanos) / (lastEnd - firstStart + INTERMISSION_BITS * 1e3);
  return {
    onWire,
    delivered,
    lost: onWire - delivered,
    reordered,
    overflows,
    busLoad,
    mostInFlight,
  };
}

/** Index of `frame` among those in flight; what it skips over is late or lost. */
function findFrom(flight: readonly CanFrame[], first: number, frame: CanFrame): number {
  for (let index = first; index < flight.length; index++) {
    if (framesEqual(flight[index], frame)) return index;
  }
  return -1;
}
