// SPDX-License-Identifier: MIT
/**
 * Rpi4Idle: what the core does when no task is ready: it looks again at once, or sleeps (idle=wfi).
 *
 * Asleep, the core wakes for INT (the GPIO block's interrupt while the pin is low), for the ivshmem
 * doorbell of the AGL side, and for the timer. Nothing is served here: what is pending stays so
 * until the cell has nothing left to do, so that waking costs the urgent path nothing but the
 * wake-up.
 * Does not: sleep when it could miss something. What the cell config does not grant is said once, and
 * the cell polls; so it does while a session is being agreed on, where the peer answers in memory only.
 *
 * No wake-up is lost: before each sleep what is pending is acknowledged, and if anything was, the cell
 * looks at everything once more. What comes after that last look is pending, and WFI returns at once.
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

/** Arming and waking cost about this much: for less there is nothing to gain. */
const SLEEP_MICROS_MINIMUM: u32 = 10;
/** Line, link and timer: more cannot be pending. */
const INTERRUPTS_MAXIMUM: u32 = 3;
/** So many wake-ups in a row with another pin's event standing: nobody serves it. */
const DISTURBED_MAXIMUM: u32 = 16;
/** The GIC that the cell knows. */
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
    if (this.settle()) return;
    const clock = this.parts.clock;
    if (this.worthSleeping()) clock.sleepUntil(this.deadlineTicks);
    else clock.idleUntil(this.deadlineTicks);
  }

  /** One device write, and only of a core that sleeps. */
  override close(): void {
    if (!this.sleeps) return;
    this.sleeps = false;
    this.interrupts.close();
  }

  /** Switches all interrupts on; the number of the first that is not granted, 0 when all are. */
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

  /** Acknowledges and ends what is pending; true when anything was: then look again before sleeping. */
  private settle(): bool {
    let served: u32 = 0;
    while (served < INTERRUPTS_MAXIMUM) {
      const interrupt = this.interrupts.acknowledge();
      if (interrupt === NO_INTERRUPT) break;
      if (interrupt === RPI4.GPIO_INTERRUPT) this.servePin();
      this.interrupts.end(interrupt);
      served += 1;
    }
    return served !== 0;
  }

  /** An event of another pin, which Linux cannot serve without the interrupt, would wake for ever. */
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
      // The line was found broken, and that was said.
      this.giveUp();
      return false;
    }
    if (!parts.forwardRing.isEmpty || (parts.agl.peerPresent && !parts.agl.running)) return false;
    if (this.deadlineTicks < parts.clock.nowTicks() + this.minimumTicks) return false;
    if (!this.pin.isArmed()) this.armAgain();
    return true;
  }

  /** Linux has written GPLEN0, with what it read before this cell did. */
  private armAgain(): void {
    this.pin.arm();
    if (this.detectionLost) return;
    this.detectionLost = true;
    this.parts.journal.say(Status.IdleDisturbed, Sentence.EventTakenOut, RPI4.INTERRUPT_PIN);
  }

  /** From now on the cell polls, and nothing interrupts it. */
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
