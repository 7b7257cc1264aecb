// SPDX-License-Identifier: MIT
/**
 * NextAnswer: the next answer of a rule that takes nothing from its request, made before the request comes.
 *
 * It is made in pieces, so that the caller can look at other things in between, with the counter as it will be.
 * The rule's counter itself moves on when the answer is taken: it is sent then, or owed. An answer that was made
 * and not taken has changed nothing.
 * Does not: know where the answer waits, or notice that live values change.
 */
import { STEP_BYTES, STEP_CHECKSUM_XOR, StepFields } from '../../build/generated/rule-image';
import { allocateFrames, Frame, FRAME_BYTES } from '../can/frame';
import { finishFrame, runSteps } from './program';
import { Responder } from './responder';
import { RuleState } from './rule-states';

/** The steps of one piece; a checksum takes as long as six others and is a piece of its own. */
const PIECE_STEPS: u32 = 6;

@final
export class NextAnswer {
  /** `frame` is the next answer, as the rule's counter and the live values are. */
  isReady: bool = false;
  /** The answer that was taken last. */
  readonly taken: Frame = changetype<Frame>(allocateFrames(1));
  private readonly after: RuleState = changetype<RuleState>(heap.alloc(offsetof<RuleState>()));
  /** The rule's counter where the answer begins. What forwarded frames count meanwhile does not change it. */
  private before: u32 = 0;
  private rule: u32 = 0;
  /** The next step, and the accumulator before it. */
  private position: u32 = 0;
  private accumulator: i64 = 0;

  /** The answer is made in `frame`. */
  constructor(
    private readonly responder: Responder,
    readonly frame: Frame,
  ) {}

  /** The answer is that of rule `index` of the table in force. `frame` has its identifier and length from now on. */
  follow(index: u32): void {
    this.rule = index;
    this.renew();
    this.begin();
  }

  /** It must be made anew. */
  renew(): void {
    this.isReady = false;
    this.position = 0;
  }

  /** Makes a piece. True: the answer is ready. */
  step(): bool {
    const rule = this.responder.table.rule(this.rule);
    const count = rule.steps;
    if (this.position === 0) this.begin();
    const pieceSteps = this.pieceSteps(rule.stepFirst, count);
    this.run(this.position, pieceSteps);
    this.position += pieceSteps;
    if (this.position < count) return false;
    finishFrame(this.frame);
    this.isReady = true;
    return true;
  }

  /**
   * The answer is sent or owed, and the rule's counter moves on. If it was not ready, the rest is made at once.
   * Returns it; it stays until the next call.
   */
  take(): Frame {
    if (!this.isReady) this.finish();
    memory.copy(changetype<usize>(this.taken), changetype<usize>(this.frame), FRAME_BYTES);
    // Without a counter the next one is the same, and the rule's may be that of its forwarded frames.
    if (this.before !== this.after.counter) {
      this.responder.table.states.of(this.rule).counter = this.after.counter;
      this.renew();
    }
    return this.taken;
  }

  private begin(): void {
    this.before = this.responder.table.states.of(this.rule).counter;
    this.after.counter = this.before;
    this.accumulator = 0;
    this.responder.composeAlone(this.rule, this.frame);
  }

  private finish(): void {
    if (this.position === 0) this.begin();
    this.run(this.position, this.responder.table.rule(this.rule).steps - this.position);
    finishFrame(this.frame);
    this.isReady = true;
  }

  private run(first: u32, count: u32): void {
    const table = this.responder.table;
    const rule = table.rule(this.rule);
    this.accumulator = runSteps(
      table.steps + (rule.stepFirst + first) * STEP_BYTES,
      count,
      table.checksumTables,
      this.taken,
      this.frame,
      this.responder.liveValues,
      this.after,
      this.accumulator,
    );
  }

  /** A checksum, or the steps before the next one. */
  private pieceSteps(first: u32, count: u32): u32 {
    const most = min<u32>(count - this.position, PIECE_STEPS);
    let steps: u32 = 0;
    // loop: at most PIECE_STEPS
    while (steps < most) {
      const at = this.responder.table.steps + (first + this.position + steps) * STEP_BYTES;
      if ((changetype<StepFields>(at).kind as u32) >= STEP_CHECKSUM_XOR) {
        return max<u32>(steps, 1);
      }
      steps++;
    }
    return steps;
  }
}
