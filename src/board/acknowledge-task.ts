/**
 * AcknowledgeTask: serves a register write that the driver at the other end waits for.
 *
 * Used by: cell.ts, before every other background task. A Linux CPU spins until it is done.
 * Does not: run in the front-end's part, which is the one that waits: `ready` is then one comparison.
 */
import { Task } from '../rt/loop';
import { CellParts } from './cell-parts';

@final
export class AcknowledgeTask extends Task {
  constructor(private readonly parts: CellParts) {
    super();
  }

  override ready(): bool {
    return this.parts.agl.isAwaited;
  }

  /** One register. */
  override run(): void {
    this.parts.agl.step();
  }
}
