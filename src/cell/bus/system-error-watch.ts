// SPDX-License-Identifier: MIT
/**
 * SystemErrorWatch: looks whether an SError waits that the core masks, and says so once.
 *
 * One read of a register of the core for each look. It stays pending while it is masked, so that there is
 * no second one to be seen; a count of two means that it went away in between.
 * Does not: take it. What has failed is not known, and the cell goes on guarding the bus.
 */
import { Counter } from '../../rt/counters';
import { AnyParts } from '../parts';
import { FaultReport } from './report';

@final
export class SystemErrorWatch<Parts extends AnyParts> {
  private pending: bool = false;
  private said: bool = false;

  constructor(
    private readonly parts: Parts,
    private readonly report: FaultReport<Parts>,
  ) {}

  look(): void {
    const isPending = this.parts.host.systemErrorPending();
    const isNew = isPending && !this.pending;
    this.pending = isPending;
    if (!isNew) return;
    this.parts.counters.count(Counter.SystemErrors);
    if (!this.said) this.report.systemError();
    this.said = true;
  }
}
