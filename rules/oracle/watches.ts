// SPDX-License-Identifier: MIT
/**
 * What the watches of a table remember, by the model alone: which frames are a change, which are held back, which do not
 * come in time.
 *
 * Source: `net/can/bcm.c`, RX_SETUP with RX_ANNOUNCE_RESUME. Bytes that a frame does not have count as 0.
 * Does not: make frames of rules, or share code with the firmware.
 */
import type { Rule, RuleTable } from '../model.ts';
import type { Watch } from '../watch.ts';
import { eightBytes, lengthOf } from './frame.ts';
import type { OracleFrame } from './frame.ts';

/** What a watch does at a time: a held frame goes to AGL, or frames of its rule are missing, or back. */
export interface WatchEvent {
  readonly atMicros: number;
  readonly rule: Rule;
  readonly released?: OracleFrame;
  readonly what: 'released' | 'missing' | 'returned';
}

interface State {
  readonly rule: Rule;
  readonly watch: Watch;
  seenMicros: number;
  isMissing: boolean;
  /** The last change. */
  known?: { readonly bytes: Uint8Array; readonly length: number };
  allowedMicros: number;
  held?: OracleFrame;
}

export class Watches {
  readonly #states = new Map<Rule, State>();
  #events: WatchEvent[] = [];

  constructor({ rules }: RuleTable) {
    for (const rule of rules) {
      const { watch } = rule;
      if (watch === undefined) continue;
      const state = { rule, watch, seenMicros: 0, isMissing: false, allowedMicros: 0 };
      this.#states.set(rule, state);
    }
  }

  /** What has happened up to a time, since the last call, in order. */
  upTo(micros: number): WatchEvent[] {
    this.#advance(micros);
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** A frame comes for the rule. */
  see(rule: Rule, nowMicros: number): void {
    this.#advance(nowMicros);
    const state = this.#states.get(rule);
    if (state === undefined) return;
    state.seenMicros = nowMicros;
    if (!state.isMissing) return;
    state.isMissing = false;
    this.#events.push({ atMicros: nowMicros, rule, what: 'returned' });
  }

  /** Whether the frame differs from the last one that did. */
  isChange(rule: Rule, frame: OracleFrame): boolean {
    const state = this.#states.get(rule);
    const changes = state?.watch.changes;
    if (state === undefined || changes === undefined) return true;
    const bytes = eightBytes(frame).map((byte, index) => byte & changes.mask[index]);
    const length = lengthOf(frame);
    const { known } = state;
    const isSame =
      known?.bytes.every((byte, index) => byte === bytes[index]) === true &&
      (!changes.length || known.length === length);
    if (!isSame) state.known = { bytes, length };
    return !isSame;
  }

  /** Whether the frame waits: it may not be forwarded yet. */
  holds(rule: Rule, frame: OracleFrame, nowMicros: number): boolean {
    const state = this.#states.get(rule);
    const interval = state?.watch.throttleMicros;
    if (state === undefined || interval === undefined) return false;
    if (nowMicros < state.allowedMicros) {
      state.held = frame;
      return true;
    }
    state.allowedMicros = nowMicros + interval;
    return false;
  }

  #advance(micros: number): void {
    for (;;) {
      const next = [...this.#states.values()]
        .map((state) => ({ state, atMicros: dueOf(state) }))
        .reduce((first, one) => (one.atMicros < first.atMicros ? one : first), NEVER);
      if (next.state === undefined || next.atMicros > micros) return;
      this.#events.push(happen(next.state, next.atMicros));
    }
  }
}

const NEVER: { state?: State; atMicros: number } = { atMicros: Infinity };

function dueOf({ watch, held, allowedMicros, isMissing, seenMicros }: State): number {
  const release = held === undefined ? Infinity : allowedMicros;
  const timeout = watch.timeout === undefined || isMissing ? Infinity : watch.timeout.micros;
  return Math.min(release, seenMicros + timeout);
}

function happen(state: State, atMicros: number): WatchEvent {
  const { rule, held, allowedMicros } = state;
  if (held !== undefined && allowedMicros === atMicros) {
    state.allowedMicros += state.watch.throttleMicros ?? 0;
    state.held = undefined;
    return { atMicros, rule, released: held, what: 'released' };
  }
  state.isMissing = true;
  // What comes next is a change.
  state.known = undefined;
  return { atMicros, rule, what: 'missing' };
}
