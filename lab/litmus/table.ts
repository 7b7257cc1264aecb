// SPDX-License-Identifier: MIT
/**
 * The paths of ring, register transaction, doorbell, status page and requests as litmus tests: who does what in which
 * order, and what must never be seen.
 *
 * A part that names a function has its barriers, and the order of its accesses, from the linked image (paths.ts). The
 * others are the lines around it, written here, with the barrier that the compiler makes of the bridge's.
 * Does not: search (armv8.ts).
 */
import type { Barrier, Instruction, Registers, Thread } from './armv8.ts';
import type { Step } from './paths.ts';

/** `R place register`, `W place value`; `...` at the end: what follows is not looked at. */
export type Act = string;

export type Part =
  | { readonly of: string; readonly acts: readonly Act[] }
  /** `bridge read` and so on: a barrier of the bridge. */
  | Act;

export interface Litmus {
  readonly name: string;
  readonly threads: readonly (readonly Part[])[];
  readonly initial?: Readonly<Record<string, number>>;
  /** What must not be seen. */
  readonly never: (registers: Registers) => boolean;
  /** Barriers without which it can be seen: thread and number of the barrier there, both from 0. */
  readonly needed: readonly (readonly [number, number])[];
}

const DRIVER = 'virtqueue-driver/VirtqueueDriver';
const DEVICE = 'virtqueue-device/VirtqueueDevice';
const OFFER = { of: `${DRIVER}#offer`, acts: ['W ring 1', 'W available 1'] };
const TAKE = { of: `${DEVICE}#take`, acts: ['R available a', 'R ring r', '...'] };
const PUT_USED = { of: `${DEVICE}#putUsed`, acts: ['W element 1', 'W length 1', 'W used 1'] };
const TAKE_USED = { of: `${DRIVER}#takeUsed`, acts: ['R used u', 'R element e', 'R length l'] };

export const LITMUS: readonly Litmus[] = [
  {
    name: 'a chain that the device takes is whole',
    threads: [
      ['W buffer 1', OFFER],
      [TAKE, 'R buffer b'],
    ],
    never: ({ a, r, b }) => a === 1 && (r === 0 || b === 0),
    needed: [
      [0, 0],
      [1, 0],
    ],
  },
  {
    name: 'a chain that the driver gets back is whole',
    threads: [
      ['W buffer 1', PUT_USED],
      [TAKE_USED, 'R buffer b'],
    ],
    never: ({ u, e, l, b }) => u === 1 && (e === 0 || l === 0 || b === 0),
    needed: [
      [0, 0],
      [1, 0],
    ],
  },
  {
    name: 'the driver has read a buffer before the device may overwrite it',
    threads: [
      ['R buffer b', OFFER],
      [TAKE, 'W buffer 1'],
    ],
    never: ({ a, b }) => a === 1 && b === 1,
    needed: [
      [0, 0],
      [1, 0],
    ],
  },
  {
    name: 'the device has read a buffer before the driver may overwrite it',
    threads: [
      ['R buffer b', PUT_USED],
      [TAKE_USED, 'W buffer 1'],
    ],
    never: ({ u, b }) => u === 1 && b === 1,
    needed: [
      [0, 0],
      [1, 0],
    ],
  },
  {
    name: 'no chain waits for a kick that the driver did not give',
    // The device allows kicks and looks once more.
    threads: [
      [OFFER, { of: `${DRIVER}#kickWanted`, acts: ['R wish w'] }],
      ['W wish 1', 'bridge full', 'R available a'],
    ],
    never: ({ w, a }) => w === 0 && a === 0,
    needed: [
      [0, 1],
      [1, 0],
    ],
  },
  {
    name: 'no chain waits for an interrupt that the device did not give',
    threads: [
      [PUT_USED, { of: `${DEVICE}#interruptWanted`, acts: ['R wish w'] }],
      ['W wish 1', 'bridge full', 'R used u'],
    ],
    never: ({ w, u }) => w === 0 && u === 0,
    needed: [
      [0, 1],
      [1, 0],
    ],
  },
  {
    name: 'the device acts on the register that was written',
    threads: [
      [
        'W register 1',
        { of: 'transport-driver/TransportDriver#submit', acts: ['W transaction 1', '...'] },
      ],
      ['R transaction t', 'bridge read', 'R register v'],
    ],
    never: ({ t, v }) => t === 1 && v === 0,
    needed: [
      [0, 0],
      [1, 0],
    ],
  },
  {
    name: 'an answer of the device is read before the next register is written',
    threads: [
      [
        'R register v',
        { of: 'transport-driver/TransportDriver#submit', acts: ['W transaction 1', '...'] },
      ],
      ['R transaction t', 'bridge read', 'W register 1'],
    ],
    never: ({ t, v }) => t === 1 && v === 1,
    needed: [
      [0, 0],
      [1, 0],
    ],
  },
  {
    name: 'who hears the doorbell sees what it was rung for',
    threads: [
      [
        'W available 1',
        { of: 'ivshmem-link/IvshmemLink#notifyPeer', acts: ['W doorbell 1', '...'] },
      ],
      ['R doorbell d', 'bridge read', 'R available a'],
    ],
    never: ({ d, a }) => d === 1 && a === 0,
    needed: [
      [0, 0],
      [1, 0],
    ],
  },
  {
    name: 'who sees a state sees what was laid out before it',
    threads: [
      ['W header 1', { of: 'own-state/OwnState#announce', acts: ['W state 1', '...'] }],
      ['R state s', 'bridge read', 'R header h'],
    ],
    never: ({ s, h }) => s === 1 && h === 0,
    needed: [
      [0, 0],
      [1, 0],
    ],
  },
  {
    name: 'a status page between two equal even numbers is of one refresh',
    threads: [
      [
        { of: 'status-page/StatusPage#begin', acts: ['W sequence 1', 'W heartbeat 1'] },
        { of: 'status-page/StatusPage#step', acts: ['W head 1', 'W sequence 2'] },
      ],
      ['R sequence s', 'bridge read', 'R heartbeat b', 'R head h', 'bridge read', 'R sequence t'],
    ],
    never: ({ s, t, b, h }) => s === t && s % 2 === 0 && (b !== s / 2 || h !== s / 2),
    needed: [
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ],
  },
  {
    name: 'a record of the trace is whole when its head shows it',
    threads: [
      [{ of: 'trace-ring/TraceRing#note', acts: ['W ticks 1', 'W values 1', 'W head 1'] }],
      ['R head h', 'bridge read', 'R ticks t', 'R values v'],
    ],
    never: ({ h, t, v }) => h === 1 && (t === 0 || v === 0),
    needed: [
      [0, 0],
      [1, 0],
    ],
  },
];

/** What a barrier of the bridge's interface is made of. */
export type BridgeBarriers = Readonly<Record<'read' | 'write' | 'full', Barrier>>;

/** The threads of a test. `copyOf` gives a copy of a function in the image. Throws if that does something else. */
export function threadsOf(
  { threads }: Litmus,
  copyOf: (name: string) => readonly Step[],
  bridge: BridgeBarriers,
): Thread[] {
  return threads.map((parts) =>
    parts.flatMap((part) => {
      if (typeof part !== 'string') return named(part.of, copyOf(part.of), part.acts);
      const kind = /^bridge (read|write|full)$/.exec(part)?.[1];
      return kind === undefined
        ? [accessOf(part)]
        : [{ kind: 'barrier', barrier: bridge[kind as keyof BridgeBarriers] }];
    }),
  );
}

function accessOf(act: Act): Instruction {
  const [kind, at, what] = act.split(' ');
  return kind === 'R'
    ? { kind: 'load', at, register: what }
    : { kind: 'store', at, value: Number(what) };
}

function named(of: string, steps: readonly Step[], acts: readonly Act[]): Instruction[] {
  const left = [...acts];
  const made: Instruction[] = [];
  for (const step of steps) {
    if (left[0] === '...') return made;
    if (step !== 'load' && step !== 'store') {
      made.push({ kind: 'barrier', barrier: step });
      continue;
    }
    const act = left.shift();
    const access = act === undefined ? undefined : accessOf(act);
    if (access?.kind !== step)
      throw new Error(`${of} does ${steps.join(', ')}; the litmus test has ${acts.join(', ')}`);
    made.push(access);
  }
  if (left.length > 0 && left[0] !== '...') {
    throw new Error(`${of} does ${steps.join(', ')}; the litmus test has ${acts.join(', ')}`);
  }
  return made;
}
