// SPDX-License-Identifier: MIT
/**
 * All streams of frames on the bus: the messages of the traffic, and the cell's answers to them.
 *
 * The transmit buffers are as in src/cell/urgent/answers.ts. An answer that a filter sends has a
 * buffer to itself, all other answers share one, and the frames from AGL have the last. The chip
 * offers the highest full buffer, whatever the identifiers are.
 */
import { arbitrationRank, SAME_AS_REQUEST } from '../model.ts';
import type { Rule, RuleTable } from '../model.ts';
import { assignPaths } from '../paths.ts';
import { requestsOf } from './answer-of.ts';
import { AGL_BUFFER, answerDelayNanos } from './cell-delays.ts';
import { bitsToNanos, leastBits, mostBits } from './frame-time.ts';
import { formatMessage } from './traffic.ts';
import type { Message, Traffic } from './traffic.ts';

/** Frames of one identifier that one cause puts on the bus. */
export interface Stream {
  /** The rule's name, or the message. */
  readonly name: string;
  /** The frame, as `0x1A1`. */
  readonly frame: string;
  /** The smaller rank wins arbitration. */
  readonly rank: number;
  readonly transmissionNanos: number;
  readonly shortestNanos: number;
  readonly periodNanos: number;
  /** Without the jitter that an answer inherits from its request. */
  readonly jitterNanos: number;
  /** Absent: another node sends it. */
  readonly own?: OwnStream;
}

/** Additional properties of a stream that the cell sends. */
export interface OwnStream {
  /** TXB0, TXB1 or TXB2. The chip offers the highest full buffer. */
  readonly buffer: number;
  /**
   * From the end of the request to RTS. Absent for frames from AGL, which are loaded like a frame
   * that waited.
   */
  readonly delayNanos?: number;
  readonly request?: Stream;
  readonly deadlineNanos?: number;
}

export interface Streams {
  readonly all: readonly Stream[];
  /** Rules with an answer whose request is missing in the traffic. */
  readonly unasked: readonly Rule[];
}

/** The streams of a bus. */
export function streamsOf(table: RuleTable, traffic: Traffic): Streams {
  const { messages } = traffic;
  const streamOf = new Map(messages.map((message) => [message, messageStream(message, traffic)]));
  const all = messages.map((message): Stream => {
    const stream = streamOf.get(message) as Stream;
    if (!message.fromAgl) return stream;
    const { deadlineNanos } = message;
    return { ...stream, own: { buffer: AGL_BUFFER, deadlineNanos } };
  });
  const unasked: Rule[] = [];
  const paths = assignPaths(table);
  const isShared = paths.every(({ number }) => number === 0);
  table.rules.forEach((rule, index) => {
    const { answer } = rule;
    if (answer === null) return;
    const requests = requestsOf(rule, messages);
    if (requests.length === 0) unasked.push(rule);
    const path = paths[index];
    const buffer = path.number === 1 || isShared ? 2 : 1;
    for (const request of requests) {
      const length = answer.length === SAME_AS_REQUEST ? request.length : answer.length;
      const frame = { ...answer, length, remote: false, fromAgl: false };
      const stream = messageStream({ ...frame, ...periodOf(request) }, traffic);
      const delayNanos = answerDelayNanos(path);
      const own = { buffer, delayNanos, request: streamOf.get(request) };
      const { deadlineNanos } = rule;
      all.push({ ...stream, name: rule.name, jitterNanos: 0, own: { ...own, deadlineNanos } });
    }
  });
  return { all, unasked };
}

function periodOf({ periodNanos, jitterNanos }: Message) {
  return { periodNanos, jitterNanos };
}

function messageStream(message: Message, { bitrate }: Traffic): Stream {
  return {
    name: formatMessage(message),
    frame: formatMessage(message),
    rank: arbitrationRank(message),
    transmissionNanos: bitsToNanos(mostBits(message), bitrate),
    shortestNanos: bitsToNanos(leastBits(message), bitrate),
    periodNanos: message.periodNanos,
    jitterNanos: message.jitterNanos,
  };
}
