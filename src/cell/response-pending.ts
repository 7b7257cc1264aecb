// SPDX-License-Identifier: MIT
/**
 * ResponsePending: keeps a diagnostic client waiting while AGL works on its request (ISO 14229-1, negative response
 * 0x78), and answers 0x10 when AGL does not.
 *
 * A request that goes to AGL arms it, one in several frames (ISO 15765-2) when the last of them is there. AGL's answer
 * disarms it. It is one client's: a new request takes the place of the one before.
 * Does not: take a request with the bit that suppresses a positive answer, to which AGL need not say anything.
 */
import { TIMER_SILENT, TimerFields } from '../../build/generated/rule-image';
import { allocateFrames, dataMaskOf, Frame } from '../can/frame';
import { Counter } from '../rt/counters';
import { microsToTicks } from '../rt/deadline';
import { NEVER, SoftwareTimer } from '../rt/software-timer';
import { askWallForAnswer } from './agl-gate';
import { AnyParts } from './parts';
import { UrgentAnswers } from './urgent/answers';

/** The upper half of byte 0 (ISO 15765-2, table 9). */
const FIRST_FRAME: u32 = 0x10;
const CONSECUTIVE_FRAME: u32 = 0x20;
/** Bytes of a consecutive frame. A first frame has 6: so a message of n bytes has n / 7 more frames. */
const CONSECUTIVE_BYTES: u32 = 7;
const NEGATIVE: u32 = 0x7f;
const PENDING: u32 = 0x78;
const GENERAL_REJECT: u32 = 0x10;
/** Services below 0x40 whose next byte is a sub-function (ISO 14229-1): 10, 11, 19, 27, 28, 29, 2C, 31, 3E. */
const WITH_SUB_FUNCTION: u64 = 0x4002_1380_0203_0000;
const SUPPRESSED: u32 = 0x80;
const NO_TIMER: i32 = -1;

@final
export class ResponsePending<Parts extends AnyParts> {
  /** When the client must hear something next. */
  dueTicks: u64 = NEVER;
  /** The one who waits hears it by this identifier. */
  private identifier: u32 = 0;
  private service: u32 = 0;
  /** Frames of the request that are still to come. */
  private missing: u32 = 0;
  /** How often the client may be kept waiting. */
  private left: u32 = 0;
  /** Of the task that sends what is due. */
  wake: SoftwareTimer = new SoftwareTimer();
  private readonly frame: Frame = changetype<Frame>(allocateFrames(1));

  constructor(
    private readonly parts: Parts,
    private readonly answers: UrgentAnswers<Parts>,
  ) {}

  /** The table is a new one. A client goes on waiting, as that says, if it is there for the same one. */
  begin(): void {
    if (this.timer !== NO_TIMER && this.record.next === this.identifier) {
      this.left = min<u32>(this.left, this.record.count);
      return;
    }
    this.dueTicks = NEVER;
    this.missing = 0;
  }

  /** A frame of a request for AGL. One that AGL is not there for waits for nothing; one under way is still counted. */
  request(frame: Frame, nowTicks: u64): void {
    if (this.timer === NO_TIMER) return;
    const data = frame.data;
    const code = (data as u32) & 0xf0;
    if (code === CONSECUTIVE_FRAME) {
      if (this.missing === 0 || --this.missing !== 0) return;
      if (this.service !== 0) this.arm(nowTicks);
      return;
    }
    if (code > FIRST_FRAME) return;
    const isFirst = code === FIRST_FRAME;
    const message = isFirst ? data >> 16 : data >> 8;
    const length = (((data as u32) & 0xf) << 8) | (((data >> 8) as u32) & 0xff);
    this.dueTicks = NEVER;
    this.identifier = this.record.next;
    this.missing = isFirst && this.parts.aglIsThere ? length / CONSECUTIVE_BYTES : 0;
    this.service = isSuppressed(message as u32) ? 0 : (message as u32) & 0xff;
    if (!isFirst && this.service !== 0 && this.parts.aglIsThere) this.arm(nowTicks);
  }

  /** AGL answers, in a single or a first frame. Its own 0x78 takes the place of the cell's. */
  answered(frame: Frame, nowTicks: u64): void {
    if (this.dueTicks === NEVER || this.timer === NO_TIMER) return;
    const data = frame.data as u32;
    const isPending = ((data >> 8) & 0xff) === NEGATIVE && data >> 24 === PENDING;
    const isSingle = (data & 0xf0) === 0;
    if (isSingle && isPending) this.putOff(nowTicks, this.record.interval);
    else this.dueTicks = NEVER;
  }

  /** It is due. */
  send(nowTicks: u64): void {
    this.dueTicks = NEVER;
    if (this.timer === NO_TIMER) return;
    const parts = this.parts;
    const record = this.record;
    const isEnd = this.left === 0 || !parts.aglIsThere;
    if (!isEnd) {
      this.left--;
      this.putOff(nowTicks, record.interval);
    } else if (!parts.aglIsThere && (record.flags & TIMER_SILENT) !== 0) return;
    if (parts.controller.closed) return;
    const frame = this.frame;
    const padding = (record.ended >> 8) & 0xff;
    const code = isEnd ? GENERAL_REJECT : PENDING;
    const message: u32 = 0x03 | (NEGATIVE << 8) | (this.service << 16) | (code << 24);
    frame.identifier = record.next;
    frame.length = record.ended as u8;
    frame.data =
      ((((padding * 0x01010101) as u64) << 32) & dataMaskOf(frame.length)) | (message as u64);
    if (parts.responder.table.wall.isBeside) {
      const passed = askWallForAnswer(parts, frame, nowTicks);
      if (passed === 0) {
        parts.counters.count(Counter.AnswersWalled);
        return;
      }
      memory.copy(changetype<usize>(frame), passed, sizeof<u64>() * 2);
    }
    if (isEnd) parts.counters.count(Counter.ResponsesGivenUp);
    this.answers.follow(frame, changetype<usize>(frame) as u32);
  }

  private arm(nowTicks: u64): void {
    this.left = this.record.count;
    this.putOff(nowTicks, this.record.phase);
  }

  /** Later, or sooner: so the task looks when that is. */
  private putOff(nowTicks: u64, micros: u32): void {
    this.dueTicks = nowTicks + microsToTicks(micros, this.parts.clock.ticksPerSecond());
    this.wake.start(nowTicks, 0);
  }

  /** The timer of the table in force that says how, or NO_TIMER: it has none, and nothing is due. */
  private get timer(): i32 {
    return this.parts.responder.table.summary.pending;
  }

  private get record(): TimerFields {
    return this.parts.responder.table.timer(this.timer);
  }
}

/** True if a message, byte 0 the lowest, wants no positive answer. */
function isSuppressed(message: u32): bool {
  const service = message & 0xff;
  const isKnown = service < 64 && ((WITH_SUB_FUNCTION >> service) & 1) !== 0;
  const hasSubFunction = isKnown || service === 0x83 || (service >= 0x85 && service <= 0x87);
  return hasSubFunction && ((message >> 8) & SUPPRESSED) !== 0;
}
