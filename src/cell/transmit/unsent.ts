// SPDX-License-Identifier: MIT
/**
 * Counts the frames of the cell and of AGL that the chip did not take, by the reason.
 * Does not: drop them.
 */
import { Counter } from '../../rt/counters';
import { Status } from '../../rt/status';
import { AnyParts } from '../parts';

/** Counts an answer that did not go to the chip because of `status`. */
export function countUnsent<Parts extends AnyParts>(parts: Parts, status: Status): void {
  const isSilent = status === Status.ListenOnly;
  parts.counters.count(isSilent ? Counter.AnswersListenOnly : Counter.AnswersFaulted);
}

/** Counts a frame of AGL's that did not. `wasHanded`: it was counted as handed to the chip, and ends as one of those. */
export function countRefused<Parts extends AnyParts>(
  parts: Parts,
  wasHanded: bool,
  status: Status,
): void {
  const counters = parts.counters;
  const isWithdrawn = status === Status.PeerNotReady;
  if (wasHanded) {
    counters.count(isWithdrawn ? Counter.FromAglWithdrawn : Counter.FromAglErrors);
    return;
  }
  counters.count(Counter.FromAglRefused);
  if (isWithdrawn) counters.count(Counter.FromAglStopped);
  else if (status === Status.ListenOnly) counters.count(Counter.FromAglListenOnly);
  else counters.count(Counter.FromAglFaulted);
}
