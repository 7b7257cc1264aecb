// SPDX-License-Identifier: MIT
/**
 * UrgentAnswers: sends the cell's own answers from the two transmit buffers reserved for them.
 *
 * Both buffers have priority over AGL's frames. A rule that a hardware filter recognises has a
 * buffer to itself, in which its static answer is preloaded; RTS sends it. All other answers share
 * one buffer and keep their order. So answers of one rule never overtake each other. Answers of
 * different rules may, by the priority of their buffers.
 * Does not: decide what is answered.
 */
import { allocateFrames, Frame } from '../../can/frame';
import { BUFFER_URGENT, BUFFER_URGENT_SECOND } from '../../driver/mcp2515/controller';
import { URGENT_FILTERS } from '../../driver/mcp2515/acceptance';
import { Rule } from '../../responder/rule';
import { Counter } from '../../rt/counters';
import { RecordRing } from '../../rt/ring';
import { Status } from '../../rt/status';
import { AnyParts } from '../parts';
import { Courtesy } from '../courtesy';
import { armFilters } from './receive-layout';
import { UrgentBuffer } from './buffer';

/** Capacity of the queue for the shared buffer: 16 answers. */
const WAITING_BITS: u32 = 4;
/** The most repeats of one filter's answer that may wait. */
const REPEATS_MAXIMUM: u32 = 16;

@final
export class UrgentAnswers<Parts extends AnyParts> {
  private readonly first: UrgentBuffer<Parts> = new UrgentBuffer<Parts>(this.parts, BUFFER_URGENT);
  private readonly second: UrgentBuffer<Parts> = new UrgentBuffer<Parts>(
    this.parts,
    BUFFER_URGENT_SECOND,
  );
  /** The shared buffer: for every answer without a buffer to itself. */
  private shared: UrgentBuffer<Parts> = this.first;
  private readonly courtesy: Courtesy<Parts> = new Courtesy<Parts>(this.parts);
  private isDisturbed: bool = false;
  private isDropped: bool = false;
  private readonly waiting: RecordRing = new RecordRing(WAITING_BITS);
  private readonly scratch: Frame = changetype<Frame>(allocateFrames(1));
  /** Requests of filter 0 and 1 whose answers wait for the one before. */
  private repeats0: u32 = 0;
  private repeats1: u32 = 0;

  constructor(private readonly parts: Parts) {}

  /**
   * Preloads answers: the static answers of the filters, or else the first static answer of the
   * table. Call it when the controller is configured, and again after its chip was reset.
   */
  prepare(): Status {
    armFilters(this.parts);
    this.first.forget();
    this.second.forget();
    this.abandonRepeats(Counter.AnswersChipReset);
    const table = this.parts.responder.table;
    const rule0 = table.ruleOfFilter(0);
    const rule1 = table.ruleOfFilter(1);
    this.staged();
    if (rule0 < 0) return this.prepareFirstStatic();
    let status = this.prepareRule(rule0, this.first);
    if (status === Status.Ok && rule1 >= 0) status = this.prepareRule(rule1, this.second);
    return status;
  }

  /** Number of answers that wait or are on their way in the chip. */
  get underWay(): u32 {
    const inChip = (this.first.occupied ? 1 : 0) + (this.second.occupied ? 1 : 0);
    return this.waiting.length + this.repeats0 + this.repeats1 + inChip;
  }

  /** True while no answer is on its way or waits. */
  get quiet(): bool {
    return (
      this.waiting.isEmpty &&
      this.repeats0 === 0 &&
      this.repeats1 === 0 &&
      !this.first.occupied &&
      !this.second.occupied
    );
  }

  /**
   * Loads the static answers of two rules (addresses; 0: none) into the buffers of filter 0 and 1.
   * Each call makes one LOAD, which yields to an incoming frame. `Ok`: both are loaded, and stay so
   * until this step ends. `Busy`: call again.
   *
   * From the first call until `armFilters`, the filters' hits do not count. Their requests are
   * read, and answered by the table in force.
   */
  stage(rule0: usize, rule1: usize): Status {
    if (!this.quiet || this.parts.controller.answeredUnread) return Status.Busy;
    this.disturb();
    if (rule0 !== 0) {
      const isLoaded = this.isStaged(rule0, this.first);
      if (!isLoaded && (!this.stageRule(this.first) || rule1 !== 0)) return Status.Busy;
    }
    if (rule1 !== 0 && !this.isStaged(rule1, this.second)) {
      if (!this.stageRule(this.second)) return Status.Busy;
    }
    return Status.Ok;
  }

  /** True when `stage` has displaced the preloaded answers, and they are not yet reloaded. */
  get disturbed(): bool {
    return this.isDisturbed;
  }

  /** The preloaded answers are those of the table in force. It may be a new table. */
  staged(): void {
    this.isDisturbed = false;
    this.shared = this.parts.responder.table.ruleOfFilter(0) < 0 ? this.first : this.second;
  }

  /**
   * If no filter has a preloaded answer: preloads the first static one, to save its time later.
   * Yields to an incoming frame. `Busy`: interrupted.
   */
  preloadShared(): Status {
    if (this.parts.responder.table.ruleOfFilter(0) >= 0 || !this.quiet) return Status.Ok;
    this.courtesy.begin();
    return this.courtesy.end(this.prepareFirstStatic());
  }

  /**
   * Sends the preloaded answer of `filter`, or notes one more repeat if the buffer is busy. Returns
   * true when it has gone to the chip now.
   */
  sendOfFilter(filter: u32): bool {
    const buffer = filter === 0 ? this.first : this.second;
    let sent: bool = false;
    if (this.isFree(buffer) && this.repeatsOf(filter) === 0) {
      const status = buffer.send();
      sent = status === Status.Ok || this.countUnsent(status);
    } else if (this.repeatsOf(filter) < REPEATS_MAXIMUM) {
      this.addRepeats(filter, 1);
      this.parts.counters.count(Counter.AnswersDelayed);
    } else {
      this.drop();
    }
    this.parts.counters.count(Counter.AnsweredStatic);
    return sent;
  }

  /**
   * As `sendOfFilter`, for a request that was read. `answer` is usually preloaded already. If the
   * buffer was being changed, it is loaded again.
   */
  sendKept(filter: u32, answer: Frame): bool {
    const buffer = filter === 0 ? this.first : this.second;
    if (!buffer.holds(answer) && this.repeatsOf(filter) === 0 && this.isFree(buffer)) {
      // After an error the buffer's content is unknown, so it must not be sent.
      const status = buffer.load(answer);
      if (status !== Status.Ok) {
        this.countUnsent(status);
        this.parts.counters.count(Counter.AnsweredStatic);
        return false;
      }
    }
    return this.sendOfFilter(filter);
  }

  /** Address of the record of the answer preloaded for `filter`. */
  frameOfFilter(filter: u32): usize {
    return filter === 0 ? this.first.frame : this.second.frame;
  }

  /**
   * Sends `answer` in the shared buffer: at most 7 + DLC bytes over SPI, and READ STATUS. Returns
   * true when it has gone to the chip now; else it waits, or was dropped.
   */
  send(answer: Frame, isStatic: bool): bool {
    let sent: bool = false;
    if (this.waiting.isEmpty && this.isFree(this.shared)) sent = this.sendShared(answer);
    else if (this.waiting.put(changetype<usize>(answer)) !== Status.Ok) this.drop();
    else this.parts.counters.count(Counter.AnswersDelayed);
    this.parts.counters.count(isStatic ? Counter.AnsweredStatic : Counter.AnsweredComputed);
    return sent;
  }

  /** True when an answer waits and its buffer is free, as of the last READ STATUS. */
  get sendable(): bool {
    return (
      (this.repeats0 !== 0 && !this.first.busy) ||
      (this.repeats1 !== 0 && !this.second.busy) ||
      (!this.waiting.isEmpty && !this.shared.busy)
    );
  }

  /**
   * Sends one waiting answer. Call it only while `sendable`. Returns the address of its record; 0:
   * not sent.
   */
  sendWaiting(): usize {
    for (let filter: u32 = 0; filter < URGENT_FILTERS; filter++) {
      const buffer = filter === 0 ? this.first : this.second;
      if (this.repeatsOf(filter) === 0 || buffer.busy) continue;
      this.addRepeats(filter, -1);
      const status = buffer.send();
      if (status === Status.Ok) return buffer.frame;
      this.countUnsent(status);
      return 0;
    }
    if (this.waiting.isEmpty || !this.loadWaiting()) return 0;
    this.waiting.take(changetype<usize>(this.scratch));
    return this.sendShared(this.scratch) ? changetype<usize>(this.scratch) : 0;
  }

  /** True when an answer was dropped since the last call, because too many wait. */
  takeDropped(): bool {
    const dropped = this.isDropped;
    this.isDropped = false;
    return dropped;
  }

  /**
   * At bus-off: gives up the waiting answers. After a long pause of the bus they would be stale.
   */
  abandonWaiting(): void {
    for (let answers = this.waiting.length; answers !== 0; answers--) {
      this.parts.counters.count(Counter.AnswersBusOff);
    }
    this.waiting.clear();
    this.abandonRepeats(Counter.AnswersBusOff);
  }

  /** True when the buffer is free. If it seems busy, reads the status once more. */
  private isFree(buffer: UrgentBuffer<Parts>): bool {
    if (!buffer.busy) return true;
    this.parts.controller.pollStatus();
    return !buffer.busy;
  }

  /**
   * Loads the first waiting answer. Returns false if it yielded to an incoming frame; the answer
   * stays first.
   */
  private loadWaiting(): bool {
    const answer = changetype<Frame>(this.waiting.front());
    this.courtesy.begin();
    return this.courtesy.end(this.shared.load(answer)) !== Status.Busy;
  }

  private sendShared(answer: Frame): bool {
    let status = this.shared.load(answer);
    if (status === Status.Ok) status = this.shared.send();
    return status === Status.Ok || this.countUnsent(status);
  }

  private drop(): void {
    this.isDropped = true;
    this.parts.counters.count(Counter.AnswersDropped);
  }

  private abandonRepeats(why: Counter): void {
    for (let answers = this.repeats0 + this.repeats1; answers !== 0; answers--)
      this.parts.counters.count(why);
    this.repeats0 = 0;
    this.repeats1 = 0;
  }

  private repeatsOf(filter: u32): u32 {
    return filter === 0 ? this.repeats0 : this.repeats1;
  }

  private addRepeats(filter: u32, difference: i32): void {
    if (filter === 0) this.repeats0 += difference;
    else this.repeats1 += difference;
  }

  /** The preloaded answers are about to change, so the filters' hits do not count. */
  private disturb(): void {
    const acceptance = this.parts.controller.setup.acceptance;
    acceptance.arm(0, false);
    acceptance.arm(1, false);
    this.isDisturbed = true;
  }

  /** Puts the answer of `rule` into `scratch`. Returns true when `buffer` holds it already. */
  private isStaged(rule: usize, buffer: UrgentBuffer<Parts>): bool {
    this.parts.responder.staticAnswerOf(changetype<Rule>(rule), this.scratch);
    return buffer.holds(this.scratch);
  }

  /** Loads `scratch`; yields to an incoming frame. Returns true when it is loaded. */
  private stageRule(buffer: UrgentBuffer<Parts>): bool {
    this.courtesy.begin();
    return this.courtesy.end(buffer.load(this.scratch)) === Status.Ok;
  }

  private prepareFirstStatic(): Status {
    const responder = this.parts.responder;
    for (let rule: u32 = 0; rule < responder.table.count; rule++) {
      if (responder.staticAnswer(rule, this.scratch)) return this.shared.load(this.scratch);
    }
    return Status.Ok;
  }

  private prepareRule(rule: u32, buffer: UrgentBuffer<Parts>): Status {
    if (!this.parts.responder.staticAnswer(rule, this.scratch)) return Status.RulesField;
    return buffer.load(this.scratch);
  }

  /** Counts an answer that did not go to the chip because of `status`. Returns false. */
  private countUnsent(status: Status): bool {
    const isSilent = status === Status.ListenOnly;
    this.parts.counters.count(isSilent ? Counter.AnswersListenOnly : Counter.AnswersFaulted);
    return false;
  }
}
