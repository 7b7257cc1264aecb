// SPDX-License-Identifier: MIT
/**
 * All streams of frames on the bus: the messages of the traffic, and the cell's answers to them.
 *
 * The cell takes part with the strongest frame it owes. Only the frames of AGL keep their order
 * among themselves.
 */
import { RULE_NUMBERS_2 } from '../../formats/rule-image-2.ts';
import type { PendingResponse } from '../diagnosis/pending.ts';
import { arbitrationRank, SAME_AS_REQUEST, timerOf } from '../model.ts';
import type { Rule, RuleAnswer, RuleTable, Timer } from '../model.ts';
import { aglBuffersOf, assignPaths } from '../paths.ts';
import { requestsOf } from './answer-of.ts';
import { answerDelayNanos, hastensDeaf } from './cell-delays.ts';
import { bitsToNanos, leastBits, mostBits } from './frame-time.ts';
import { formatMessage } from './traffic.ts';
import type { Message, Traffic } from './traffic.ts';

const { TIMER_MICROS_MAXIMUM } = RULE_NUMBERS_2;
const NANOS_PER_MICRO = 1_000;
/**
 * From the time at which a frame is due until it waits among the answers: another step that has just begun (from AGL, 5
 * us), that of its timer, and six pieces of its program (docs/timing-budget.md, "The steps of the cell").
 */
const TIMER_NANOS = 40_000;

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
  /**
   * For an answer: from the end of the request to RTS, while no other frame of the cell is in the
   * way; of a timer's frame: from the time at which it is due. Absent: a frame from AGL.
   */
  readonly delayNanos?: number;
  /** Of an answer. */
  readonly request?: Stream;
  /** A timer of the table sends it. */
  readonly isTimed?: true;
  /** A transmit buffer is kept for it: that of the first filter. */
  readonly isKept?: boolean;
  /** Its request is read, or bytes of it are, or it may be: no filter alone tells what to answer. */
  readonly isRead?: boolean;
  /** Its rule, if the answers of that have different identifiers: none overtakes another. */
  readonly rule?: Rule;
  /** The weakest rank that it may have, if bits of its identifier come from the request. `rank` is the strongest. */
  readonly weakestRank?: number;
  /**
   * There is one transmit buffer for such frames: for those of AGL if other buffers are kept for
   * answers, for answers if two filters keep two. Behind a frame of the cell the next one may not be
   * loaded before that was seen to have left.
   */
  readonly hasGaps: boolean;
  readonly deadlineNanos?: number;
}

export interface Streams {
  readonly all: readonly Stream[];
  /** Rules with an answer whose request is missing in the traffic. */
  readonly unasked: readonly Rule[];
  /** Rules whose frames come too seldom for their timeout, with the time between two of them. */
  readonly untimely: readonly { readonly rule: Rule; readonly nanos: number }[];
}

/** The streams of a bus. */
export function streamsOf(table: RuleTable, traffic: Traffic): Streams {
  const { messages } = traffic;
  const streamOf = new Map(messages.map((message) => [message, messageStream(message, traffic)]));
  const paths = assignPaths(table);
  const hasTwoFilters = paths.some(({ number }) => number === 2);
  const all = messages.map((message): Stream => {
    const stream = streamOf.get(message) as Stream;
    if (!message.fromAgl) return stream;
    const { deadlineNanos } = message;
    return { ...stream, own: { hasGaps: aglBuffersOf(table) === 1, deadlineNanos } };
  });
  const unasked: Rule[] = [];
  table.rules.forEach((rule, index) => {
    const { answer } = rule;
    if (answer === null || rule.from === 'agl') return;
    const timer = timerOf(rule) ?? noticeTimer(rule, table);
    if (timer !== undefined) {
      const own = { delayNanos: TIMER_NANOS, hasGaps: hasTwoFilters, isTimed: true as const };
      const stream = messageStream(timedMessage(answer, timer), traffic);
      all.push({ ...stream, name: rule.name, own });
      return;
    }
    const requests = requestsOf(rule, messages);
    if (requests.length === 0) unasked.push(rule);
    const answers = [answer, ...(rule.moreAnswers ?? [])];
    const order = hasIdentifiers(rule) ? { rule } : {};
    for (const request of requests) {
      const delayNanos = answerDelayNanos(paths[index]);
      const { number, window, single } = paths[index];
      // Faster than 500 kbit/s only what INT alone tells does not wait for another frame of the cell.
      const isTold = number !== 0 && (single || !hastensDeaf(traffic.bitrate));
      // Bytes of a request are not read while a stronger frame of the cell is brought into the chip.
      const isKept = number === 1 && requests.length === 1 && !window && isTold;
      const isRead = window || !isTold;
      const shared = { hasGaps: hasTwoFilters, request: streamOf.get(request), ...order };
      const own = { delayNanos, isKept, isRead, ...shared };
      const { deadlineNanos } = rule;
      for (const each of answers) {
        const length = each.length === SAME_AS_REQUEST ? request.length : each.length;
        const frame = { ...each, length, remote: false, fromAgl: false };
        const stream = messageStream({ ...frame, ...periodOf(request) }, traffic);
        const weakestRank = arbitrationRank({ ...frame, identifier: weakestOf(each) });
        const rest = { name: rule.name, jitterNanos: 0 };
        all.push({ ...stream, ...rest, own: { ...own, deadlineNanos, weakestRank } });
      }
    }
  });
  if (table.pending !== undefined) {
    const own = { delayNanos: TIMER_NANOS, hasGaps: hasTwoFilters, isTimed: true as const };
    const stream = messageStream(pendingMessage(table.pending), traffic);
    all.push({ ...stream, name: 'response pending', own });
  }
  return { all, unasked, untimely: untimelyOf(table, messages) };
}

/** Whether the answers of a rule can have different identifiers. */
function hasIdentifiers({ answer, moreAnswers = [] }: Rule): boolean {
  const [first, ...others] = [answer, ...moreAnswers].filter((each) => each !== null);
  if (first === undefined) return false;
  const isOther = others.some(
    ({ identifier, extended }) => identifier !== first.identifier || extended !== first.extended,
  );
  return isOther || [first, ...others].some((each) => weakestOf(each) !== each.identifier);
}

/** The identifier of an answer with all bits set that come from the request. */
function weakestOf({ identifier, steps = [] }: RuleAnswer): number {
  let weakest = BigInt(identifier);
  for (const step of steps) {
    if (step.kind !== 'store-identifier') continue;
    weakest |= ((1n << BigInt(step.width)) - 1n) << BigInt(step.shift);
  }
  return Number(weakest);
}

/** The timeouts that the traffic does not keep. */
function untimelyOf({ rules }: RuleTable, messages: readonly Message[]): Streams['untimely'] {
  return rules.flatMap((rule) => {
    const limit = (rule.watch?.timeout?.micros ?? Infinity) * NANOS_PER_MICRO;
    const times = requestsOf(rule, messages).map((one) => one.periodNanos + one.jitterNanos);
    const nanos = Math.min(...times);
    return times.length > 0 && nanos >= limit ? [{ rule, nanos }] : [];
  });
}

/** How often a notice comes at most: of a timeout once in that, of a count once. Undefined: it is none. */
function noticeTimer({ name, when }: Rule, { rules }: RuleTable): Timer | undefined {
  if (when !== 'notice') return undefined;
  const told = rules.find(({ watch }) =>
    [watch?.timeout?.missing, watch?.timeout?.returned].includes(name),
  );
  const micros = told?.watch?.timeout?.micros ?? TIMER_MICROS_MAXIMUM;
  return { kind: 'cyclic', intervalMicros: micros, phaseMicros: 0 };
}

/** One client at a time is kept waiting: a frame follows a request, or the one before it. */
function pendingMessage(pending: PendingResponse): Message {
  const { identifier, extended, length, afterMicros, everyMicros } = pending;
  const periodMicros = Math.min(everyMicros, afterMicros || everyMicros);
  return {
    ...{ identifier, extended, length, remote: false, fromAgl: false, jitterNanos: 0 },
    periodNanos: periodMicros * NANOS_PER_MICRO,
  };
}

/** A frame of a timer as a message with the shorter of its intervals. */
function timedMessage(answer: RuleAnswer, timer: Timer): Message {
  const length = answer.length === SAME_AS_REQUEST ? 0 : answer.length;
  return {
    ...{ ...answer, length, remote: false, fromAgl: false, jitterNanos: 0 },
    periodNanos: shortestInterval(timer) * NANOS_PER_MICRO,
  };
}

/** In us. Of a frame that is sent once, the longest there is. */
function shortestInterval({ intervalMicros, count, thenMicros }: Timer): number {
  const intervals = [count === 1 ? 0 : intervalMicros, count === undefined ? 0 : (thenMicros ?? 0)];
  const [shortest = TIMER_MICROS_MAXIMUM] = intervals
    .filter((one) => one > 0)
    .sort((a, b) => a - b);
  return shortest;
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
