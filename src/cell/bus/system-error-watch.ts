// SPDX-License-Identifier: MIT
/**
 * SystemErrorWatch: looks for a pending SError, which the core masks, and reports it once.
 *
 * Each look is one read of a core register. An SError stays pending while it is masked. A count of
 * two means that it went away in between.
 * Does not: take the SError. Its cause is unknown, and the cell goes on guarding the bus.
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
