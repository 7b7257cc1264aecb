// SPDX-License-Identifier: MIT
/**
 * StagingTask: makes the next answers of rules that take nothing from their requests, before these come.
 *
 * A step is one piece of a program, some steps or one checksum, so that INT is looked at in between. Then the
 * scheduler loads the answer into the buffer that is kept for it, as soon as the bus is done with the one before,
 * and yields to INT at each byte. A request that comes earlier has its answer made at once (UrgentAnswers).
 * Does not: use SPI, or choose which rules are served so; the compiler does.
 */
import { Task } from '../../rt/task';
import { AnyParts } from '../parts';
import { TransmitScheduler } from '../transmit/scheduler';
import { UrgentAnswers } from './answers';

@final
export class StagingTask<Parts extends AnyParts> extends Task {
  constructor(
    private readonly scheduler: TransmitScheduler<Parts>,
    private readonly answers: UrgentAnswers<Parts>,
  ) {
    super();
  }

  override run(_nowTicks: u64): bool {
    if (!this.scheduler.isStaging) return false;
    if (this.answers.stageNext()) return true;
    this.scheduler.isStaging = false;
    return false;
  }
}
