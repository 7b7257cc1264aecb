// SPDX-License-Identifier: MIT
/**
 * Rpi4Idle: what the core does when no task is ready. It looks again at once, or sleeps (idle=wfi).
 *
 * A sleeping core wakes for INT (the GPIO block's interrupt while the pin is low), for the ivshmem
 * doorbell of the AGL side, and for the timer. The interrupts are only acknowledged here, and only
 * when the cell has nothing left to do. So waking costs the urgent path nothing but the wake-up.
 *
 * No wake-up is lost. Before each sleep the pending interrupts are acknowledged. If there was one,
 * the cell looks at everything once more. An interrupt after that last look stays pending, and WFI
 * returns at once.
 *
 * The cell polls instead if the cell config does not grant an interrupt, and reports that once. It
 * also polls while a session is being set up, because the peer then answers in memory only.
 * Does not: sleep when it could miss something.
 */
import { IdleSetting, InterruptSource } from '../cell/command-line';
import { LowLevelEvent } from '../chip/bcm2711/low-level-event';
import { InterruptController, NO_INTERRUPT, Trigger } from '../chip/gic400/interrupt-controller';
import { VIRTUAL_TIMER_INTERRUPT } from '../chip/gic400/registers';
import { Idle } from '../hal/idle';
import { JailhouseHost } from '../jailhouse/host';
import { Sentence } from '../page/sentences';
import { microsToTicks } from '../rt/deadline';
import { Status } from '../rt/status';
import * as RPI4 from './rpi4';

/** Arming and waking cost about this much. A shorter sleep gains nothing. */
const SLEEP_MICROS_MINIMUM: u32 = 10;
/** The most interrupts that can be pending: line, link and timer. */
const INTERRUPTS_MAXIMUM: u32 = 3;
/**
 * After this many consecutive wake-ups caused by another pin, assume that its event will never be
 * cleared.
 */
const DISTURBED_MAXIMUM: u32 = 16;
/** The GIC version that the cell supports. */
const GIC_VERSION: u32 = 2;

@final
export class Rpi4Idle extends Idle {
  private disturbed: u32 = 0;
  private detectionLost: bool = false;
  private readonly minimumTicks: u64;
  private readonly interrupts: InterruptController = new InterruptController();
  private readonly pin: LowLevelEvent = new LowLevelEvent(RPI4.GPIO_ADDRESS, RPI4.INTERRUPT_PIN);

  constructor(
    private readonly parts: RPI4.Rpi4Parts,
    private readonly host: JailhouseHost,
  ) {
    super();
    this.minimumTicks = microsToTicks(SLEEP_MICROS_MINIMUM, parts.clock.ticksPerSecond());
  }

  override start(): void {
    const parts = this.parts;
    if (parts.settings.idle === IdleSetting.Poll) return;
    if (parts.settings.interruptSource !== InterruptSource.Gpio) {
      this.begin();
      parts.console.text('idle=wfi needs int=gpio, the line that wakes it');
      this.endPolling(Status.IdleNotGranted);
      return;
    }
    const refused = this.enable();
    if (refused === 0) {
      this.pin.arm();
      this.interrupts.open();
      this.sleeps = true;
      return;
    }
    this.begin();
    parts.console.text('idle=wfi: the cell config does not grant interrupt ').decimal(refused);
    parts.console.text(', rpi4-canwarden-wfi.cell does');
    this.endPolling(Status.IdleNotGranted);
  }

  override sleep(): void {
    this.hasSlept = false;
    if (this.settle()) return;
    const clock = this.parts.clock;
    if (this.worthSleeping()) {
      this.hasSlept = true;
      clock.sleepUntil(this.deadlineTicks);
      return;
    }
    const skippedTicks = clock.idleUntil(this.deadlineTicks);
    if (skippedTicks !== 0) this.parts.controller.receiver.skipped(skippedTicks);
  }

  /** Costs one device write if the core sleeps between steps, and nothing if it polls. */
  override close(): void {
    if (!this.sleeps) return;
    this.sleeps = false;
    this.interrupts.close();
  }

  /**
   * Enables all interrupts. Returns the number of the first one that is not granted; 0: all are.
   */
  private enable(): u32 {
    const parts = this.parts;
    const region = this.host.region;
    const interrupts = this.interrupts;
    if (region.interruptControllerVersion !== GIC_VERSION) return RPI4.GPIO_INTERRUPT;
    interrupts.place(region.distributorBase, region.cpuInterfaceBase);
    if (!interrupts.enable(RPI4.GPIO_INTERRUPT, Trigger.Level)) return RPI4.GPIO_INTERRUPT;
    if (!interrupts.enable(VIRTUAL_TIMER_INTERRUPT, Trigger.Level)) return VIRTUAL_TIMER_INTERRUPT;
    if (!parts.linkUsable) return 0;
    const linkInterrupt = this.host.linkInterrupt;
    if (!interrupts.enable(linkInterrupt, Trigger.Edge)) return linkInterrupt;
    parts.link.setInterruptEnabled(true);
    parts.agl.wantReceiveInterrupts();
    return 0;
  }

  /**
   * Acknowledges and ends the pending interrupts. Returns true when there was one: then look again
   * before sleeping.
   */
  private settle(): bool {
    let served: u32 = 0;
    // loop: at most INTERRUPTS_MAXIMUM
    while (served < INTERRUPTS_MAXIMUM) {
      const interrupt = this.interrupts.acknowledge();
      if (interrupt === NO_INTERRUPT) break;
      if (interrupt === RPI4.GPIO_INTERRUPT) this.servePin();
      this.interrupts.end(interrupt);
      served += 1;
    }
    return served !== 0;
  }

  /**
   * Clears the event of the cell's pin. An event of another pin would wake the core again and
   * again: Linux cannot clear it without the interrupt.
   */
  private servePin(): void {
    this.pin.clear();
    const foreign = this.pin.foreignEvents();
    this.disturbed = foreign === 0 ? 0 : this.disturbed + 1;
    if (this.disturbed !== DISTURBED_MAXIMUM) return;
    this.parts.journal.say(Status.IdleDisturbed, Sentence.First, foreign);
    this.giveUp();
  }

  private worthSleeping(): bool {
    const parts = this.parts;
    if (!this.sleeps) return false;
    if (!parts.controller.useInterruptLine) {
      // The line was found faulty, and that was reported.
      this.giveUp();
      return false;
    }
    if (!parts.forwardRing.isEmpty || (parts.agl.peerPresent && !parts.agl.running)) return false;
    if (this.deadlineTicks < parts.clock.nowTicks() + this.minimumTicks) return false;
    if (!this.pin.isArmed()) this.armAgain();
    return true;
  }

  /**
   * Linux has overwritten GPLEN0 with a value that it read before the cell armed its pin. Arms it
   * again.
   */
  private armAgain(): void {
    this.pin.arm();
    if (this.detectionLost) return;
    this.detectionLost = true;
    this.parts.journal.say(Status.IdleDisturbed, Sentence.EventTakenOut, RPI4.INTERRUPT_PIN);
  }

  /** Changes to polling for good, and switches all interrupts off. */
  private giveUp(): void {
    this.sleeps = false;
    this.pin.disarm();
    if (this.parts.linkUsable) this.parts.link.setInterruptEnabled(false);
    this.interrupts.close();
  }

  private begin(): void {
    this.parts.console.text('canwarden: ');
  }

  private endPolling(status: Status): void {
    this.parts.records.said(status, Sentence.First, 0);
    this.parts.console.text(': the cell polls (status ').decimal(status).text(')').endLine();
  }
}
