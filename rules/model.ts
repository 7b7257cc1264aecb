// SPDX-License-Identifier: MIT
/**
 * The rule table: which frames match, what is answered, what is forwarded. It has one normal form, so
 * parse -> encode -> decode gives the same table.
 */

import { RULE_NUMBERS_2 } from '../formats/rule-image-2.ts';
import { RULE_NUMBERS } from '../formats/rule-image.ts';
import type { E2eCheck } from './e2e/check.ts';
import type { E2eStep } from './e2e/step.ts';
import type { Watch } from './watch.ts';
import type { PendingResponse } from './diagnosis/pending.ts';

/** Bits of a can_id that tell the frame's form. */
export const CAN_ID_EXTENDED = 0x80000000;
export const CAN_ID_REMOTE = 0x40000000;
/** Uses of the receive buffers by their number in the image; none: the cell chooses. */
export const RECEIVE_LAYOUTS = [undefined, 'shared', 'urgent-first', 'single'] as const;

/** Most rules one table may have. */
export const MAXIMUM_RULES = RULE_NUMBERS_2.RULES_MAXIMUM_2;
/** Data bytes of a classic CAN frame. */
export const DATA_BYTES = 8;
export const STANDARD_IDENTIFIER_MAXIMUM = 0x7ff;
export const EXTENDED_IDENTIFIER_MAXIMUM = 0x1fffffff;
/** Number of bytes that AGL can set for answers while the cell runs. */
export const LIVE_VALUES = RULE_NUMBERS.LIVE_VALUES;
/** Answer sources from this value on are live values. */
export const LIVE_SOURCE = RULE_NUMBERS.SOURCE_LIVE;
/** The answer is as long as the request. */
export const SAME_AS_REQUEST = 'same-as-request';

/** Condition on one data byte: (byte & mask) == value. Mask 0 matches any byte. */
export interface ByteMatch {
  readonly value: number;
  readonly mask: number;
}

/** The identifiers from `first` to `last`. */
export interface IdentifierRange {
  readonly first: number;
  readonly last: number;
}

/**
 * A number of `width` bits in the eight data bytes taken as one number, `shift` bits above its lowest.
 * Byte 0 is the most significant one with `bigEndian`, else the least significant.
 */
export interface DataField {
  readonly shift: number;
  readonly width: number;
  readonly bigEndian: boolean;
  /** Two's complement. */
  readonly signed: boolean;
}

/** A condition on the data: bytes beyond the frame's length count as 0. */
export type DataCondition =
  | {
      readonly kind: 'range';
      readonly field: DataField;
      readonly minimum: bigint;
      readonly maximum: bigint;
      readonly inverted: boolean;
    }
  /** (data & mask) == value, byte 0 the least significant. */
  | {
      readonly kind: 'bits';
      readonly value: bigint;
      readonly mask: bigint;
      readonly inverted: boolean;
    }
  /** The field, of at most 6 bits, has one of these values. */
  | {
      readonly kind: 'set';
      readonly field: DataField;
      readonly values: readonly number[];
      readonly inverted: boolean;
    };

/** The frames that a rule matches. */
export interface RuleMatch {
  /**
   * Beside `identifier` and `mask`: the identifier is in one of them. Ascending, with a gap between each
   * two. Absent: in any. Inverted lists are ranges as well.
   */
  readonly identifiers?: readonly IdentifierRange[];
  /** Beside `data`: of each group one must hold. */
  readonly conditions?: readonly (readonly DataCondition[])[];
  /** A longer frame does not match. Absent: any length. */
  readonly maximumLength?: number;
  /** 11 or 29 bits. Bits outside `mask` are 0. */
  readonly identifier: number;
  /** Identifier bits that are compared. */
  readonly mask: number;
  readonly extended: boolean;
  /** `any`: data and remote frames alike, of any length. */
  readonly remote: boolean | 'any';
  /** Beside data frames alone: the file says that no remote frame has these identifiers. */
  readonly neverRemote?: true;
  /** Exactly eight conditions, byte 0 first. */
  readonly data: readonly ByteMatch[];
  /** A shorter frame does not match. Always 0 unless only data frames match. */
  readonly minimumLength: number;
}

/** can-gw's position of a byte: from 0, or negative, from the end: -1 is the last byte. */
type BytePosition = number;

/**
 * One step of a program that makes an answer or changes a forwarded frame: one accumulator A of 64 bits,
 * signed, and the target frame. The meaning of each: formats/rule-image-2.ts.
 */
export type Step =
  | { readonly kind: 'load-request' | 'load-target' | 'store'; readonly field: DataField }
  | { readonly kind: 'load-live'; readonly field: DataField; readonly first: number }
  | {
      readonly kind: 'load-identifier' | 'store-identifier';
      readonly shift: number;
      readonly width: number;
    }
  | { readonly kind: 'load-length' }
  | { readonly kind: 'load-counter'; readonly increment: number; readonly maximum: number }
  | {
      readonly kind: 'load-constant' | 'add' | 'multiply' | 'divide' | 'at-least' | 'at-most';
      readonly value: bigint;
    }
  /** Byte 0 of the data is the lowest of the value. */
  | {
      readonly kind: 'and-data' | 'or-data' | 'xor-data' | 'set-data';
      readonly value: bigint;
    }
  | {
      readonly kind: 'and-length' | 'or-length' | 'xor-length' | 'set-length';
      readonly value: number;
    }
  /** can_id form: bit 31 extended, bit 30 remote. */
  | {
      readonly kind: 'and-identifier' | 'or-identifier' | 'xor-identifier' | 'set-identifier';
      readonly value: number;
    }
  | {
      readonly kind: 'checksum-xor';
      readonly from: BytePosition;
      readonly to: BytePosition;
      readonly result: BytePosition;
      readonly initial: number;
    }
  | {
      readonly kind: 'checksum-crc8';
      readonly from: BytePosition;
      readonly to: BytePosition;
      readonly result: BytePosition;
      readonly initial: number;
      readonly finalXor: number;
      /** 256 entries. */
      readonly table: readonly number[];
      readonly profile: 'none' | '1u8' | '16u8' | 'sffid-xor';
      /** 1u8: one byte; 16u8: sixteen. */
      readonly profileData: readonly number[];
    }
  | E2eStep;

/** At most `burst` answers in a row, and one for each interval in the long run. */
export type RateLimit =
  | { readonly intervalMicros: number; readonly burst: number }
  /** In bit times of the bus. */
  | { readonly intervalBits: number; readonly burst: number };

/**
 * The limit of a rule that states none. Two full frames with 29-bit identifiers have 320 bits (ISO 11898-1, with
 * all stuff bits): so two nodes that answer each other come to its end at any bit rate.
 */
export const DEFAULT_RATE = { intervalBits: 500, burst: 250 } as const satisfies RateLimit;

/** The data frame sent in reply. */
export interface RuleAnswer {
  /** Carried out on the frame that the other fields make. */
  readonly steps?: readonly Step[];
  readonly identifier: number;
  readonly extended: boolean;
  readonly length: number | typeof SAME_AS_REQUEST;
  /** Exactly eight bytes. 0 where `source` fills the byte, and beyond the length. */
  readonly data: readonly number[];
  /**
   * Exactly eight entries: the index of the request byte to copy, LIVE_SOURCE plus the number of a live
   * value, or null for the byte in `data`.
   */
  readonly source: readonly (number | null)[];
}

/** A frame that is sent again and again, beginning `phaseMicros` after the start. */
export interface Timer {
  readonly kind: 'cyclic';
  readonly intervalMicros: number;
  /** So many frames at that interval, then `thenMicros`; 0: no more. Absent: without end. */
  readonly count?: number;
  readonly thenMicros?: number;
  readonly phaseMicros: number;
  /** Absent: always, but not while the safe state stands if that sends its identifier. */
  readonly during?: 'safe-state';
  /** The rule whose answer tells that `count` frames were sent. */
  readonly ended?: string;
}

/** Frames that a safe state may have. */
export const SAFE_FRAMES_MAXIMUM = RULE_NUMBERS_2.SAFE_FRAMES_MAXIMUM;

/** When the frames of the safe state are sent. */
export interface SafeState {
  /** Silence of AGL's bridge after which AGL is gone. */
  readonly afterMicros: number;
  /** From the start of the cell: AGL may still be starting. */
  readonly graceMicros: number;
  /** A rule `from: agl`, whose frames must not be further apart. */
  readonly heartbeat?: { readonly rule: string; readonly withinMicros: number };
  /** AGL is back; nothing; or a frame that a rule takes. */
  readonly until: 'agl' | 'never' | { readonly rule: string };
}

/**
 * `alarm`: a frame of AGL's was refused; the answer goes to the bus, and may copy from that frame. `notice`: a watch or a
 * timer tells of something.
 */
export type RuleTrigger = 'alarm' | 'notice' | Timer;

/** The match of a rule that no frame matches. */
export const NO_FRAME: RuleMatch = {
  ...{ identifier: 0, mask: 0, identifiers: [], extended: false, remote: false, minimumLength: 0 },
  data: Array.from({ length: DATA_BYTES }, () => ({ value: 0, mask: 0 })),
};

/** The name of the rule that tells of refused frames of AGL's. */
export const ALARM_NAME = 'agl-alarm';

/** What AGL may send. */
export interface AglPolicy {
  /** Its frames that no rule takes do not reach the bus. */
  readonly deny?: true;
  /** Beside a table that is loaded later, the rules of this one about frames of AGL's stay in force. */
  readonly locked?: true;
}

/** One rule. With neither answer nor forward, the frame is dropped on purpose. */
export interface Rule {
  /** From the YAML file. An image of format 1 has no names, so its rules are called `rule-N`. */
  readonly name: string;
  readonly match: RuleMatch;
  readonly answer: RuleAnswer | null;
  /** Answers that follow it, in this order. */
  readonly moreAnswers?: readonly RuleAnswer[];
  /** Whether the request also goes to AGL; a frame of AGL's: to the bus. */
  readonly forward: boolean;
  /** Changes the frame that is forwarded. */
  readonly modify?: readonly Step[];
  /** Decides, before everything else, whether the frame is answered, and how it is forwarded. */
  readonly check?: E2eCheck;
  readonly watch?: Watch;
  /** While AGL is not there: takes the place of answers, and the frame is not forwarded. */
  readonly withoutAgl?: RuleAnswer | 'nothing';
  /** Frames of the bus: requests that AGL answers; of AGL: its answers. See PendingResponse. */
  readonly diagnosis?: 'request' | 'answer';
  /** What it answers instead of a frame that matches. Its match is `NO_FRAME` but for the smallest length. */
  readonly when?: RuleTrigger;
  /** `agl`: the rule is about frames of AGL's, and its answers go to AGL. Absent: about frames of the bus. */
  readonly from?: 'agl';
  /**
   * Absent: DEFAULT_RATE, if the rule answers and sends no frame of AGL's on. Answers beyond it are counted and not
   * sent. Of a rule about frames of AGL's that forwards it is the limit on the frames that it takes.
   */
  readonly rate?: RateLimit | 'none';
  /**
   * The answer should be on the bus so long after the end of its request (`explain --bus`). The image does
   * not have it: the cell does nothing about it.
   */
  readonly deadlineNanos?: number;
}

/** Most filters one table may have. */
export const MAXIMUM_FILTERS = RULE_NUMBERS.FILTERS_MAXIMUM;

/**
 * SocketCAN's `id:mask`, or inverted `id~mask` (linux/can.h). Both numbers are in can_id form: bit 31
 * extended, bit 30 remote. A flag bit outside the mask is not compared.
 */
export interface Filter {
  /** Bits outside `mask` are 0. */
  readonly identifier: number;
  readonly mask: number;
  readonly inverted: boolean;
}

/**
 * Use of the chip's two receive buffers. `shared`: both for every frame, and requests are recognised by
 * reading them. `urgent-first`: RXB0 for frames that a hardware filter recognises, RXB1 for the rest.
 * `single`: the same, and INT tells of RXB0 alone, so one answer is sent before anything is read.
 */
export type ReceiveLayout = 'shared' | 'urgent-first' | 'single' | 'window';

export interface RuleTable {
  /** Action for a frame that no rule matches. */
  readonly defaultAction: 'forward' | 'drop';
  readonly rules: readonly Rule[];
  /**
   * If present, they replace `defaultAction`: a frame that no rule matches is forwarded if it passes one of
   * them, and dropped otherwise. Never an empty list.
   */
  readonly filters?: readonly Filter[];
  /** Absent: what no rule takes reaches the bus, and a table that is loaded later replaces this one. */
  readonly agl?: AglPolicy;
  /** Its frames are rules whose timer says so. */
  readonly safeState?: SafeState;
  readonly pending?: PendingResponse;
  /** Absent: the compiler decides by the rules, and the cell by bit rate and SPI clock. */
  readonly receive?: ReceiveLayout;
}

/** A filter in candump's notation: `100:7FF`, `7E0~7F8`. */
export function formatFilter({ identifier, mask, inverted }: Filter): string {
  const [left, right] = [identifier, mask].map((word) => (word >>> 0).toString(16).toUpperCase());
  // Eight digits without flag bits would mean an extended identifier, so write fewer.
  return `${left.padStart(3, '0')}${inverted ? '~' : ':'}${right}`;
}

/** Number of the live value of an answer source. Undefined: no live value. */
export function liveValueOf(source: number | null | undefined): number | undefined {
  if (source === null || source === undefined || source < LIVE_SOURCE) return undefined;
  return source - LIVE_SOURCE;
}

/** The limit of a rule. Undefined: none. */
export function rateOf(rule: RatedRule): RateLimit | undefined {
  if (rule.rate === 'none') return undefined;
  return rule.rate ?? (hasDefaultRate(rule) ? DEFAULT_RATE : undefined);
}

/** Whether the rule has DEFAULT_RATE if it states no rate. */
export function hasDefaultRate({ answer, from, forward, when }: RatedRule): boolean {
  const isAsked = when === undefined || when === 'alarm';
  return answer !== null && !(from === 'agl' && forward) && isAsked;
}

type RatedRule = Pick<Rule, 'answer' | 'rate' | 'from' | 'forward' | 'when'>;

/** What sends the answer of a rule that no frame matches. Undefined: it is another rule. */
export function timerOf({ when }: Pick<Rule, 'when'>): Timer | undefined {
  return typeof when === 'object' ? when : undefined;
}

/** Whether the answer is constant, so that it can wait in a transmit buffer of the chip. */
export function isStaticAnswer(answer: RuleAnswer): boolean {
  const { length, source, steps } = answer;
  return length !== SAME_AS_REQUEST && steps === undefined && source.every((byte) => byte === null);
}

/** Whether two rules give the same static answer, so that one transmit buffer does for both. */
export function isSameAnswer(left: RuleAnswer | null, right: RuleAnswer | null): boolean {
  if (left === null || right === null || !isStaticAnswer(left) || !isStaticAnswer(right)) {
    return false;
  }
  return (
    left.identifier === right.identifier &&
    left.extended === right.extended &&
    left.length === right.length &&
    left.data.every((byte, index) => byte === right.data[index])
  );
}

/** What arbitration looks at. */
export interface ArbitrationField {
  readonly identifier: number;
  readonly extended: boolean;
  readonly remote: boolean;
}

/**
 * The arbitration field as a number, first bit on the wire highest (ISO 11898-1, 10.4): 11 bits of the
 * identifier, RTR or SRR, IDE, the other 18 bits, RTR. Of two frames that start together the smaller wins.
 */
export function arbitrationRank({ identifier, extended, remote }: ArbitrationField): number {
  const last = remote ? 1 : 0;
  if (!extended) return identifier * 2 ** 21 + last * 2 ** 20;
  const [base, rest] = [Math.floor(identifier / 2 ** 18), identifier % 2 ** 18];
  return base * 2 ** 21 + 2 ** 20 + 2 ** 19 + rest * 2 + last;
}

/** An identifier as usual for CAN: 3 hex digits, or 8 for an extended one. */
export function formatIdentifier(identifier: number, extended: boolean): string {
  return `0x${identifier
    .toString(16)
    .toUpperCase()
    .padStart(extended ? 8 : 3, '0')}`;
}

/** A byte as `0x3E`. */
export function formatByte(byte: number): string {
  return `0x${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}
