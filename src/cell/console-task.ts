// SPDX-License-Identifier: MIT
/**
 * ConsoleTask: puts the console's characters out, one at a time and only where none waits for the UART.
 *
 * A hypercall for a character waits in the hypervisor until the UART has room for it, with the core and
 * without a limit. So one step looks whether the UART is at rest, and a later one puts a character there;
 * a timer keeps the looks apart by more than a character takes.
 * Does not: wait, or prevent that Linux fills the UART in between; then one step is late, and counted.
 */
import { microsToTicks } from '../rt/deadline';
import { Task } from '../rt/task';
import { AnyParts } from './parts';

/** Between two looks: more than ten bits at 115,200 bit/s take, 87 us. */
const PACE_MICROS: u32 = 100;

@final
export class ConsoleTask<Parts extends AnyParts> extends Task {
  private readonly paceTicks: u64;
  /** The UART was at rest, at `lookedTicks`. */
  private isAtRest: bool = false;
  private lookedTicks: u64 = 0;

  constructor(private readonly parts: Parts) {
    super();
    this.hasTimer = true;
    this.paceTicks = microsToTicks(PACE_MICROS, parts.clock.ticksPerSecond());
  }

  override run(nowTicks: u64): bool {
    const console = this.parts.console;
    if (!console.pending) {
      // Behind the last character it runs out unasked, and a timer that stands due would keep the cell awake.
      if (this.timer.running) this.timer.expired(nowTicks);
      return false;
    }
    if (this.isAtRest) {
      this.isAtRest = false;
      // Something else had many steps meanwhile: what was seen then says nothing now.
      if (nowTicks - this.lookedTicks < this.paceTicks) console.putOne();
    } else {
      if (this.timer.running && !this.timer.expired(nowTicks)) return false;
      this.isAtRest = console.port.isAtRest();
      this.lookedTicks = nowTicks;
      if (this.isAtRest) return true;
    }
    this.timer.start(nowTicks, this.paceTicks);
    return true;
  }
}
