// SPDX-License-Identifier: MIT
/**
 * WaitingAnswers: the answers that find no buffer. The strongest comes first, and of one rule, or one identifier, the
 * earliest. A full list drops the one with the weakest identifier, the latest of equals.
 * Does not: bring them into the chip (TransmitScheduler).
 */
import { Frame } from '../../can/frame';
import { arbitrationField } from '../../can/identifier';
import { Counter } from '../../rt/counters';
import { AnyParts } from '../parts';
import { TransmitScheduler } from '../transmit/scheduler';

/** What was dropped because too many answers wait. */
export enum Dropped {
  Nothing = 0,
  /** The answer that was decided last. */
  Newest = 1,
  /** A weaker one that waited. */
  Waiting = 2,
}

@final
export class WaitingAnswers<Parts extends AnyParts> {
  private dropped: Dropped = Dropped.Nothing;
  /** Identifier of the waiting answer that was dropped last. */
  droppedIdentifier: u32 = 0;

  constructor(
    private readonly parts: Parts,
    private readonly scheduler: TransmitScheduler<Parts>,
  ) {}

  /**
   * Lets an answer wait, whose identifier has strength `own`. `tag`: of its rule, if that has other identifiers as well,
   * else 0. If too many wait, the weakest is dropped, the latest of equals.
   */
  add(answer: usize, own: u32, tag: u32): void {
    const counters = this.parts.counters;
    const scheduler = this.scheduler;
    const waiting = scheduler.answers;
    if (waiting.isFull) {
      counters.count(Counter.AnswersDropped);
      const place = scheduler.order.weakestPlace();
      const weakest = waiting.at(place).identifier;
      if (arbitrationField(weakest) <= own) {
        this.dropped = Dropped.Newest;
        return;
      }
      this.dropped = Dropped.Waiting;
      this.droppedIdentifier = weakest;
      waiting.remove(place);
    }
    let strength = own;
    if (tag !== 0 || scheduler.order.isUsed) {
      strength = scheduler.order.strengthOf(changetype<Frame>(answer).identifier, own, tag);
    }
    scheduler.addAnswer(answer, strength, tag);
    counters.count(Counter.AnswersDelayed);
  }

  /** What was dropped since the last call. `droppedIdentifier` has the identifier. */
  takeDropped(): Dropped {
    const dropped = this.dropped;
    this.dropped = Dropped.Nothing;
    return dropped;
  }

  /** At bus-off, or when the chip was reset: gives up what waits. After a long pause of the bus it would be stale. */
  abandon(why: Counter): void {
    const waiting = this.scheduler.answers;
    // loop: at most ANSWERS_WAITING_MAXIMUM
    for (let answers = waiting.length; answers !== 0; answers--) this.parts.counters.count(why);
    waiting.clear();
  }
}
