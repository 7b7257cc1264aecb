// SPDX-License-Identifier: MIT
/**
 * Checks one search for the bit rate of a bus: that it ends with the bus's own, in time, and that until then the
 * wire has seen nothing of the cell.
 */
import type { EngineName } from '../../twin/engine/engine.ts';
import { DOMINANT } from '../../twin/bus/frame-bits.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { LogNode } from '../../twin/bus/log-node.ts';
import { makeRig, bringUp } from '../rig/open-rig.ts';

/** The rates of `bitrate=auto`: docs/settings.md. */
export const SOUGHT_RATES = [
  ...[10_000, 20_000, 33_333, 40_000, 50_000, 83_333, 100_000, 125_000, 200_000, 250_000],
  ...[500_000, 800_000, 1_000_000],
] as const;
export const LOADS = [0.01, 0.3, 0.95] as const;

export interface Search {
  readonly engine: EngineName;
  readonly bitrate: number;
  /** Share of the bits that the frames of the others take. */
  readonly load: number;
  /** Another node destroys every third frame. */
  readonly errors: boolean;
}

/** 16 MHz make every one of the rates. */
const CRYSTAL = 16_000_000;
/** docs/status-page.md. */
const HEAD_BITRATE = 0x1c;
/** DS20001801J, register 10-2. */
const CANSTAT = 0x0e;
/** A frame of the others with its intermission: 11 bits, 8 bytes; as many stuff bits as such a frame has at most. */
const FRAME_BITS_MAXIMUM = 135;
/** Two rounds of the list: 15,000 bits of every rate, and at the right one 60,000 at most. */
const LIMIT_NANOS = 20e9;
const CHUNK_NANOS = 20_000_000;
/** After the search: frames that the cell must take part in. */
const FRAMES_AFTER = 5;
/** Every third attempt is destroyed by another node. */
const ERROR_EVERY = 3;

/** Everything that was wrong. */
export async function checkSearch({ engine, bitrate, load, errors }: Search): Promise<string[]> {
  const problems = new Set<string>();
  const about = `${bitrate} bit/s, load ${load}${errors ? ', with errors' : ''}: `;
  const rig = await makeRig({
    ...{ engine, bitrate, oscillatorHertz: CRYSTAL, withoutAgl: true, keep: false },
    commandLine: 'bitrate=auto osc=auto',
  });
  const { bus, clock, chip, control } = rig.board;
  const sender = new LogNode({ clock, bus, name: 'sender' });
  new LogNode({ clock, bus, name: 'witness' });
  const found = (): number => control?.status.readUInt32LE(HEAD_BITRATE) ?? 0;
  let attempts = 0;
  let joined = 0;
  bus.onAttempt((participants) => {
    const own = participants.find(({ node }) => node === chip);
    // Until the search is over the chip drives nothing; and then only on the bus's own rate.
    if (own !== undefined && !own.silent) {
      joined++;
      const rate = chip.bitClock?.bitrate ?? 0;
      if (Math.abs(rate / bitrate - 1) > 0.01) problems.add(`joined at ${rate} bit/s`);
    }
    const isDestroyed = errors && joined === 0 && attempts++ % ERROR_EVERY === 0;
    return isDestroyed ? [{ kind: 'stuck-dominant', bit: 30, bits: 6 }] : [];
  });
  // Bit by bit: what the chip's TX pin does while it looks on. An acknowledgement or an error flag would be one, too.
  let lookedOn = 0;
  bus.onLevels((_levels, _nanos, drivenBy) => {
    if (joined !== 0) return;
    const own = drivenBy(chip);
    if (own.length > 0) lookedOn++;
    if (own.includes(DOMINANT)) problems.add('a dominant bit of ours before it has joined');
  });
  bus.onFrame(({ outcome, acknowledged }) => {
    if (outcome === 'error' && !(errors && joined === 0)) problems.add('an error frame');
    if (outcome === 'complete' && !acknowledged) problems.add('a frame that nobody acknowledged');
  });
  bringUp(rig.board);
  const periodNanos = ((FRAME_BITS_MAXIMUM / load) * 1e9) / bitrate;
  let dueNanos = rig.now;
  let count = 0;
  while (joined < FRAMES_AFTER && rig.now < LIMIT_NANOS) {
    for (; dueNanos < rig.now + CHUNK_NANOS; dueNanos += periodNanos) {
      const bytes = Array.from({ length: 8 }, (_, byte) => (count * 37 + byte * 101) & 0xff);
      const frame = makeFrame({ identifier: 0x100 + (count++ % 64), data: bytes });
      sender.enqueue(frame, dueNanos, 'sender');
    }
    rig.run(CHUNK_NANOS);
  }
  if (found() !== bitrate) problems.add(`the page says ${found()} after ${rig.now / 1e9} s`);
  if (lookedOn === 0) problems.add('it has looked at no frame before it joined');
  if (joined < FRAMES_AFTER) problems.add(`took part in ${joined} frames`);
  if ((rig.register(CANSTAT) & 0xe0) !== 0) problems.add('not in normal mode');
  rig.close();
  return [...problems].map((problem) => about + problem);
}
