// SPDX-License-Identifier: MIT
/**
 * TraceEvent: what a record of the trace ring is about, and what its two values mean.
 *
 * Each record has `a`, 16 bits, and `b`, 32 bits.
 * Does not: renumber. A number keeps its meaning for ever.
 */
export enum TraceEvent {
  /** The cell is ready. a: rules in force; b: the table's CRC-32. */
  Started = 1,
  /**
   * A request was answered. a: number of the rule from 0; b: the request's identifier word (struct
   * can_frame).
   */
  Answered = 2,
  /** A rule dropped a frame. a: number of the rule, 0xffff for none; b: its identifier word. */
  Dropped = 3,
  /** The fault confinement state has changed. a: the new one; b: TEC, REC << 8, EFLG << 16. */
  FaultState = 4,
  /** The controller went bus-off. */
  BusOff = 5,
  /** The controller is back after bus-off. */
  Restarted = 6,
  /** The controller has lost its settings. */
  ChipReset = 7,
  /** The controller is back with its settings. */
  ChipBack = 8,
  /**
   * Frames flow between the cell and AGL. b: frames for AGL that were lost since the last session
   * began.
   */
  SessionBegun = 9,
  /**
   * The session has ended. a: the status with which this end gave up; 0: the other end has ended
   * it.
   */
  SessionLost = 10,
  /** A new rule table is in force. a: its rules; b: its CRC-32. */
  RulesSwapped = 11,
  /**
   * A request was refused. a: status; b: its kind, and << 16 the refused rule from 1, 0 for none.
   */
  RequestRefused = 12,
  /** New live values are in force. a: number of the first one; b: how many. */
  LiveValuesSet = 13,
  /** A step took longer than its bound. a: number of the task; b: duration in ticks. */
  LateStep = 14,
  /**
   * The cell shuts down on request. a: status of stopping the CAN controller, 0 when it stopped.
   */
  ShutDown = 15,
  /** A status was reported. a: the status, and its sentence << 8; b: its value (sentences.ts). */
  StatusSaid = 16,
  /** A fault stopped the cell. a: status; b: the lower half of the program counter. */
  Fault = 17,
  /** The chip sleeps. b: seconds without traffic. */
  Asleep = 18,
  /** The chip wakes. a: why (WakeReason). */
  Awake = 19,
  /** Some rules in force get their filters only after a restart. a: how many rules. */
  RulesWaiting = 20,
  /** A request was not answered, because too many answers wait. Values as in `Answered`. */
  AnswerDropped = 21,
  /** bitrate=auto has found the bit rate. a: sample point in thousandths; b: bit/s. */
  RateFound = 22,
  /** After a swap of tables. a: rules that go on with the counter and the rate they had; b: rules. */
  RulesKept = 23,
  /**
   * A frame of AGL's was refused; of many, one in 100 ms is recorded. a: why (Refusal); b: its identifier word.
   */
  AglRefused = 24,
  /** The safe state begins (a: 1) or ends (a: 0). b: why AGL counts as gone: 1 no session, 2 silent, 4 no heartbeat frame. */
  SafeState = 25,
  /** Frames of a rule did not come within its timeout. a: number of the rule from 0; b: its identifier word. */
  MessageMissing = 26,
  /** They come again. Values as in `MessageMissing`. */
  MessageReturned = 27,
  /** A timer has sent `count` frames. a: number of its rule from 0; b: the frame's identifier word. */
  CountEnded = 28,
}

/** `a` of a frame that no rule matched. */
export const TRACE_NO_RULE: u32 = 0xffff;
