// SPDX-License-Identifier: MIT
/**
 * The check of a protected frame, by the words of AUTOSAR PRS E2E Protocol R20-11: profiles 1 and 2 have their own
 * handling of gaps (6.3.7, 6.4.2), profiles 5, 11 and 22 share theirs.
 *
 * The first frame that is right is `initial` for all of them. SyncCounterInit is 0.
 */
import type { Disposition, E2eCheck, E2eResult } from '../e2e/check.ts';
import { E2E_RESULTS } from '../e2e/check.ts';
import { checksumOf } from './e2e.ts';
import { eightBytes, lengthOf } from './frame.ts';
import type { OracleFrame } from './frame.ts';

/** What the check remembers of the frames before. */
export interface CheckState {
  /** The counter that the next one is compared with. Undefined: there was none. */
  last: number | undefined;
  /** MaxDeltaCounter of profiles 1 and 2. */
  allowed: number;
}

export function newCheckState(): CheckState {
  return { last: undefined, allowed: 0 };
}

/** What becomes of a frame with that result. */
export function dispositionOf({ on }: E2eCheck, result: E2eResult): Disposition {
  return on[E2E_RESULTS.indexOf(result)];
}

/** The result for a frame, which the state then knows. */
export function checkFrame(check: E2eCheck, state: CheckState, frame: OracleFrame): E2eResult {
  const { widens, maximumDelta, counterMaximum } = check;
  if (widens) state.allowed = Math.min(state.allowed + 1, counterMaximum);
  const counter = receivedCounter(check, frame);
  if (counter === undefined) return 'error';
  const { last } = state;
  if (last === undefined) {
    Object.assign(state, { last: counter, allowed: maximumDelta });
    return 'initial';
  }
  const gap = (counter - last + counterMaximum + 1) % (counterMaximum + 1);
  const isWide = gap > (widens ? state.allowed : maximumDelta);
  // Profiles 5, 11 and 22 take every counter that came in a frame that was right.
  if (!widens) state.last = counter;
  if (gap === 0) return 'repeated';
  if (isWide) return 'wrong-sequence';
  Object.assign(state, { last: counter, allowed: maximumDelta });
  return gap === 1 ? 'ok' : 'some-lost';
}

/** No frame came in time. What becomes of it. */
export function missFrame(check: E2eCheck, state: CheckState): Disposition {
  if (check.widens) state.allowed = Math.min(state.allowed + 1, check.counterMaximum);
  return dispositionOf(check, 'no-new-data');
}

/** The counter of a frame that is right. */
function receivedCounter(check: E2eCheck, frame: OracleFrame): number | undefined {
  const { step, nibble, counterMaximum } = check;
  if (frame.remote || lengthOf(frame) !== check.length) return undefined;
  const bytes = eightBytes(frame);
  const sum = checksumOf({ bytes, length: check.length }, step);
  if (sum.some((byte, index) => bytes[step.result + index] !== byte)) return undefined;
  if (nibble !== undefined && nibbleOf(bytes, nibble.first) !== nibble.value) return undefined;
  const counter =
    step.kind === 'checksum-e2e16' ? bytes[step.result + 2] : nibbleOf(bytes, step.counterBit);
  return counter > counterMaximum ? undefined : counter;
}

/** Four bits from bit `first` on. */
function nibbleOf(bytes: Uint8Array, first: number): number {
  return [0, 1, 2, 3].reduce((sum, index) => {
    const bit = first + index;
    return sum + ((bytes[Math.floor(bit / 8)] >> (bit % 8)) & 1) * 2 ** index;
  }, 0);
}
