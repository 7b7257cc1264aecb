// SPDX-License-Identifier: MIT
/**
 * Entry for tests/contract/rules-hostile.test.ts: one rule table, images put into its place from outside, and
 * what it makes of frames.
 */
import { allocateFrames, Frame, FRAME_BYTES } from '../../../src/can/frame';
import {
  ActionFields,
  CHECK_DROP,
  CHECK_PASS,
  checkActionOf,
  dispositionOf,
} from '../../../src/responder/e2e-check';
import { NextAnswer } from '../../../src/responder/next-answer';
import { Responder } from '../../../src/responder/responder';
import { RuleTable } from '../../../src/responder/rule-table';

const responder = new Responder(new RuleTable());
const request = changetype<Frame>(allocateFrames(1));
const answer = changetype<Frame>(allocateFrames(1));
const next = new NextAnswer(responder, changetype<Frame>(allocateFrames(1)));
/** Timers whose frames are made. */
const TIMERS: u32 = 8;

/** Where the next image goes; changes when one is adopted. */
export function place(): usize {
  return responder.table.staging;
}

/** Where the frame goes. */
export function frame(): usize {
  return changetype<usize>(request);
}

/** Checks the image and adopts it if it is valid. Returns the status. */
export function adopt(): u32 {
  return responder.table.adopt();
}

/** 1: the wall of a table that was adopted is locked. */
export function locked(): u32 {
  return responder.table.wall.isSet ? 1 : 0;
}

/** The rule that decides on the frame, with all its programs carried out, as one number. */
export function outcome(): u32 {
  const table = responder.table;
  let sum = withTimers(responder.decide(request, answer));
  sum = mixed(sum, responder.matchedRule);
  if (responder.matchedRule >= 0) sum = withPrograms(sum);
  if (!responder.matchesFromAgl(request)) return sum;
  sum = withPrograms(mixed(sum, responder.matchedRule));
  return mixed(sum, table.states.of(responder.matchedRule).counter);
}

/** The frames of timers, or the hits of the rules that a safe state names. */
function withTimers(before: u32): u32 {
  const table = responder.table;
  let sum = before;
  for (let index: u32 = 0; index < min<u32>(table.timerCount, TIMERS); index++) {
    const timer = table.timer(index);
    if ((timer.kind as u32) === 1) {
      table.states.of(timer.rule).counter = 0;
      next.follow(timer.rule);
      sum = withFrame(sum, changetype<usize>(next.take()));
    } else {
      if (timer.count !== 0) sum = mixed(sum, table.hitsOf(timer.count - 1));
      if ((timer.rule as u32) !== 0) sum = mixed(sum, table.hitsOf((timer.rule as u32) - 1));
    }
  }
  return sum;
}

function withPrograms(before: u32): u32 {
  const table = responder.table;
  const rule = table.rule(responder.matchedRule);
  // A rule keeps its counter from the image before.
  table.states.of(responder.matchedRule).counter = 0;
  table.states.of(responder.matchedRule).check = 0;
  let disposition = CHECK_PASS;
  const at = checkActionOf(table, rule);
  if (at !== 0) {
    const check = changetype<ActionFields>(at);
    disposition = dispositionOf(check, responder.check(check, request));
  }
  let sum = mixed(before, disposition);
  if (disposition === CHECK_DROP) return sum;
  if ((rule.flags & 1) !== 0) sum = withAnswer(sum, responder.makeAnswer(request, answer));
  for (let index: u32 = 0; index < (rule.actionCount as u32); index++) {
    const action = table.actionOf(rule, index);
    if (action.kind === 1) sum = withAnswer(sum, responder.makeMore(action, request, answer));
  }
  const passed = responder.modifiedBy(rule, request, answer, disposition);
  const isChanged = passed === changetype<usize>(answer);
  return isChanged ? withAnswer(sum, true) : mixed(sum, passed === 0 ? 0 : 2);
}

function withAnswer(before: u32, isMade: bool): u32 {
  const sum = mixed(before, isMade ? 1 : 0);
  return isMade ? withFrame(sum, changetype<usize>(answer)) : sum;
}

function withFrame(before: u32, frame: usize): u32 {
  let sum = before;
  for (let at: u32 = 0; at < FRAME_BYTES; at++) sum = mixed(sum, load<u8>(frame + at));
  return sum;
}

function mixed(sum: u32, value: u32): u32 {
  return (sum ^ value) * 0x01000193;
}
