/**
 * The cases of the latency figures: which answer, under which load, at which rates.
 *
 * Used by: latency.ts, figures.ts.
 * Does not: run anything.
 */
import type { EngineName } from '../engine/engine.ts';

/** `static`: by hardware filter, the answer waits loaded. `computed`: bytes of the request copied. */
export type AnswerKind = 'static' | 'computed';

/**
 * What goes on beside the requests. idle: nothing. forwarding: a full bus, forwarded to AGL, and AGL
 * sends all the time. aglDead: the full bus and nobody behind the link. aglHostile: as forwarding, and
 * the peer writes garbage into the shared section all the time.
 */
export type LoadKind = 'idle' | 'forwarding' | 'aglDead' | 'aglHostile';

/** What the core does when there is nothing to do: look again at once, or sleep until an interrupt. */
export type IdleKind = 'poll' | 'wfi';

export const ANSWER_KINDS: readonly AnswerKind[] = ['static', 'computed'];
export const LOAD_KINDS: readonly LoadKind[] = ['idle', 'forwarding', 'aglDead', 'aglHostile'];
export const BITRATES: readonly number[] = [125_000, 250_000, 500_000, 1_000_000];
export const SPI_RATES: readonly number[] = [1_000_000, 2_000_000, 10_000_000];

/** The one crystal of the usual three that can make all four bit rates. */
export const OSCILLATOR_HERTZ = 16_000_000;

export interface LatencyCase {
  readonly engine: EngineName;
  readonly answer: AnswerKind;
  readonly load: LoadKind;
  readonly bitrate: number;
  readonly spiHertz: number;
  /** What the core does between them; `poll` if not said. Needs a firmware loaded for it. */
  readonly idle?: IdleKind;
  /** How many requests are sent. */
  readonly requests: number;
  /** Start of the pseudo-random phases and frames. */
  readonly seed: number;
}

/** Identifiers: requests and answers before all others, then AGL's frames, then the load. */
export const REQUEST_IDENTIFIER = 0x010;
export const ANSWER_IDENTIFIER = 0x011;
export const AGL_IDENTIFIER_FIRST = 0x100;
export const LOAD_IDENTIFIER_FIRST = 0x200;

/** The rule table of a case: one rule, everything else goes to AGL. */
export function rulesOf(answer: AnswerKind): string {
  const own = 'data: [0x01, 0x00, 0x64, 0x00, 0x00, 0x00, 0x00, 0xA5]';
  const copied = 'length: 8, data: [0x50], copy: [{ from: 0, to: 1, count: 2 }]';
  const match = answer === 'static' ? 'id: 0x010' : 'id: 0x010, data: [~, ~]';
  return [
    'version: 1',
    'default: forward',
    'rules:',
    '  - name: request',
    `    match: { ${match} }`,
    `    answer: { id: 0x011, ${answer === 'static' ? own : copied} }`,
    '',
  ].join('\n');
}
