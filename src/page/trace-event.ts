// SPDX-License-Identifier: MIT
/**
 * TraceEvent: what a record of the trace ring is about, and what its two values mean.
 *
 * Does not: renumber. A number is never given a second meaning.
 *
 * Each record has `a`, 16 bits, and `b`, 32 bits.
 */
export enum TraceEvent {
  /** The cell is ready. a: rules in force; b: the table's CRC-32. */
  Started = 1,
  /** A request was answered. a: number of the rule from 0; b: its identifier word (struct can_frame). */
  Answered = 2,
  /** A frame was dropped on purpose. a: number of the rule, 0xffff for none; b: its identifier word. */
  Dropped = 3,
  /** The fault confinement state has changed. a: the new one; b: TEC, and REC << 8, EFLG << 16. */
  FaultState = 4,
  /** The controller went bus-off. */
  BusOff = 5,
  /** The controller is back after bus-off. */
  Restarted = 6,
  /** The controller has lost its settings. */
  ChipReset = 7,
  /** It is back with its settings. */
  ChipBack = 8,
  /** Frames flow between the cell and AGL. b: frames for it lost since it last was. */
  SessionBegun = 9,
  /** They no longer do. a: the status with which this end gave up, 0: the other end did. */
  SessionLost = 10,
  /** A new rule table is in force. a: its rules; b: its CRC-32. */
  RulesSwapped = 11,
  /** A request was refused. a: status; b: its kind, and the refused rule from 1 << 16, 0: none. */
  RequestRefused = 12,
  /** New live values are in force. a: the first one's number; b: how many. */
  LiveValuesSet = 13,
  /** A step took longer than its bound. a: number of the task; b: ticks it took. */
  LateStep = 14,
  /** The cell shuts down on request. a: status with which the CAN controller did not stop, 0: it did. */
  ShutDown = 15,
  /** A status was said. a: the status, and which of its sentences << 8; b: its value (sentences.ts). */
  StatusSaid = 16,
  /** The cell was stopped by a fault. a: status; b: where, the program counter's lower half. */
  Fault = 17,
  /** The chip sleeps. b: the seconds without traffic. */
  Asleep = 18,
  /** The chip wakes. a: why (WakeReason). */
  Awake = 19,
  /** Rules in force that the chip's filters serve only after a restart. a: how many. */
  RulesWaiting = 20,
  /** A request was not answered: too many answers wait. Values as of `Answered`. */
  AnswerDropped = 21,
}

/** `a` of a frame that no rule has matched. */
export const TRACE_NO_RULE: u32 = 0xffff;
