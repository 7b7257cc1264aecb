// SPDX-License-Identifier: MIT
/**
 * When a timer sends its frame, in words.
 */
import type { SafeState, Timer } from './model.ts';
import { formatByte } from './model.ts';
import type { Watch } from './watch.ts';

const MICROS_PER_MILLI = 1_000;
const MICROS_PER_SECOND = 1_000_000;

export function describeTimer(timer: Timer): string {
  const { intervalMicros, count, thenMicros, phaseMicros, during, ended } = timer;
  const begin = during === undefined ? 'the start' : 'its begin';
  const phase = phaseMicros === 0 ? '' : `, from ${duration(phaseMicros)} after ${begin}`;
  const when = during === undefined ? '' : 'in the safe state ';
  const end = ended === undefined ? '' : `, its end told by ${ended}`;
  return `${when}${intervals({ intervalMicros, count, thenMicros })}${phase}${end}`;
}

type Intervals = Pick<Timer, 'intervalMicros' | 'count' | 'thenMicros'>;

function intervals({ intervalMicros, count, thenMicros }: Intervals): string {
  if (count === undefined) return `every ${duration(intervalMicros)}`;
  const first = count === 1 ? 'once' : `${count} times, every ${duration(intervalMicros)}`;
  const then = thenMicros ? `, then every ${duration(thenMicros)}` : '';
  return `${first}${then}`;
}

/** When the safe state begins and ends. */
export function describeSafeState(state: SafeState): string {
  const { afterMicros, graceMicros, heartbeat, until } = state;
  const beats =
    heartbeat && `, or no frame of ${heartbeat.rule} for ${duration(heartbeat.withinMicros)}`;
  const grace = graceMicros === 0 ? '' : `, not before ${duration(graceMicros)} after the start`;
  const end = { agl: 'AGL is back', never: 'the next start' };
  const ended = typeof until === 'object' ? `a frame of ${until.rule}` : end[until];
  return `safe state: after ${duration(afterMicros)} without AGL${beats ?? ''}${grace}; until ${ended}`;
}

/** What a watch does with the frames of its rule. */
export function describeWatch({ timeout, changes, throttleMicros }: Watch): string {
  const told = (word: string, name?: string) => (name === undefined ? '' : `, ${word} by ${name}`);
  const parts = [
    timeout &&
      `missing after ${duration(timeout.micros)}${told('told', timeout.missing)}${told('its return', timeout.returned)}`,
    changes &&
      `forwarded if [${changes.mask.map(formatByte).join(' ')}]${changes.length ? ' or the length' : ''} has changed`,
    throttleMicros && `forwarded once in ${duration(throttleMicros)}, the latest then`,
  ];
  return parts.filter(Boolean).join('; ');
}

/** A time in its largest whole unit, as a rules file has it. */
export function duration(micros: number): string {
  if (micros !== 0 && micros % MICROS_PER_SECOND === 0) return `${micros / MICROS_PER_SECOND}s`;
  if (micros !== 0 && micros % MICROS_PER_MILLI === 0) return `${micros / MICROS_PER_MILLI}ms`;
  return `${micros}us`;
}
