// SPDX-License-Identifier: MIT
/**
 * WindowAnswers: answers a request of a filter with bytes of that request.
 *
 * Header and constants of the answer wait in the filter's buffer. READ from RXB0DLC takes what the answer needs out of
 * RXB0, and what changes is written. The request stays in RXB0, and is read as any other afterwards.
 *
 * The answers of a rule differ, so none may overtake another: a frame in RXB1 that came before may be such a request,
 * and an answer with the same identifier may wait or be on its way. The first has the frames read in their order, the
 * second lets the answer wait.
 * Does not: recognise requests, or send what is read whole (UrgentAnswers).
 */
import { allocateFrames, Frame } from '../../can/frame';
import { Counter } from '../../rt/counters';
import { AnyParts } from '../parts';
import { UrgentAnswers } from './answers';

/** What became of the frame that a filter recognised. */
export enum Answered {
  /** It was not answered: it is read. */
  Not = 0,
  /** Its answer waits, or was dropped. */
  Waits = 1,
  /** Its answer has gone to the chip. */
  Sent = 2,
}

@final
export class WindowAnswers<Parts extends AnyParts> {
  private readonly answer: Frame = changetype<Frame>(allocateFrames(1));

  constructor(
    private readonly parts: Parts,
    private readonly answers: UrgentAnswers<Parts>,
  ) {}

  /** Answers the request in RXB0 that `filter` recognised. 3 + n bytes, at most 2, 2 + n and 1. */
  answerFilter(filter: u32): Answered {
    const slot = this.answers.slotOf(filter);
    if (!slot.hasWindow) return sentOr(this.answers.sendOfFilter(filter));
    const receiver = this.parts.controller.receiver;
    if (receiver.mayHaveOlder) return Answered.Not;
    if (this.answers.scheduler.haste.keepsWindow(slot.keptStrength)) return Answered.Not;
    const window = slot.window;
    const length = receiver.readWindow(window.readBytes);
    if (length < (window.minimumLength as i32)) return Answered.Not;
    const data = window.answer(receiver.windowData);
    const isSent = this.answers.sendWindow(filter, slot, data);
    this.parts.counters.count(Counter.AnsweredComputed);
    return sentOr(isSent);
  }
}

/** What became of a frame whose answer was sent, or not yet. */
export function sentOr(isSent: bool): Answered {
  return isSent ? Answered.Sent : Answered.Waits;
}
