// SPDX-License-Identifier: MIT
/**
 * Chooses the layout of the receive buffers: one reserved for urgent requests, with or without the
 * interrupt line, or both for all frames.
 *
 * Does not: change the layout of a running chip, which takes filters in configuration mode only.
 */
import { URGENT_FILTERS } from '../../driver/mcp2515/acceptance';
import { Sentence } from '../../page/sentences';
import { RequestLine } from '../../driver/mcp2515/receiver';
import {
  RECEIVE_AUTO,
  RECEIVE_SINGLE,
  RECEIVE_URGENT_FIRST,
  RuleTable,
} from '../../responder/rule-table';
import { Status } from '../../rt/status';
import { IdleSetting, InterruptSource } from '../command-line';
import { AnyParts } from '../parts';
import { backgroundNanos, frameNanos, shortestFrameNanos } from './line-poll';

/**
 * RX STATUS and READ RX BUFFER of a frame without data; RTS of an answer, and RTS of a frame from
 * AGL.
 */
const BYTES_PER_FRAME: u64 = 2 + 6 + 1 + 1;
/** READ of RXB0DLC, if a request is recognised by its length, too. */
const LENGTH_BYTES: u64 = 3;
/** READ and WRITE of an answer with bytes of its request, and the request's data. */
const WINDOW_BYTES: u64 = 11 + 10 + 8;

/**
 * Reserves a receive buffer for the requests of filter rules, if the rules ask for it or the cell
 * can empty the other buffer in time. Otherwise it saves READ STATUS, and reports that filter rules
 * share the buffers.
 */
export function chooseReceiveLayout<Parts extends AnyParts>(parts: Parts): void {
  const table = parts.responder.table;
  const acceptance = parts.controller.setup.acceptance;
  const rule0 = table.ruleOfFilter(0);
  const urgentFirst =
    rule0 >= 0 && (table.receive >= RECEIVE_URGENT_FIRST || oneBufferSuffices(parts, rule0));
  parts.controller.speculativeRead = !urgentFirst && table.summary.answers !== 0;
  if (!urgentFirst) {
    acceptance.shareBoth();
    if (rule0 >= 0) sayShared(parts);
    return;
  }
  const one = table.rule(rule0);
  const rule1 = table.ruleRecognised(1);
  const other = rule1 < 0 ? one : table.rule(rule1);
  parts.filterPlan.set(0, one);
  if (rule1 >= 0) parts.filterPlan.set(1, other);
  acceptance.keepForUrgent(one.matchMask, one.matchIdentifier, other.matchIdentifier);
  if (one.takesAnyFrame) acceptance.takeBothForms(0);
  if (other.takesAnyFrame) acceptance.takeBothForms(1);
  // The table was checked: only the first two bytes can be in the mask.
  acceptance.matchData(one.dataMask as u32, one.dataValue as u32, other.dataValue as u32);
  if (keepsLine(parts, rule0)) acceptance.keepLine();
}

/**
 * Counts the hits of those filters that serve a rule in force. Other hits are ignored, and the
 * frame is read.
 */
export function armFilters<Parts extends AnyParts>(parts: Parts): void {
  const acceptance = parts.controller.setup.acceptance;
  const plan = parts.filterPlan;
  const table = parts.responder.table;
  let servesAll: bool = true;
  for (let filter: u32 = 0; filter < URGENT_FILTERS; filter++) {
    const serves = plan.serves(filter, table);
    acceptance.arm(filter, serves);
    if (!serves && plan.isSet(filter)) servesAll = false;
  }
  acceptance.requireLength(lengthLooked(table, 0), lengthLooked(table, 1));
  const isOne = table.ruleOfFilter(1) < 0;
  acceptance.oneAnswer = isOne;
  acceptance.trust(isOne && servesAll ? toldByLine(table) : RequestLine.Doubtful);
}

/** Data bytes that a request of `filter` must have, and that must be looked at before its answer. */
function lengthLooked(table: RuleTable, filter: u32): u32 {
  const rule = table.ruleRecognised(filter);
  return rule < 0 ? 0 : table.rule(rule).lengthLooked;
}

/** What INT tells if RXB0 takes the requests of filter 0 alone. */
function toldByLine(table: RuleTable): RequestLine {
  const rule = table.ruleOfFilter(0);
  const isAllowed = table.receive === RECEIVE_SINGLE || table.receive === RECEIVE_AUTO;
  if (rule < 0 || !isAllowed || !table.rule(rule).isToldByLine) return RequestLine.Doubtful;
  return table.rule(rule).isAlone ? RequestLine.Certain : RequestLine.Window;
}

/**
 * After a swap of tables: adapts to the layout that the chip has. Returns the number of rules that
 * filters would recognise only after a restart of the cell.
 */
export function adaptReceiveLayout<Parts extends AnyParts>(parts: Parts): u32 {
  const controller = parts.controller;
  const table = parts.responder.table;
  armFilters(parts);
  if (!controller.urgentFirst) controller.speculativeRead = table.summary.answers !== 0;
  const rule0 = table.ruleOfFilter(0);
  if (rule0 < 0) return 0;
  if (table.receive < RECEIVE_URGENT_FIRST && !oneBufferSuffices(parts, rule0)) return 0;
  let waiting: u32 = 0;
  for (let filter: u32 = 0; filter < URGENT_FILTERS; filter++) {
    if (table.ruleRecognised(filter) < 0 || parts.filterPlan.serves(filter, table)) continue;
    waiting++;
  }
  return waiting;
}

/** True when a frame is taken out of the chip before the next one of a full bus is complete. */
function oneBufferSuffices<Parts extends AnyParts>(parts: Parts, rule0: u32): bool {
  const rule = parts.responder.table.rule(rule0);
  let bytes: u64 = BYTES_PER_FRAME;
  if (!rule.isAlone) bytes += WINDOW_BYTES;
  else if (rule.minimumLength !== 0) bytes += LENGTH_BYTES;
  return frameNanos(parts, bytes) < shortestFrameNanos(parts);
}

/**
 * True when INT tells of the requests of `rule0` alone: they need not be looked at, and all other
 * frames are found in time without it.
 */
function keepsLine<Parts extends AnyParts>(parts: Parts, rule0: u32): bool {
  const table = parts.responder.table;
  if (table.receive === RECEIVE_URGENT_FIRST || !table.rule(rule0).isToldByLine) return false;
  const isWanted = table.receive === RECEIVE_SINGLE;
  if (parts.settings.interruptSource !== InterruptSource.Gpio) {
    if (isWanted) sayNoLine(parts);
    return false;
  }
  if (isWanted) return true;
  const isAwake = parts.settings.idle === IdleSetting.Poll;
  return isAwake && table.ruleOfFilter(1) < 0 && backgroundNanos(parts) < shortestFrameNanos(parts);
}

function sayShared<Parts extends AnyParts>(parts: Parts): void {
  parts.console
    .text('canwarden: SPI at ')
    .decimal(parts.spi.clockHertz)
    .text(' Hz cannot empty one receive buffer in time at ')
    .decimal(parts.settings.bitrate)
    .text(' bit/s: both take all frames, and urgent requests are read first')
    .endLine();
}

function sayNoLine<Parts extends AnyParts>(parts: Parts): void {
  parts.records.said(Status.RequestLineUnused, Sentence.First, 0);
  parts.console
    .text('canwarden: receive: single needs int=gpio, the line that tells of the request: ')
    .text('RX STATUS tells it instead (status ')
    .decimal(Status.RequestLineUnused)
    .text(')')
    .endLine();
}
