// SPDX-License-Identifier: MIT
/**
 * BusSleep: puts the chip to sleep on a quiet bus, and wakes it (`sleep=`).
 *
 * The chip cannot receive the frame that wakes it. That frame is counted and reported.
 * Does not: wait. Each `run` makes at most one transaction of at most 4 bytes, and one READ STATUS.
 */
import { Counter } from '../../rt/counters';
import { BusModeSetting } from '../command-line';
import { Deadline, microsToTicks } from '../../rt/deadline';
import { Status } from '../../rt/status';
import { AnyParts } from '../parts';
import { WakeReason } from '../../page/sentences';
import { FaultReport } from './report';

/**
 * How often the cell checks that a sleeping chip still sleeps. Without INT this check alone tells.
 */
const LOOK_MICROS: u32 = 10_000;
const LOOK_WITHOUT_LINE_MICROS: u32 = 1_000;

@final
export class BusSleep<Parts extends AnyParts> {
  /** Quiet time before the chip sleeps, in ticks; 0: it never sleeps. */
  private idleTicks: u64 = 0;
  private readonly quiet: Deadline = new Deadline();
  private readonly nextLook: Deadline = new Deadline();
  /** Frames received and sent when `quiet` was last started. */
  private traffic: u32 = 0;

  constructor(
    private readonly parts: Parts,
    private readonly report: FaultReport<Parts>,
  ) {}

  /** Reads the setting; call it after the command line was parsed. */
  start(): void {
    const settings = this.parts.settings;
    const hasBus = settings.busMode !== BusModeSetting.Loopback;
    const perSecond: u64 = this.parts.clock.ticksPerSecond();
    this.idleTicks = hasBus ? perSecond * (settings.sleepSeconds as u64) : 0;
    this.restart(this.parts.clock.nowTicks());
  }

  /** Starts the quiet time anew. Call it when the controller is on the bus. */
  restart(nowTicks: u64): void {
    this.traffic =
      this.parts.counters.of(Counter.Received) + this.parts.counters.of(Counter.Transmitted);
    this.quiet.start(nowTicks, this.idleTicks);
  }

  /** True when nothing was received, sent, or waiting to be sent for the time of the setting. */
  due(nowTicks: u64): bool {
    if (this.idleTicks === 0) return false;
    if (this.hasTraffic || this.parts.controller.anyTransmitBusy || this.wanted) {
      this.restart(nowTicks);
      return false;
    }
    return this.quiet.reached(nowTicks);
  }

  /** Begins to put the chip to sleep; `run` does it. */
  begin(): void {
    this.parts.controller.beginSleep();
  }

  /** True when a sleeping chip has woken, or must be woken. */
  get wakePending(): bool {
    const controller = this.parts.controller;
    return (
      controller.asleep &&
      (controller.wakePending || this.parts.wakeWanted || this.wanted || this.hasTraffic)
    );
  }

  /**
   * One step. `Busy`: the next step is due at once. `Empty`: the chip sleeps; look again at
   * `nextTicks`. `Ok`: the chip is awake and was asked for the bus. Any other status: the chip does
   * not follow, or does not answer.
   */
  run(nowTicks: u64): Status {
    const controller = this.parts.controller;
    if (controller.asleep) return this.rest(nowTicks);
    const status = controller.sleepStep();
    if (status !== Status.Ok || !controller.asleep) return status;
    this.parts.counters.count(Counter.Sleeps);
    this.report.asleep();
    this.startLook(nowTicks);
    return Status.Empty;
  }

  /** When to look at the sleeping chip next. */
  get nextTicks(): u64 {
    return this.nextLook.ticks;
  }

  private rest(nowTicks: u64): Status {
    const controller = this.parts.controller;
    if (controller.wakePending) return this.wakenByBus();
    if (this.wanted) return this.wake(WakeReason.Agl);
    if (this.parts.wakeWanted) return this.wake(WakeReason.Timer);
    if (this.hasTraffic) return this.wake(WakeReason.Late);
    if (!this.nextLook.reached(nowTicks)) return Status.Empty;
    this.startLook(nowTicks);
    const status = controller.checkAsleep();
    if (status === Status.Busy) return this.wakenByBus();
    return status === Status.Ok ? Status.Empty : status;
  }

  private wakenByBus(): Status {
    this.parts.counters.count(Counter.WakesByBus);
    this.report.awake(WakeReason.Bus);
    this.parts.wakeWanted = false;
    this.parts.controller.beginWake(true);
    return Status.Busy;
  }

  private wake(why: WakeReason): Status {
    this.report.awake(why);
    this.parts.wakeWanted = false;
    this.parts.controller.beginWake(false);
    return Status.Busy;
  }

  /** Frames were received or sent since `quiet` was last started. */
  private get hasTraffic(): bool {
    return (
      this.traffic !==
      this.parts.counters.of(Counter.Received) + this.parts.counters.of(Counter.Transmitted)
    );
  }

  /** AGL has something for the bus. */
  private get wanted(): bool {
    const parts = this.parts;
    return !parts.fromAgl.isEmpty || parts.agl.hasReceived();
  }

  private startLook(nowTicks: u64): void {
    const isWired = this.parts.controller.useInterruptLine;
    const micros = isWired ? LOOK_MICROS : LOOK_WITHOUT_LINE_MICROS;
    this.nextLook.start(nowTicks, microsToTicks(micros, this.parts.clock.ticksPerSecond()));
  }
}
