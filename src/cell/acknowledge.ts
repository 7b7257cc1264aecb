// SPDX-License-Identifier: MIT
/**
 * AcknowledgeTask: serves a register write that the driver at the other end waits for.
 *
 * A Linux CPU spins until it is done.
 * Does not: run in the front-end's part, which is the one that waits: `run` is then one comparison.
 */
import { Task } from '../rt/task';
import { AnyParts } from './parts';

@final
export class AcknowledgeTask<Parts extends AnyParts> extends Task {
  constructor(private readonly parts: Parts) {
    super();
  }

  /** One register. */
  override run(_nowTicks: u64): bool {
    return this.parts.agl.isAwaited && this.parts.agl.step();
  }
}
