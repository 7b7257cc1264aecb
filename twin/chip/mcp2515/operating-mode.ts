// SPDX-License-Identifier: MIT
/**
 * Modes of operation and the changes between them (DS20001801J, section 10). Owns the node's connection to
 * the bus and the wake-up from sleep.
 */
import type { CanNode, Participation } from '../../bus/can-node.ts';
import type { ScheduledEvent } from '../../clock.ts';
import { UnimplementedFeature } from '../../unimplemented.ts';
import { type BitTiming, decodeBitTiming } from './bit-timing.ts';
import type { Mcp2515Options } from './options.ts';
import {
  CANCTRL,
  CANCTRL_REQOP_SHIFT,
  CANINTF,
  CANINTF_WAKIF,
  CNF1,
  CNF2,
  CNF3,
  MODE_CONFIGURATION,
  MODE_LISTEN_ONLY,
  MODE_LOOPBACK,
  MODE_NORMAL,
  MODE_SLEEP,
} from './registers.ts';

/** Oscillator start-up timer: cycles after reset, power-on and sleep (section 8.1). */
const START_UP_CYCLES = 128;

/** What the modes need from the chip. */
export interface ModeHost {
  readonly options: Mcp2515Options;
  readonly node: CanNode;
  readonly registers: Uint8Array;
  /** Whether a message still waits to be sent: a mode change waits for it. */
  messagesWait(): boolean;
  /** The chip has left the bus. Anything under way is lost. */
  left(): void;
  /** OPMOD has changed. */
  entered(mode: number, nanos: number): void;
}

/** The mode. */
export class OperatingMode {
  readonly #host: ModeHost;
  /** OPMOD. */
  #mode: number = MODE_CONFIGURATION;
  /** Mode requested and not begun yet. */
  #wanted: number | undefined;
  /** Mode begun: the chip waits for 11 recessive bits. */
  #joining: number | undefined;
  #timing: BitTiming | undefined;
  #waking: ScheduledEvent | undefined;

  constructor(host: ModeHost) {
    this.#host = host;
  }

  get current(): number {
    return this.#mode;
  }

  /** The chip's bit clock, as set when it left configuration mode. Undefined before. */
  get timing(): BitTiming | undefined {
    return this.#timing;
  }

  get participation(): Participation {
    if (this.#mode === MODE_LISTEN_ONLY) return 'silent';
    return this.#mode === MODE_NORMAL ? 'active' : 'absent';
  }

  /** Start-up time from a stopped oscillator. */
  get coldStartNanos(): number {
    return (this.#host.options.crystalStartNanos ?? 0) + this.startUpNanos;
  }

  /** Start-up time from a running oscillator. */
  get startUpNanos(): number {
    return Math.round((START_UP_CYCLES * 1e9) / this.#host.options.oscillatorHertz);
  }

  /** REQOP was written. */
  request(mode: number, nanos: number): void {
    if (mode > MODE_CONFIGURATION) {
      throw new UnimplementedFeature('MCP2515', `operation mode request REQOP = ${mode}`);
    }
    if (mode === this.#joining) return;
    if (this.#joining !== undefined) {
      this.#joining = undefined;
      this.#host.options.bus.disconnect(this.#host.node, nanos);
    }
    this.#wanted = mode === this.#mode ? undefined : mode;
    this.settle(nanos);
  }

  /**
   * Enters the wanted mode unless a message is still to be sent or a frame is in progress; only configuration
   * and loopback mode cut a frame short. Called at the end of each message and frame.
   */
  settle(nanos: number): void {
    const wanted = this.#wanted;
    if (wanted === undefined) return;
    if (this.#sendsFirst) return;
    const leaves = wanted === MODE_CONFIGURATION || wanted === MODE_LOOPBACK;
    if (!leaves && this.#inFrame) return;
    if (this.#mode === MODE_SLEEP) {
      throw new UnimplementedFeature(
        'MCP2515',
        'leaving sleep mode by CANCTRL (set WAKIF instead)',
      );
    }
    this.#wanted = undefined;
    this.#begin(wanted, nanos);
  }

  /** Leaves sleep: the oscillator starts, then the chip is in listen-only mode (section 10.2). */
  wake(nanos: number): void {
    if (this.#mode !== MODE_SLEEP || this.#waking !== undefined) return;
    // Already awake, and on the way to listen-only mode.
    if (this.#joining !== undefined) return;
    const { options, registers } = this.#host;
    this.#waking = options.clock.schedule(nanos + this.coldStartNanos, (awake) => {
      this.#waking = undefined;
      if (options.wakeChangesRequest === true) {
        const kept = registers[CANCTRL] & ((1 << CANCTRL_REQOP_SHIFT) - 1);
        registers[CANCTRL] = kept | (MODE_LISTEN_ONLY << CANCTRL_REQOP_SHIFT);
      }
      this.#begin(MODE_LISTEN_ONLY, awake);
    });
  }

  /** RESET: configuration mode at once. */
  reset(nanos: number): void {
    const { options, node } = this.#host;
    const { bus, clock } = options;
    bus.disconnect(node, nanos);
    if (this.#waking !== undefined) clock.cancel(this.#waking);
    this.#waking = undefined;
    this.#mode = MODE_CONFIGURATION;
    this.#wanted = undefined;
    this.#joining = undefined;
    this.#host.left();
  }

  /** Whether messages must be sent before the mode may change (section 10.0). */
  get #sendsFirst(): boolean {
    const sending = this.#mode === MODE_NORMAL || this.#mode === MODE_LOOPBACK;
    return sending && this.#host.messagesWait();
  }

  /** Whether it takes part in a frame on the bus. */
  get #inFrame(): boolean {
    const { options, node } = this.#host;
    if (this.participation === 'absent' || !options.bus.isReady(node)) return false;
    return options.bus.carriesFrame;
  }

  #begin(mode: number, nanos: number): void {
    const { options, node } = this.#host;
    const { bus } = options;
    const onBus = mode === MODE_NORMAL || mode === MODE_LISTEN_ONLY;
    const wasOnBus = this.participation !== 'absent';
    if (this.#mode === MODE_CONFIGURATION) this.#takeBitTiming();
    if (!onBus) {
      bus.disconnect(node, nanos);
      this.#host.left();
    }
    if (!onBus || wasOnBus) return this.#enter(mode, nanos);
    // Assumed: OPMOD shows the mode only after the chip has seen 11 recessive bits.
    this.#joining = mode;
    bus.connect(node, nanos, (joined) => {
      this.#joining = undefined;
      if (!this.#sendsFirst) return this.#enter(mode, joined);
      // Messages were requested meanwhile, still in loopback mode: start again when they are sent.
      bus.disconnect(node, joined);
      this.#wanted = mode;
    });
  }

  #enter(mode: number, nanos: number): void {
    const { options, registers } = this.#host;
    this.#mode = mode;
    this.#host.entered(mode, nanos);
    if (mode !== MODE_SLEEP || options.standingWakeFlagWakes !== true) return;
    if ((registers[CANINTF] & CANINTF_WAKIF) !== 0) this.wake(nanos);
  }

  #takeBitTiming(): void {
    const { options, registers } = this.#host;
    this.#timing = decodeBitTiming(
      registers[CNF1],
      registers[CNF2],
      registers[CNF3],
      options.oscillatorHertz,
    );
  }
}
