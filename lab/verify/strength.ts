// SPDX-License-Identifier: MIT
/**
 * The judge of strength: whenever the bus becomes free, the strongest frame that the node owes takes part.
 *
 * Three demands, each from the wire alone:
 *
 *   - what wins an attempt is never weaker than a frame that was owed S before it;
 *   - the bus is never idle while a frame was owed S before;
 *   - a frame starts no later than that of an ideal node, a sorted queue without delay, plus one frame and S.
 *     The ideal node's start is the first one after the request that no stronger frame wins. Stronger frames
 *     that follow while the real one is late by a frame are not its fault, and do not count. It has a frame of AGL's
 *     when the real one may have taken that out of the ring, which the wire does not show.
 *
 * A frame may be missing from one arbitration because a stronger one of the node's, which came due less than S
 * before, takes its place: whether a frame that is taken back had started is not known before the end of a frame.
 *
 * Where two filters keep two buffers, a frame may have to wait for one of the node's, the pause until that was seen to
 * have left, and a frame that begins in it (docs/timing-budget.md, "The worst case on the bus"). While tables are swapped
 * a frame of AGL's may.
 *
 * It reports the smallest S for which each demand holds.
 */
import { arbitrationKeyOf } from '../../twin/bus/can-frame.ts';
import type { Attempt } from './attempts.ts';
import { frameKey } from './frame-queues.ts';
import type { Owed } from './owed.ts';

export interface Lateness {
  /**
   * Longest time for which a frame was owed when a weaker one won, and what it was. It counts from the last attempt
   * that a stronger one won: a frame that has waited for long may be missing once, as one that has not.
   */
  readonly weakerNanos: number;
  readonly weaker: string;
  /** Longest time for which a frame was owed when an idle bus had been free for it, and what it was. */
  readonly idleNanos: number;
  readonly idle: string;
  /** Longest time beyond the ideal node's and one frame, and what it was. */
  readonly idealNanos: number;
  readonly ideal: string;
}

export interface StrengthOptions {
  readonly attempts: readonly Attempt[];
  readonly owed: readonly Owed[];
  /** The node's way back to the bus is not judged. */
  readonly isExcused: (nanos: number) => boolean;
  readonly bitNanos: number;
  /** S. */
  readonly graceNanos: number;
  /**
   * Two filters keep two transmit buffers: from the end of a frame of the node's until it sees that, and may load the next.
   * 0: there are others.
   */
  readonly gapNanos?: number;
  /** The same for frames of AGL's alone, which have one buffer while tables are swapped. 0: they have more. */
  readonly aglGapNanos?: number;
  /** From when a frame of AGL's is in the ring, and it is its turn, until the node takes it out. 0: at once. */
  readonly takingNanos?: number;
}

/** The longest frame with its intermission: extended, 8 bytes, every stuff bit (ISO 11898-1). */
const FRAME_BITS = 160;

/** How late the node was at worst. */
export function latenessOf(options: StrengthOptions): Lateness {
  const { attempts, owed, isExcused, bitNanos, graceNanos } = options;
  const { gapNanos = 0, aglGapNanos = 0, takingNanos = 0 } = options;
  const pauseOf = ({ isAnswer }: Owed): number => {
    const nanos = Math.max(gapNanos, isAnswer ? 0 : aglGapNanos);
    return nanos === 0 ? 0 : nanos + graceNanos;
  };
  let [weakerNanos, idleNanos, idealNanos] = [0, 0, 0];
  let [weaker, idle, ideal] = ['', '', ''];
  let freeNanos = 0;
  const rightNanos = new Map<Owed, number>();
  for (const { startNanos, winner, ...attempt } of attempts) {
    if (!isExcused(startNanos)) {
      const winnerKey = arbitrationKeyOf(winner);
      const wasFree = freeNanos;
      const present = owed.filter(
        ({ turnNanos, untilNanos }) => turnNanos <= startNanos && untilNanos >= startNanos,
      );
      const recent = present.filter(({ turnNanos }) => turnNanos > startNanos - graceNanos);
      const recentKey = Math.min(...recent.map(({ key }) => key));
      for (const each of present) {
        const isReplaced = recentKey < each.key;
        const nanos = startNanos - each.fromNanos;
        const said = (): string => `${frameKey(each.frame)} owed for ${nanos} ns at ${startNanos}`;
        // Between two bits of the idle bus nothing can start.
        const unusedNanos = startNanos - Math.max(wasFree, each.turnNanos);
        const isReplacing = isReplaced && unusedNanos <= graceNanos;
        const isIdle = unusedNanos >= bitNanos + pauseOf(each) && !isReplacing;
        const isWeaker = each.key < winnerKey && startNanos >= wasFree && !isReplaced;
        const missedNanos = startNanos - Math.max(each.fromNanos, rightNanos.get(each) ?? 0);
        if (!isWeaker) rightNanos.set(each, startNanos);
        else if (missedNanos > weakerNanos) {
          weakerNanos = missedNanos;
          weaker = `${said()}, ${frameKey(winner)} won`;
        }
        if (isIdle && nanos > idleNanos) {
          idleNanos = nanos;
          idle = `${said()}, the bus was free from ${wasFree}`;
        }
      }
    }
    freeNanos = attempt.freeNanos;
  }
  for (const each of owed) {
    if (!each.isSent || isExcused(each.untilNanos)) continue;
    const takenNanos = each.turnNanos + (each.isAnswer ? 0 : takingNanos);
    const { beyondNanos, isBehindOwn } = beyondIdeal({ ...each, turnNanos: takenNanos }, attempts);
    const pauseNanos = isBehindOwn ? pauseOf(each) : 0;
    // In the pause behind a frame of the node's own a frame of another node may begin.
    const frames = pauseNanos === 0 ? 1 : 2;
    const allowedNanos = FRAME_BITS * bitNanos * frames + pauseNanos;
    const nanos = beyondNanos - allowedNanos;
    if (nanos <= idealNanos) continue;
    idealNanos = nanos;
    ideal = `${frameKey(each.frame)} at ${each.untilNanos}`;
  }
  return { weakerNanos, weaker, idleNanos, idle, idealNanos, ideal };
}

/**
 * From the ideal node's start to the real one, without the frames that no node can overtake; and whether the node has sent
 * another frame meanwhile.
 */
function beyondIdeal(
  { key, turnNanos, untilNanos }: Owed,
  attempts: readonly Attempt[],
): { readonly beyondNanos: number; readonly isBehindOwn: boolean } {
  let idealNanos: number | undefined;
  let excusedNanos = 0;
  let isBehindOwn = false;
  for (const [index, { startNanos, freeNanos, winner, sent }] of attempts.entries()) {
    if (startNanos > untilNanos) break;
    const before = index === 0 ? 0 : attempts[index - 1].freeNanos;
    // On an idle bus the ideal node starts at once.
    const chance = Math.max(turnNanos, before);
    const isOwn = sent !== undefined && startNanos !== untilNanos;
    if (isOwn && freeNanos > turnNanos) isBehindOwn = true;
    if (startNanos < turnNanos) continue;
    const isStronger = arbitrationKeyOf(winner) < key;
    if (idealNanos === undefined && chance < startNanos) idealNanos = chance;
    if (idealNanos === undefined && !isStronger) idealNanos = startNanos;
    if (idealNanos === undefined || startNanos === untilNanos) continue;
    // Stronger ones, failed attempts of its own, what it queues behind, and what an error-passive node lets pass.
    const isSuspended = startNanos < before;
    if (isStronger || arbitrationKeyOf(winner) === key || isSuspended) {
      excusedNanos += freeNanos - startNanos;
    }
  }
  const beyondNanos = idealNanos === undefined ? 0 : untilNanos - idealNanos - excusedNanos;
  return { beyondNanos, isBehindOwn };
}
