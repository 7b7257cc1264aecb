// SPDX-License-Identifier: MIT
/**
 * AcknowledgeTask: serves one register write of AGL's virtio driver.
 *
 * The driver waits for the acknowledgement, and a Linux CPU spins meanwhile.
 * Does not: do anything when the cell is the front-end. Then the cell itself waits, and `run` is
 * one comparison.
 */
import { Task } from '../rt/task';
import { AnyParts } from './parts';

@final
export class AcknowledgeTask<Parts extends AnyParts> extends Task {
  constructor(private readonly parts: Parts) {
    super();
  }

  /** Serves one register. Returns false when no write waits. */
  override run(_nowTicks: u64): bool {
    return this.parts.agl.isAwaited && this.parts.agl.acknowledge();
  }
}
