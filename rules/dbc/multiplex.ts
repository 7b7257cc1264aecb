// SPDX-License-Identifier: MIT
/**
 * Finds the multiplexors on which the signals of a message depend.
 *
 * `m3` depends on the multiplexor of the message. If there are several, SG_MUL_VAL_ must say on which; its
 * ranges then count instead of the 3.
 */
import { rawLimits } from './layout.ts';
import type { MultiplexStatement, Presence, Signal, SignalStatement } from './statements.ts';

/** Multiplexors in one another. Files in use have two. */
const DEPTH_MAXIMUM = 16;

/** Takes what is wrong with the signal at `at`. */
export type Report = (at: number, reason: string) => void;

/** Sets `presence` of each signal of a message. `multiplexings` has what SG_MUL_VAL_ says. */
export function linkMultiplexors(
  signals: readonly SignalStatement[],
  multiplexings: ReadonlyMap<Signal, MultiplexStatement>,
  report: Report,
): void {
  const multiplexors = signals.filter(({ isMultiplexor }) => isMultiplexor);
  const byName = new Map(multiplexors.map((signal) => [signal.name, signal]));
  const parents = new Map<SignalStatement, Presence>();
  for (const signal of signals) {
    const value = signal.multiplexValue;
    const multiplexing = multiplexings.get(signal);
    if (multiplexing === undefined && value === undefined) continue;
    const [first, second] = multiplexors.slice(0, 3).filter((other) => other !== signal);
    const parent = multiplexing === undefined ? first : byName.get(multiplexing.multiplexor);
    const named = `signal "${signal.name}"`;
    if (parent === undefined) {
      const which = multiplexing === undefined ? '' : ` "${multiplexing.multiplexor}"`;
      report(
        signal.at,
        `${named} is multiplexed, but there is no multiplexor${which}; mark it with M`,
      );
    } else if (multiplexing === undefined && second !== undefined) {
      const reason = `${named} may depend on "${first.name}" or "${second.name}"; add SG_MUL_VAL_ for it`;
      report(signal.at, reason);
    } else {
      const ranges = multiplexing?.ranges ?? [{ least: value ?? 0n, most: value ?? 0n }];
      parents.set(signal, { multiplexor: parent, ranges });
      const { most } = rawLimits(parent);
      if (ranges.every(({ least }) => least > most)) {
        const reason = `${named} is never present: its multiplexor "${parent.name}" is at most ${most}`;
        report(signal.at, `${reason}; correct its number`);
      }
    }
  }
  for (const signal of parents.keys()) {
    const presence = conditionsOf(signal, parents);
    if (presence !== undefined) signal.presence = presence;
    else {
      const reason = `signal "${signal.name}" depends on itself, or on more than ${DEPTH_MAXIMUM} multiplexors`;
      report(signal.at, `${reason}; correct SG_MUL_VAL_`);
    }
  }
}

/** From the outermost multiplexor down. Undefined: they have no end. */
function conditionsOf(
  signal: Signal,
  parents: ReadonlyMap<Signal, Presence>,
): Presence[] | undefined {
  const presence: Presence[] = [];
  for (let at = parents.get(signal); at !== undefined; at = parents.get(at.multiplexor)) {
    if (presence.unshift(at) > DEPTH_MAXIMUM) return undefined;
  }
  return presence;
}
