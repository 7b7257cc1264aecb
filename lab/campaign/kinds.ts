// SPDX-License-Identifier: MIT
/**
 * The faults of a campaign: how long each lasts, which promises it lifts and for how long after its end, and how it is
 * injected.
 *
 * A promise is lifted only by what breaks what it rests on: a bus that is down, a chip that is not there. Whatever AGL
 * does, and a new table, lift no promise about urgent answers. What a bus fault costs is still counted: `counts`.
 * Does not: judge (watch.ts).
 */
import type { Rig } from '../rig/rig.ts';
import type { Disturber } from './disturber.ts';
import type { AglSide } from './agl-side.ts';
import type { CellCommands } from './cell-commands.ts';

export const FAMILIES = ['bus', 'chip', 'agl', 'tables', 'commands'] as const;

/**
 * What may be broken meanwhile. late: an answer in its bound; lost: an answer at all; content: what the cell sends is
 * owed, and once; order; counts: the page agrees with the wires; steps: no step is late; agl: frames for AGL arrive.
 */
export type Promise = 'late' | 'lost' | 'content' | 'order' | 'counts' | 'steps' | 'agl';

/** What a fault is done to. */
export interface Victims {
  readonly rig: Rig;
  readonly disturber: Disturber;
  readonly agl: AglSide;
  readonly commands: CellCommands;
}

export interface FaultKind {
  readonly family: (typeof FAMILIES)[number];
  readonly leastMicros: number;
  readonly mostMicros: number;
  /** In one round. */
  readonly mostTimes?: number;
  readonly lifts: readonly Promise[];
  /** Requests are answered in time, and frames reach AGL, so long after its end. */
  readonly graceMicros: number;
  /** The same for frames for AGL, if it is another time. */
  readonly sessionMicros?: number;
  /** Begins it. Returns how it ends. */
  readonly begin: (victims: Victims, value: number) => () => void;
}

const MILLI = 1_000;
/** An end that has given up waits 100 ms for the other one (docs/bridge.md); a session is set up in 30. */
const SESSION = 150 * MILLI;
const NOTHING = (): void => {};

/** What is late by a bus fault comes at once when it has ended. */
const busFault = (begin: FaultKind['begin'], most = 30): FaultKind => ({
  ...{
    family: 'bus',
    leastMicros: 500,
    mostMicros: most * MILLI,
    lifts: ['late', 'lost', 'agl'],
    graceMicros: 40 * MILLI,
    sessionMicros: 200 * MILLI,
  },
  begin,
});
const EVERYTHING: readonly Promise[] = [
  'late',
  'lost',
  'content',
  'order',
  'counts',
  'steps',
  'agl',
];

// prettier-ignore
export const KINDS = {
  flips: busFault(({ disturber }, value) => disturber.flips(value), 60),
  'no-acknowledge': busFault(({ disturber }) => disturber.unacknowledged(), 20),
  'bus-off': busFault(({ disturber }) => disturber.failOwnFrames()),
  'babbling-strong': busFault(({ disturber }) => disturber.babble(0x000), 12),
  'babbling-weak': { ...busFault(({ disturber }) => disturber.babble(0x7ff)), lifts: ['agl'] },
  'stuck-dominant': busFault(({ disturber }) => disturber.stuckDominant(), 15),
  'wrong-bit-rate': busFault(({ disturber }, value) => disturber.wrongRate(value)),
  'brown-out': { family: 'chip', leastMicros: 0, mostMicros: 0, lifts: ['late', 'lost', 'counts', 'agl'], graceMicros: 150 * MILLI, begin: ({ rig }) => { rig.board.chip.brownOut(rig.now); return NOTHING; } },
  'miso-errors': { family: 'chip', leastMicros: 500, mostMicros: 20 * MILLI, lifts: EVERYTHING, graceMicros: 300 * MILLI, begin: ({ disturber }, value) => disturber.spiErrors('miso', value) },
  'mosi-errors': { family: 'chip', leastMicros: 500, mostMicros: 20 * MILLI, lifts: EVERYTHING, graceMicros: 300 * MILLI, begin: ({ disturber }, value) => disturber.spiErrors('mosi', value) },
  'int-high': { family: 'chip', leastMicros: 100, mostMicros: 150 * MILLI, lifts: ['late', 'lost', 'order', 'agl', 'counts'], graceMicros: 50 * MILLI, begin: ({ rig }) => holdInterrupt(rig, 'high') },
  'int-low': { family: 'chip', leastMicros: 100, mostMicros: 150 * MILLI, lifts: ['late', 'agl'], graceMicros: 50 * MILLI, begin: ({ rig }) => holdInterrupt(rig, 'low') },
  'oscillator-stops': { family: 'chip', leastMicros: 500, mostMicros: 50 * MILLI, lifts: ['late', 'lost', 'agl'], graceMicros: 60 * MILLI, begin: ({ disturber }) => disturber.stopOscillator() },
  'stale-done': { family: 'chip', leastMicros: 500, mostMicros: 50 * MILLI, lifts: [], graceMicros: 5 * MILLI, begin: ({ disturber }) => disturber.staleDone() },
  'spi-stops': { family: 'chip', leastMicros: 0, mostMicros: 0, lifts: EVERYTHING, graceMicros: 150 * MILLI, begin: ({ disturber }) => disturber.stopTransfer() },
  'agl-killed': { family: 'agl', leastMicros: 50, mostMicros: 80 * MILLI, lifts: ['agl'], graceMicros: SESSION, begin: ({ agl }) => agl.kill() },
  'agl-frozen': { family: 'agl', leastMicros: 50, mostMicros: 250 * MILLI, lifts: ['agl'], graceMicros: SESSION, begin: ({ agl }) => agl.freeze() },
  'hostile-ring': { family: 'agl', leastMicros: 500, mostMicros: 10 * MILLI, lifts: ['agl', 'content', 'counts'], graceMicros: 2 * SESSION, begin: ({ agl }, value) => agl.attackRing(value) },
  'hostile-control': { family: 'agl', leastMicros: 500, mostMicros: 60 * MILLI, lifts: [], graceMicros: 5 * MILLI, begin: ({ agl }, value) => agl.attackRequests(value) },
  'request-flood': { family: 'agl', leastMicros: 500, mostMicros: 60 * MILLI, lifts: [], graceMicros: 5 * MILLI, begin: ({ agl }) => agl.flood() },
  'frame-burst': { family: 'agl', leastMicros: 0, mostMicros: 0, lifts: ['agl'], graceMicros: SESSION, begin: ({ agl }, value) => agl.burst(50 + (value % 250)) },
  'new-table': { family: 'tables', leastMicros: 0, mostMicros: 0, lifts: [], graceMicros: 5 * MILLI, begin: ({ agl }, value) => agl.askForTable(value) },
  'live-values': { family: 'tables', leastMicros: 0, mostMicros: 0, lifts: [], graceMicros: 5 * MILLI, begin: ({ agl }, value) => agl.setLiveValue(value) },
  'shut-down': { family: 'commands', leastMicros: 100, mostMicros: 50 * MILLI, lifts: EVERYTHING, graceMicros: SESSION, begin: ({ commands }) => commands.shutDown() },
  'started-anew': { family: 'commands', leastMicros: 0, mostMicros: 0, lifts: EVERYTHING, graceMicros: SESSION, begin: ({ commands }) => commands.startAnew() },
  trap: { family: 'commands', leastMicros: 0, mostMicros: 0, mostTimes: 2, lifts: EVERYTHING, graceMicros: SESSION, begin: ({ commands }) => commands.trap() },
} as const satisfies Record<string, FaultKind>;

export type KindName = keyof typeof KINDS;

function holdInterrupt({ board }: Rig, level: 'low' | 'high'): () => void {
  board.interruptWire.hold(level);
  return () => board.interruptWire.hold(undefined);
}
