/**
 * UrgentAnswers: sends the cell's own answers, in order, in the transmit buffer kept for them.
 *
 * Used by: cell-tasks.ts. The buffer has the highest priority of the chip's three, so an answer
 * overtakes whatever of AGL's waits; a second answer waits here until the first is on the bus,
 * because two buffers would send them by priority and not by age.
 * Does not: decide what is answered.
 *
 * A sent buffer keeps its content: a static answer that is still loaded needs RTS alone, 1 byte.
 */
import { copyFrame, Frame } from '../can/frame';
import { BUFFER_URGENT } from '../driver/mcp2515/controller';
import { count, Counter } from '../rt/counters';
import { RecordRing } from '../rt/ring';
import { Status } from '../rt/status';
import { Controller } from './cell-parts';

/** Answers that may wait: 16. */
const WAITING_BITS: u32 = 4;
/** No static answer is loaded. */
const NO_RULE: i32 = -1;

@final
export class UrgentAnswers {
  private readonly waiting: RecordRing = new RecordRing(WAITING_BITS);
  /** The rule whose static answer the buffer holds. */
  private loadedRule: i32 = NO_RULE;

  constructor(private readonly controller: Controller) {}

  /** Loads the static answer of rule `rule` ahead of its first request. Before the bus is joined. */
  prepare(rule: i32, answer: Frame): Status {
    const status = this.controller.preload(BUFFER_URGENT, answer);
    if (status === Status.Ok) this.loadedRule = rule;
    return status;
  }

  /**
   * Sends `answer`: static, of rule `rule`; or, with `rule` negative, computed. At most 7 + DLC
   * bytes over SPI; 1 when it is loaded already.
   */
  send(rule: i32, answer: Frame): void {
    count(rule < 0 ? Counter.AnsweredComputed : Counter.AnsweredStatic);
    if (!this.waiting.isEmpty || this.controller.transmitBusy(BUFFER_URGENT)) {
      if (this.waiting.put(changetype<usize>(answer)) !== Status.Ok) count(Counter.AnswersDropped);
      return;
    }
    this.sendNow(rule, answer);
  }

  /** True when an answer waits and the buffer is free, as of the last READ STATUS. */
  get sendable(): bool {
    return !this.waiting.isEmpty && !this.controller.transmitBusy(BUFFER_URGENT);
  }

  /** Sends the oldest waiting answer; only while `sendable`. */
  sendWaiting(scratch: Frame): void {
    copyFrame(scratch, changetype<Frame>(this.waiting.front()));
    this.waiting.discard();
    this.sendNow(NO_RULE, scratch);
  }

  private sendNow(rule: i32, answer: Frame): void {
    let status: Status = Status.Ok;
    if (rule < 0 || rule !== this.loadedRule) {
      this.loadedRule = NO_RULE;
      status = this.controller.preload(BUFFER_URGENT, answer);
      if (status === Status.Ok) this.loadedRule = rule;
    }
    if (status === Status.Ok) status = this.controller.send(BUFFER_URGENT);
    if (status !== Status.Ok) count(Counter.AnswersDropped);
  }
}
