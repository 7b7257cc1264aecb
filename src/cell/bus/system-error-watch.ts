/**
 * SystemErrorWatch: looks whether an SError waits that the core masks, and says so once.
 *
 * One read of a register of the core for each look. It stays pending while it is masked, so that there is
 * no second one to be seen; a count of two means that it went away in between.
 * Does not: take it. What has failed is not known, and the cell goes on guarding the bus.
 */
import { systemErrorPending } from '../../chip/bcm2711/system-error';
import { count, Counter } from '../../rt/counters';
import { FaultReport } from './report';

@final
export class SystemErrorWatch {
  private pending: bool = false;
  private said: bool = false;

  constructor(private readonly report: FaultReport) {}

  look(): void {
    const isPending = systemErrorPending();
    const isNew = isPending && !this.pending;
    this.pending = isPending;
    if (!isNew) return;
    count(Counter.SystemErrors);
    if (!this.said) this.report.systemError();
    this.said = true;
  }
}
