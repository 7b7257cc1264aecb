// SPDX-License-Identifier: MIT
/**
 * AGL's side of a run for the judge of strength: when the ring had each frame, and what became of it.
 *
 * In the role driver that is the bridge. In the role device it is Linux's own driver, whose requests have an end:
 * each one, none before its frame has left the bus, and one without success only for a frame that was never sent.
 * Does not: judge the order.
 */
import type { RigOptions } from '../rig/open-rig.ts';
import type { Rig } from '../rig/rig.ts';
import { EXCHANGED_ROLES } from '../rig/roles.ts';
import { LinuxPeer } from '../peers/linux/linux-peer.ts';
import type { CanFrame } from '../../twin/bus/can-frame.ts';
import type { Attempt } from '../verify/attempts.ts';
import { frameKey } from '../verify/frame-queues.ts';
import type { Due } from '../verify/owed.ts';
import { Random } from './random.ts';

/** The cell's role, as in docs/decisions/0010-role.md. */
export type Role = 'driver' | 'device';

/** The bridge takes frames in steps; this is how exactly their times are known. */
const LOOK_NANOS = 5_000;
const MILLISECOND = 1_000_000;
const OPEN_LIMIT_NANOS = 100 * MILLISECOND;
/** So often Linux looks whether the interface is bus-off, and restarts it. */
const WATCH_NANOS = 2 * MILLISECOND;
/** The interface is lowered once in so many looks, in runs in which it is, and for so long. */
const LOWERED_EVERY = 8;
const DOWN_NANOS = 2 * MILLISECOND;
/** Superposed overload flags and the delimiter (ISO 11898-1). */
const OVERLOAD_BITS = 20;
/** From an end without success to the abort of the frame in the chip. */
const ABORT_NANOS = 100_000;

export interface AglSide {
  /** The frames that the ring had. */
  readonly due: readonly Due[];
  /** AGL gives a frame to its interface now. */
  give: (frame: CanFrame, nanos: number) => void;
  /** The frames that the judge of strength expects, given all attempts, and what is wrong with the ends. */
  expected: (attempts: readonly Attempt[]) => readonly Due[];
  readonly problems: string[];
}

/** Opens a rig in `role` with `open`, and gives AGL's side of it. */
export async function openAglSide(
  role: Role,
  seed: number,
  open: (options: Partial<RigOptions>) => Promise<Rig>,
): Promise<{ rig: Rig; agl: AglSide }> {
  if (role === 'driver') {
    const rig = await open({});
    return { rig, agl: new BridgeSide(rig) };
  }
  let linux: LinuxPeer | undefined;
  const rig = await open({
    ...EXCHANGED_ROLES,
    makePeer: (surroundings) => (linux = new LinuxPeer(surroundings)),
  });
  const peer = linux;
  if (!peer || !rig.runUntil(() => peer.can?.isOpen === true, OPEN_LIMIT_NANOS)) {
    rig.close();
    throw new Error('can0 does not go up');
  }
  return { rig, agl: new LinuxSide(rig, peer, seed) };
}

/** The bridge. It never learns what became of a frame. */
class BridgeSide implements AglSide {
  readonly due: Due[] = [];
  readonly problems: string[] = [];
  readonly #rig: Rig;
  readonly #taking: CanFrame[] = [];

  constructor(rig: Rig) {
    this.#rig = rig;
  }

  give(frame: CanFrame, nanos: number): void {
    if (this.#rig.board.bridge?.send(frame) !== true) return;
    if (this.#taking.push(frame) === 1) this.#look(nanos);
  }

  expected(): readonly Due[] {
    return this.due;
  }

  #look(nanos: number): void {
    const { bridge, clock } = this.#rig.board;
    const left = bridge?.pendingCount ?? 0;
    for (const frame of this.#taking.splice(0, this.#taking.length - left)) {
      this.due.push({ frame, nanos });
    }
    if (left > 0) clock.schedule(nanos + LOOK_NANOS, (now) => this.#look(now));
  }
}

interface Request extends Due {
  endNanos?: number;
  isSent?: boolean;
}

/** Linux's own driver. It restarts the interface after a bus-off. */
class LinuxSide implements AglSide {
  readonly due: Request[] = [];
  readonly problems: string[] = [];
  readonly #rig: Rig;
  readonly #linux: LinuxPeer;
  readonly #random: Random;
  readonly #isLowered: boolean;
  readonly #stops: number[] = [];

  /** About every other seed lowers the interface and raises it again, now and then. */
  constructor(rig: Rig, linux: LinuxPeer, seed: number) {
    this.#rig = rig;
    this.#linux = linux;
    this.#random = Random.of(seed, 5);
    this.#isLowered = this.#random.chance(0.5);
    const { clock } = rig.board;
    const { can } = linux;
    if (!can) throw new Error('no driver is bound');
    can.onRequest = (frame) => void this.due.push({ frame, nanos: clock.now });
    can.onEnd = (frame, isSent) => this.#ended(frame, isSent);
    this.#watch();
  }

  give(frame: CanFrame): void {
    this.#linux.send(frame);
  }

  expected(attempts: readonly Attempt[]): readonly Due[] {
    this.problems.push(...this.#linux.problems);
    const sent = new Map<string, Attempt>();
    for (const attempt of attempts) {
      if (attempt.sent !== undefined) sent.set(frameKey(attempt.sent), attempt);
    }
    return this.due.map((request) => {
      const { frame, nanos, endNanos, isSent } = request;
      const key = frameKey(frame);
      const attempt = sent.get(key);
      if (endNanos === undefined) this.problems.push(`the request of ${key} has no end`);
      else if (isSent === true && !this.#hasLeft(attempt, endNanos)) {
        const left = attempt === undefined ? 'never' : `at ${attempt.endNanos}`;
        this.problems.push(`the request of ${key} ended at ${endNanos}, its frame ${left}`);
      } else if (isSent === false && attempt !== undefined && !this.#wasStopped(request, attempt)) {
        this.problems.push(`the request of ${key} was refused, and its frame was sent`);
      }
      return { frame, nanos, refusedNanos: isSent === false ? endNanos : undefined };
    });
  }

  /** An overload frame may follow, and counts to the attempt. */
  #hasLeft(attempt: Attempt | undefined, nanos: number): boolean {
    const overloadNanos = OVERLOAD_BITS * this.#rig.bitNanos;
    return attempt !== undefined && attempt.endNanos - overloadNanos <= nanos;
  }

  /** STOP refuses all requests at once (virtio 1.4, "CAN Device"), also that of a frame on the wire. */
  #wasStopped({ nanos, endNanos = 0 }: Request, { startNanos }: Attempt): boolean {
    const isStop = this.#stops.some((stop) => stop >= nanos && stop <= endNanos);
    return isStop && startNanos <= endNanos + ABORT_NANOS;
  }

  #ended(frame: CanFrame, isSent: boolean): void {
    const request = this.due.find((each) => each.frame === frame);
    if (!request || request.endNanos !== undefined) {
      this.problems.push(`the request of ${frameKey(frame)} ended twice, or was none`);
      return;
    }
    request.endNanos = this.#rig.board.clock.now;
    request.isSent = isSent;
  }

  #watch(): void {
    const { clock } = this.#rig.board;
    clock.schedule(clock.now + WATCH_NANOS, () => {
      this.#linux.run(this.#act(), () => this.#watch());
    });
  }

  *#act(): Generator<number, void> {
    const { can } = this.#linux;
    if (can?.state === 'bus-off') yield* can.restart();
    if (!this.#isLowered || this.#random.below(LOWERED_EVERY) > 0) return;
    this.#stops.push(this.#rig.board.clock.now);
    yield* this.#linux.down();
    yield DOWN_NANOS;
    yield* this.#linux.up();
  }
}
