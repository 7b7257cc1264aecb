// SPDX-License-Identifier: MIT
/**
 * Whether any bus carries what the timers of a table send: at the highest bit rate, with the fewest bits.
 *
 * Does not: know the bit rate of the bus, or its traffic. `explain --bus` does.
 */
import { leastBits } from '../bus/frame-time.ts';
import { timedLoad } from '../bus/timed-load.ts';
import { BITRATE_MAXIMUM } from '../bus/traffic.ts';
import { timerOf } from '../model.ts';
import type { ParsedTimed } from './parse-cyclic.ts';
import type { YamlReader } from './yaml-reader.ts';

/** Refuses the first frame with which the bus is full for good. Those of the safe state are a row of their own. */
export function refuseOverload(reader: YamlReader, timed: readonly ParsedTimed[]): void {
  for (const during of [undefined, 'safe-state'] as const) {
    let load = 0;
    for (const { rule, nameOffset } of timed) {
      if (rule === undefined || timerOf(rule)?.during !== during) continue;
      load += timedLoad(rule, BITRATE_MAXIMUM, leastBits);
      if (load <= 1) continue;
      const percent = (100 * load).toFixed(0);
      const reason = `with "${rule.name}" the frames that timers send fill ${percent} % of the fastest bus, 1 Mbit/s, without stuff bits: make an interval longer`;
      reader.diagnostics.error(nameOffset, reason);
      break;
    }
  }
}
