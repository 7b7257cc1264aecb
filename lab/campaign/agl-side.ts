// SPDX-License-Identifier: MIT
/**
 * The AGL side of a campaign: a bridge that dies, freezes and comes back, attacks on the ring and on the requests, and
 * requests that any program may make.
 *
 * Every table that is asked for answers as the first does, up to its version byte: a peer that may write requests may
 * also change rules, which is no attack.
 */
import type { CanFrame } from '../../twin/bus/can-frame.ts';
import { BridgeHost } from '../../twin/agl/bridge-host.ts';
import { isSessionUp } from '../../twin/board/cell-control.ts';
import { Mutator } from '../attack/mutator.ts';
import { RequestMutator } from '../attack/request-mutator.ts';
import { liveValuesRequest, RequestWriter, ruleTableRequest } from '../page/requests.ts';
import { Random } from '../random/random.ts';
import type { Rig } from '../rig/rig.ts';

const MICROSECOND = 1_000;
const ATTACK_PERIOD_NANOS = 30 * MICROSECOND;
const WORDS_AT_ONCE = 4;
const FLOOD_PERIOD_NANOS = 40 * MICROSECOND;

export class AglSide {
  readonly #rig: Rig;
  readonly #tables: readonly Uint8Array[];
  readonly #writer: RequestWriter;
  readonly #mutator: Mutator;
  readonly #requests: Buffer;
  readonly #nextFrame: () => CanFrame;
  /** Faults that keep the bridge down or frozen. */
  #deaths = 0;
  #freezes = 0;

  constructor(rig: Rig, tables: readonly Uint8Array[], seed: number, nextFrame: () => CanFrame) {
    const { control, section } = rig.board;
    if (control === undefined) throw new Error('the board has no control device');
    this.#rig = rig;
    this.#tables = tables;
    this.#requests = control.requests;
    this.#writer = new RequestWriter(control.requests);
    this.#mutator = new Mutator(section, Random.of(seed, 7));
    this.#nextFrame = nextFrame;
  }

  /** Bridge and session are there. */
  get isUp(): boolean {
    return this.#deaths === 0 && this.#freezes === 0 && isSessionUp(this.#rig.board);
  }

  /** The mutator looks where the rings are. Call it often. */
  learn(): void {
    this.#mutator.learn();
  }

  /** AGL's interface is given a frame. Returns it if a bridge was there to take it. */
  give(): CanFrame | undefined {
    const { bridge } = this.#rig.board;
    // The bridge's own queue must stay bounded while there is no session.
    if (bridge === undefined || !bridge.isRunning || bridge.pendingCount >= 64) return undefined;
    const frame = this.#nextFrame();
    return bridge.send(frame) ? frame : undefined;
  }

  burst(frames: number): () => void {
    const { bridge } = this.#rig.board;
    for (let index = 0; index < frames && bridge?.isRunning === true; index++) {
      bridge.send(this.#nextFrame());
    }
    return () => {};
  }

  kill(): () => void {
    this.#deaths += 1;
    this.#rig.board.bridge?.stop();
    return () => {
      this.#deaths -= 1;
      if (this.#deaths === 0) this.#start();
    };
  }

  /** The machine stands still in whatever it was at. */
  freeze(): () => void {
    this.#freezes += 1;
    if (this.#bridge.isRunning) this.#bridge.hang();
    return () => {
      this.#freezes -= 1;
      if (this.#freezes === 0 && this.#bridge.isRunning) this.#bridge.goOn();
    };
  }

  /** Overwrites words of ring and header. Afterwards the bridge is started again, as systemd does. */
  attackRing(value: number): () => void {
    const random = new Random(value);
    const end = this.#every(ATTACK_PERIOD_NANOS, () => {
      for (let count = random.between(1, WORDS_AT_ONCE); count > 0; count--) this.#mutator.mutate();
    });
    return () => {
      end();
      this.#rig.board.bridge?.stop();
      if (this.#deaths === 0) this.#start();
    };
  }

  attackRequests(value: number): () => void {
    const mutator = new RequestMutator(this.#requests, new Random(value), this.#tables);
    return this.#every(ATTACK_PERIOD_NANOS, () => mutator.mutate());
  }

  /** More requests than the cell can take. */
  flood(): () => void {
    let count = 0;
    return this.#every(FLOOD_PERIOD_NANOS, () => {
      count += 1;
      const table = this.#tables[count % this.#tables.length];
      this.#writer.write(
        count % 3 === 0 ? ruleTableRequest(table) : liveValuesRequest(count % 64, [count & 0xff]),
      );
    });
  }

  askForTable(value: number): () => void {
    this.#writer.write(ruleTableRequest(this.#tables[value % this.#tables.length]));
    return () => {};
  }

  setLiveValue(value: number): () => void {
    this.#writer.write(liveValuesRequest(value % 64, [value & 0xff]));
    return () => {};
  }

  get #bridge(): BridgeHost {
    const { bridge } = this.#rig.board;
    if (!(bridge instanceof BridgeHost)) throw new Error('the campaign plays the built bridge');
    return bridge;
  }

  #start(): void {
    if (this.#bridge.isRunning) this.#bridge.stop();
    this.#bridge.start();
    if (this.#freezes > 0) this.#bridge.hang();
  }

  /** Calls `act` at once and then periodically. Returns how that ends. */
  #every(periodNanos: number, act: () => void): () => void {
    const { clock } = this.#rig.board;
    let isOn = true;
    const next = (nanos: number): void => {
      if (!isOn) return;
      act();
      clock.schedule(nanos + periodNanos, next);
    };
    next(clock.now);
    return () => (isOn = false);
  }
}
