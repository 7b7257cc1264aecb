// SPDX-License-Identifier: MIT
/**
 * A script of SPI and bus events, made step by step on the twin's MCP2515, with what the twin did at each step.
 * chip-replay.ts plays it to another chip.
 *
 * A step happens at one instant, off the bit grid, so that no step meets an event of the bus, and in no ACK slot:
 * whether a chip that leaves the bus there has acknowledged is left open (DS20001801J, 10 gives no time for it).
 * Does not: choose steps; see chip-random.ts.
 */
import { CanBus } from '../../twin/bus/can-bus.ts';
import type { CanFrame } from '../../twin/bus/can-frame.ts';
import type { Participant } from '../../twin/bus/attempt.ts';
import { favourite } from '../../twin/bus/attempt.ts';
import { LogNode } from '../../twin/bus/log-node.ts';
import { Mcp2515 } from '../../twin/chip/mcp2515/mcp2515.ts';
import { VirtualClock } from '../../twin/clock.ts';
import { canLine } from './can-line.ts';

export const CHIP_BITRATE = 500_000;
export const CHIP_OSCILLATOR_HERTZ = 16_000_000;
export const BIT_NANOS = 1e9 / CHIP_BITRATE;
/** Where in its bit a step happens. */
const PHASE_NANOS = 700;

/** One SPI transaction, or one line for the node on the bus. */
export interface ChipStep {
  readonly nanos: number;
  /** The bytes of the transaction. Empty: none, only a look at INT. */
  readonly mosi: readonly number[];
  readonly line?: string;
  /** What the twin answered, and its INT after the step. */
  readonly miso: readonly number[];
  readonly interruptLow: boolean;
}

/** A good frame on the bus, as the node sees it. */
export interface BusFrame {
  readonly text: string;
  readonly nanos: number;
  /** Sent by the node. */
  readonly isOwn: boolean;
}

export class ChipScript {
  readonly steps: ChipStep[] = [];
  readonly frames: BusFrame[] = [];
  readonly chip: Mcp2515;
  readonly #clock = new VirtualClock();
  readonly #bus: CanBus;
  readonly #node: LogNode;
  #destroy = 0;
  /** Where the ACK slot of the last attempt begins. */
  #acknowledgeNanos = -1;

  constructor() {
    this.#bus = new CanBus({ clock: this.#clock, bitrate: CHIP_BITRATE });
    this.#node = new LogNode({ clock: this.#clock, bus: this.#bus, name: 'node' });
    this.chip = new Mcp2515({
      clock: this.#clock,
      bus: this.#bus,
      name: 'chip',
      oscillatorHertz: CHIP_OSCILLATOR_HERTZ,
    });
    this.#bus.onAttempt((participants) => this.#disturb(participants));
    this.#bus.onFrame(({ frame, endNanos, sender, outcome, acknowledged }) => {
      const isHeard = sender === 'node' || this.#node.participation === 'active';
      if (outcome !== 'complete' || !acknowledged || !isHeard) return;
      this.frames.push({ text: canLine(frame), nanos: endNanos, isOwn: sender === 'node' });
    });
  }

  get now(): number {
    return this.#clock.now;
  }

  get isBusFree(): boolean {
    return !this.#bus.carriesFrame;
  }

  get isNodeOpen(): boolean {
    return this.#node.participation === 'active';
  }

  /** Lets at least `nanos` pass, to the phase at which steps happen. */
  wait(nanos: number): void {
    const bits = Math.ceil((this.now + nanos - PHASE_NANOS) / BIT_NANOS);
    // The frame of a slot that begins then is on the bus before.
    this.#clock.advanceTo(Math.max(this.now, bits * BIT_NANOS));
    const isInSlot = this.#acknowledgeNanos === bits * BIT_NANOS;
    const end = (isInSlot ? bits + 1 : bits) * BIT_NANOS + PHASE_NANOS;
    this.#clock.advanceTo(Math.max(this.now, end));
  }

  /** One SPI transaction, now. Returns what the twin answered. */
  spi(...mosi: number[]): number[] {
    const nanos = this.now;
    this.chip.select(nanos);
    const miso = mosi.map((byte) => this.chip.exchange(byte, nanos));
    this.chip.deselect(nanos);
    this.#record({ mosi, miso });
    return miso;
  }

  /** A look at INT alone. */
  look(): void {
    this.#record({});
  }

  /** The node on the bus wants to send from now on. */
  send(frame: CanFrame): void {
    this.#node.enqueue(frame, this.now, 'node');
    this.#clock.advanceTo(this.now);
    this.#record({ line: canLine(frame) });
  }

  /** The CRC delimiters of the next attempts are destroyed. */
  destroy(count: number): void {
    this.#destroy += count;
    this.#record({ line: `E${count}` });
  }

  /** The node leaves the bus, or comes back. Only while no frame is on it. */
  setNodeOpen(isOpen: boolean): void {
    if (!this.isBusFree) throw new Error('the node may not leave within a frame');
    this.#node.participation = isOpen ? 'active' : 'absent';
    this.#bus.requestStart(this.now);
    this.#record({ line: isOpen ? 'O' : 'C' });
  }

  #record(step: { mosi?: readonly number[]; miso?: readonly number[]; line?: string }): void {
    const { interruptLow } = this.chip;
    this.steps.push({ nanos: this.now, mosi: [], miso: [], ...step, interruptLow });
  }

  #disturb(participants: readonly Participant[]) {
    const { wire } = favourite(participants)!.offer!;
    this.#acknowledgeNanos = this.now + wire.acknowledgeSlot * BIT_NANOS;
    if (this.#destroy === 0) return [];
    this.#destroy--;
    return [{ kind: 'flip', bit: wire.acknowledgeSlot - 1 } as const];
  }
}
