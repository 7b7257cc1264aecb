// SPDX-License-Identifier: MIT
/**
 * BusSleep: puts the chip to sleep when nothing happens on the bus, and wakes it (`sleep=`).
 *
 * Does not: wait; each `run` makes at most one transaction of at most 4 bytes, and one READ STATUS. The
 * frame that wakes the chip cannot be received; it is counted, and said.
 */
import { Counter } from '../../rt/counters';
import { BusModeSetting } from '../command-line';
import { Deadline, microsToTicks } from '../../rt/deadline';
import { Status } from '../../rt/status';
import { AnyParts } from '../parts';
import { WakeReason } from '../../page/sentences';
import { FaultReport } from './report';

/** How often a resting chip is asked whether it still sleeps; without INT nothing else says so. */
const LOOK_MICROS: u32 = 10_000;
const LOOK_WITHOUT_LINE_MICROS: u32 = 1_000;

@final
export class BusSleep<Parts extends AnyParts> {
  /** 0: never. */
  private idleTicks: u64 = 0;
  private readonly quiet: Deadline = new Deadline();
  private readonly nextLook: Deadline = new Deadline();
  /** Frames received and sent when `quiet` was last started. */
  private traffic: u32 = 0;

  constructor(
    private readonly parts: Parts,
    private readonly report: FaultReport<Parts>,
  ) {}

  /** Takes the setting over; after the command line was read. */
  start(): void {
    const settings = this.parts.settings;
    const hasBus = settings.busMode !== BusModeSetting.Loopback;
    const perSecond: u64 = this.parts.clock.ticksPerSecond();
    this.idleTicks = hasBus ? perSecond * (settings.sleepSeconds as u64) : 0;
    this.restart(this.parts.clock.nowTicks());
  }

  /** Counts the quiet time from now on: the controller is on the bus. */
  restart(nowTicks: u64): void {
    this.traffic =
      this.parts.counters.of(Counter.Received) + this.parts.counters.of(Counter.Transmitted);
    this.quiet.start(nowTicks, this.idleTicks);
  }

  /** True when nothing was received, sent, or to be sent for as long as the setting says. */
  due(nowTicks: u64): bool {
    if (this.idleTicks === 0) return false;
    if (this.hasTraffic || this.parts.controller.anyTransmitBusy || this.wanted) {
      this.restart(nowTicks);
      return false;
    }
    return this.quiet.reached(nowTicks);
  }

  /** Begins. */
  begin(): void {
    this.parts.controller.beginSleep();
  }

  /** True when a resting chip is to be woken, or has woken. */
  get wakePending(): bool {
    const controller = this.parts.controller;
    return controller.asleep && (controller.wakePending || this.wanted || this.hasTraffic);
  }

  /**
   * One step. `Busy`: the next one is due at once. `Empty`: the chip sleeps, and `nextTicks` says when to
   * look. `Ok`: it was woken, and the bus asked for. Else it does not follow, or does not answer.
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

  /** When a resting chip is to be looked at. */
  get nextTicks(): u64 {
    return this.nextLook.ticks;
  }

  private rest(nowTicks: u64): Status {
    const controller = this.parts.controller;
    if (controller.wakePending) return this.wakenByBus();
    if (this.wanted) return this.wake(WakeReason.Agl);
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
    this.parts.controller.beginWake(true);
    return Status.Busy;
  }

  private wake(why: WakeReason): Status {
    this.report.awake(why);
    this.parts.controller.beginWake(false);
    return Status.Busy;
  }

  /** Something was received or sent since the last look at it. */
  private get hasTraffic(): bool {
    return (
      this.traffic !==
      this.parts.counters.of(Counter.Received) + this.parts.counters.of(Counter.Transmitted)
    );
  }

  /** AGL has something for the bus. */
  private get wanted(): bool {
    const parts = this.parts;
    return parts.frameHeld || parts.agl.hasReceived();
  }

  private startLook(nowTicks: u64): void {
    const isWired = this.parts.controller.useInterruptLine;
    const micros = isWired ? LOOK_MICROS : LOOK_WITHOUT_LINE_MICROS;
    this.nextLook.start(nowTicks, microsToTicks(micros, this.parts.clock.ticksPerSecond()));
  }
}
