// SPDX-License-Identifier: MIT
/**
 * Random sets of messages for a bus, frames of them with as many stuff bits as can be found, and
 * the instants at which all of them contend at once.
 *
 * Does not: compute or judge worst times (rules/bus).
 */
import { mostBits } from '../../rules/bus/frame-time.ts';
import type { Message } from '../../rules/bus/traffic.ts';
import { type CanFrame, makeFrame } from '../../twin/bus/can-frame.ts';
import { encodeFrame } from '../../twin/bus/frame-bits.ts';
import type { Random } from './random.ts';

/**
 * Bytes with runs of four equal bits. The stuff bit before a run is the first of its five equal
 * bits.
 */
const STUFFED_BYTES = [0xf0, 0x78, 0x3c, 0x1e, 0x0f, 0x87, 0xc3, 0xe1];
const PERIOD_BITS = { least: 800, most: 12_000 };

/** Messages of other nodes that load the bus by `share`. None has an identifier in `taken`. */
export function randomMessages(
  random: Random,
  options: { share: number; bitrate: number; taken?: readonly number[] },
): Message[] {
  const { share, bitrate, taken = [] } = options;
  const used = new Set(taken);
  const messages: Message[] = [];
  let load = 0;
  while (load < share) {
    const extended = random.chance(0.25);
    const identifier = random.below(extended ? 0x20000000 : 0x800);
    if (used.has(identifier)) continue;
    used.add(identifier);
    const shape = { extended, remote: false, length: random.below(9) };
    const bits = mostBits(shape);
    const wanted = PERIOD_BITS.least + random.below(PERIOD_BITS.most - PERIOD_BITS.least);
    // The last message takes the remaining share, so that the load is the requested one.
    const periodBits = Math.max(wanted, Math.ceil(bits / (share - load)));
    load += bits / periodBits;
    const periodNanos = Math.round((periodBits * 1e9) / bitrate);
    const jitterNanos = random.chance(0.5) ? 0 : random.below(periodNanos);
    messages.push({ identifier, ...shape, fromAgl: false, periodNanos, jitterNanos });
    if (share - load < 0.01) break;
  }
  return messages;
}

/** The frame of the message with the longest wire form that the stuffed bytes give. */
export function stuffedFrame({ identifier, extended, remote, length }: Message): CanFrame {
  const frames = STUFFED_BYTES.map((byte) => {
    const data = remote ? [] : new Array<number>(length).fill(byte);
    return makeFrame({ identifier, extended, remote, data, ...(remote ? { dlc: length } : {}) });
  });
  const lengths = frames.map((frame) => encodeFrame(frame).length);
  return frames[lengths.indexOf(Math.max(...lengths))];
}

/** A frame with the time at which it is due, and the later time at which it can be sent. */
export interface Release {
  readonly dueNanos: number;
  readonly nanos: number;
}

/**
 * The densest frames of a message from `startNanos` to `endNanos`. The first is late by the whole
 * jitter, the next ones are on time.
 */
export function densest(message: Message, startNanos: number, endNanos: number): Release[] {
  const { periodNanos, jitterNanos } = message;
  const releases: Release[] = [];
  for (let dueNanos = startNanos - jitterNanos; dueNanos < endNanos; dueNanos += periodNanos) {
    releases.push({ dueNanos, nanos: Math.max(startNanos, dueNanos) });
  }
  return releases;
}

/** Frames with a random phase, each late by a random part of the jitter. */
export function scattered(
  random: Random,
  message: Message,
  startNanos: number,
  endNanos: number,
): Release[] {
  const { periodNanos, jitterNanos } = message;
  const releases: Release[] = [];
  let last = startNanos;
  let dueNanos = startNanos + random.below(periodNanos);
  for (; dueNanos < endNanos; dueNanos += periodNanos) {
    const late = random.chance(0.5) ? 0 : random.below(jitterNanos + 1);
    last = Math.max(last, dueNanos + late);
    releases.push({ dueNanos, nanos: last });
  }
  return releases;
}
