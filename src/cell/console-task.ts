// SPDX-License-Identifier: MIT
/**
 * ConsoleTask: puts out the console's characters, one at a time, when the UART is at rest.
 *
 * A hypercall for a character waits in the hypervisor until the UART has room. It holds the core,
 * without a limit. So one step checks that the UART is at rest, and the next step puts a character
 * there. Neither is done while INT is asserted. A timer keeps the checks further apart than a character takes.
 * Does not: wait. Does not keep Linux from filling the UART in between; then one step is late and
 * counted.
 */
import { microsToTicks } from '../rt/deadline';
import { Task } from '../rt/task';
import { AnyParts } from './parts';

/** Time between two checks. Longer than ten bits at 115,200 bit/s, which take 87 us. */
const PACE_MICROS: u32 = 100;

@final
export class ConsoleTask<Parts extends AnyParts> extends Task {
  private readonly paceTicks: u64;
  /** The UART was at rest at the last check. */
  private isAtRest: bool = false;
  /** No check before this time. A check is out of date from this time on. */
  private dueTicks: u64 = 0;

  constructor(private readonly parts: Parts) {
    super();
    this.hasTimer = true;
    this.paceTicks = microsToTicks(PACE_MICROS, parts.clock.ticksPerSecond());
  }

  override run(nowTicks: u64): bool {
    const console = this.parts.console;
    if (!console.pending) {
      // After the last character the timer runs out. A timer that is due would keep the cell awake.
      if (this.timer.running) this.timer.expired(nowTicks);
      return false;
    }
    const isChecked = this.isAtRest;
    if (!isChecked && nowTicks < this.dueTicks) return false;
    this.isAtRest = false;
    // Both accesses leave to the hypervisor. A frame that has just come in goes before.
    const mayAccess = !this.parts.controller.lineAsserted();
    if (isChecked) {
      // If other tasks ran too long in between, the check is out of date.
      if (mayAccess && nowTicks < this.dueTicks) console.putOne();
    } else {
      this.isAtRest = mayAccess && console.port.isAtRest();
      this.dueTicks = nowTicks + this.paceTicks;
      if (this.isAtRest) return true;
    }
    this.timer.start(nowTicks, this.paceTicks);
    return true;
  }
}
