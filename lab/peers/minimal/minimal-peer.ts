// SPDX-License-Identifier: MIT
/**
 * The AGL side played by a minimal peer in TypeScript instead of the built bridge. It is a second
 * reading of the specifications, and the firmware's ring code has to work with it.
 *
 * Does not: share code with src/virtio, or survive a hostile cell.
 */
import type { CanFrame } from '../../../twin/bus/can-frame.ts';
import type { ScheduledEvent, VirtualClock } from '../../../twin/clock.ts';
import type { IvshmemEndpoint } from '../../../twin/hypervisor/ivshmem-endpoint.ts';
import type { IvshmemLink } from '../../../twin/hypervisor/ivshmem-link.ts';
import type { AglPeer } from '../../../twin/agl/bridge-host.ts';
import { playDevice } from './minimal-device.ts';
import { playDriver } from './minimal-driver.ts';

// Configuration space and registers of the ivshmem device.
const CONFIG_COMMAND = 0x04;
const COMMAND_MEMORY_AND_MASTER = 0x6;
const REGISTER_DOORBELL = 0x0c;
const REGISTER_STATE = 0x10;
const PROTOCOL_FRONT_END = 0x8024;
const WAITING_MOST = 4096;
const HUNG_LOOK_NANOS = 100_000;

/** How a control message (START, STOP) of the driver ended. */
export interface ControlOutcome {
  readonly type: number;
  /** 0: success. */
  readonly result: number;
  readonly nanos: number;
}

/** The surroundings that the device and the driver need. */
export interface PeerContext {
  readonly section: Buffer;
  /** Frames on their way to the cell. */
  readonly waiting: CanFrame[];
  /** Control messages that the driver still has to send. */
  readonly wishes: number[];
  readonly withoutFeatures: number;
  nowNanos(): number;
  otherState(): number;
  setOwnState(state: number): void;
  ring(): void;
  onFrame(frame: CanFrame): void;
  noteAcknowledged(nanos: number): void;
  noteProblem(problem: string): void;
  noteControl(outcome: ControlOutcome): void;
}

export interface MinimalPeerOptions {
  readonly clock: VirtualClock;
  readonly endpoint: IvshmemEndpoint;
  readonly link: IvshmemLink;
  readonly section: Buffer;
  /** The end that AGL plays, as given by its class code. */
  readonly protocol: number;
  readonly onFrame: (frame: CanFrame, nanos: number) => void;
  /** Driver only: feature bits that it does not accept. */
  readonly withoutFeatures?: number;
  /** Plays the driver. Absent: the minimal one. */
  readonly playDriver?: (peer: PeerContext) => Generator<number, never>;
}

export class MinimalPeer implements AglPeer {
  readonly errorFrames = 0;
  /** The longest time that the cell took to acknowledge a register write. */
  longestAcknowledgeNanos = 0;
  /** What the cell did that no driver or device would accept. */
  readonly problems: string[] = [];
  /** Driver only: how its START and STOP messages ended. */
  readonly controls: ControlOutcome[] = [];
  /** The machine stands still: it gives and takes nothing, and the states stay. */
  isHung = false;
  readonly #options: MinimalPeerOptions;
  readonly #wishes: number[] = [];
  readonly #waiting: CanFrame[] = [];
  #play: Generator<number, never> | undefined;
  #next: ScheduledEvent | undefined;

  constructor(options: MinimalPeerOptions) {
    this.#options = options;
  }

  get isRunning(): boolean {
    return this.#play !== undefined;
  }

  get pendingCount(): number {
    return this.#waiting.length;
  }

  start(): void {
    const { endpoint, protocol, playDriver: play = playDriver } = this.#options;
    endpoint.writeConfig(CONFIG_COMMAND, 0xffff, COMMAND_MEMORY_AND_MASTER);
    const context = this.#context();
    this.#play = protocol === PROTOCOL_FRONT_END ? play(context) : playDevice(context);
    this.#look();
  }

  stop(): void {
    if (this.#next) this.#options.clock.cancel(this.#next);
    this.#play = undefined;
    this.#waiting.length = 0;
    this.#options.endpoint.writeRegister(REGISTER_STATE, 0);
  }

  send(frame: CanFrame): boolean {
    if (!this.#play || this.#waiting.length >= WAITING_MOST) return false;
    this.#waiting.push(frame);
    return true;
  }

  /** Driver only: sends a control message as soon as the previous one is answered. */
  control(type: number): void {
    this.#wishes.push(type);
  }

  #look(): void {
    if (!this.#play) return;
    const { clock } = this.#options;
    const value = this.isHung ? HUNG_LOOK_NANOS : this.#play.next().value;
    this.#next = clock.schedule(clock.now + value, () => this.#look());
  }

  #context(): PeerContext {
    const { clock, endpoint, link, section, onFrame, withoutFeatures = 0 } = this.#options;
    const other = 1 - endpoint.id;
    return {
      section,
      waiting: this.#waiting,
      wishes: this.#wishes,
      withoutFeatures,
      nowNanos: () => clock.now,
      otherState: () => link.stateOf(other),
      setOwnState: (state) => endpoint.writeRegister(REGISTER_STATE, state),
      ring: () => endpoint.writeRegister(REGISTER_DOORBELL, other << 16),
      onFrame: (frame) => onFrame(frame, clock.now),
      noteAcknowledged: (nanos) => {
        this.longestAcknowledgeNanos = Math.max(this.longestAcknowledgeNanos, nanos);
      },
      noteProblem: (problem) => this.problems.push(problem),
      noteControl: (outcome) => this.controls.push(outcome),
    };
  }
}
