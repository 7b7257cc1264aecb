/**
 * The rule table: which frame, what answer, what is forwarded. One normal form for both
 * directions, so that parse -> encode -> decode gives the same table.
 *
 * Does not: know YAML or the binary image.
 */

/** Most rules one table may have. */
export const MAXIMUM_RULES = 64;
/** Data bytes of a classic CAN frame. */
export const DATA_BYTES = 8;
export const STANDARD_IDENTIFIER_MAXIMUM = 0x7ff;
export const EXTENDED_IDENTIFIER_MAXIMUM = 0x1fffffff;
/** Bytes that AGL can set while the cell runs, for answers. */
export const LIVE_VALUES = 64;
/** Answer sources from here on are live values. */
export const LIVE_SOURCE = 0x80;
/** Answer length that follows the request's. */
export const SAME_AS_REQUEST = 'same-as-request';

/** Condition on one data byte: (byte & mask) == value. A mask of 0 takes any byte. */
export interface ByteMatch {
  readonly value: number;
  readonly mask: number;
}

/** Which frames a rule is for. */
export interface RuleMatch {
  /** 11 or 29 bits, no bit outside `mask`. */
  readonly identifier: number;
  /** Identifier bits that are compared. */
  readonly mask: number;
  readonly extended: boolean;
  readonly remote: boolean;
  /** Exactly eight conditions, byte 0 first. */
  readonly data: readonly ByteMatch[];
  /** A shorter frame does not match; always 0 for a remote frame. */
  readonly minimumLength: number;
}

/** The data frame that goes out in reply. */
export interface RuleAnswer {
  readonly identifier: number;
  readonly extended: boolean;
  readonly length: number | typeof SAME_AS_REQUEST;
  /** Exactly eight bytes; 0 where `source` copies and beyond the length. */
  readonly data: readonly number[];
  /**
   * Exactly eight: the request byte that is copied here; LIVE_SOURCE and the number of a live value; or
   * null for the byte of `data`.
   */
  readonly source: readonly (number | null)[];
}

/** One rule. Neither answer nor forward: the frame is dropped on purpose. */
export interface Rule {
  /** From the YAML file; the image has no names, so a decoded rule is called `rule-N`. */
  readonly name: string;
  readonly match: RuleMatch;
  readonly answer: RuleAnswer | null;
  /** Whether the request also goes to AGL. */
  readonly forward: boolean;
}

/** Most filters one table may have. */
export const MAXIMUM_FILTERS = 32;

/**
 * SocketCAN's `id:mask`, inverted `id~mask` (linux/can.h). Both numbers are in can_id form, bit 31
 * extended, bit 30 remote; a flag bit outside the mask does not count either.
 */
export interface Filter {
  /** No bit outside `mask`. */
  readonly identifier: number;
  readonly mask: number;
  readonly inverted: boolean;
}

/**
 * How the chip's two receive buffers are used. `shared`: both for every frame; requests are recognised by
 * reading them. `urgent-first`: RXB0 for what a hardware filter recognises, RXB1 for the rest.
 */
export type ReceiveLayout = 'shared' | 'urgent-first';

/** A whole table. */
export interface RuleTable {
  /** What happens to a frame that no rule matches. */
  readonly defaultAction: 'forward' | 'drop';
  readonly rules: readonly Rule[];
  /**
   * When there are any: a frame that no rule matches is forwarded if it passes one of them, and
   * dropped if not, whatever `defaultAction` says. Never an empty list.
   */
  readonly filters?: readonly Filter[];
  /** Not there: the rules, and in the cell the bit rate and the SPI clock, decide. */
  readonly receive?: ReceiveLayout;
}

/** A filter as candump takes it: `100:7FF`, `7E0~7F8`. */
export function formatFilter({ identifier, mask, inverted }: Filter): string {
  const [left, right] = [identifier, mask].map((word) => (word >>> 0).toString(16).toUpperCase());
  // Without flag bits eight digits would mean an extended identifier: fewer are written then.
  return `${left.padStart(3, '0')}${inverted ? '~' : ':'}${right}`;
}

/** Number of the live value that an answer source stands for, or undefined. */
export function liveValueOf(source: number | null | undefined): number | undefined {
  if (source === null || source === undefined || source < LIVE_SOURCE) return undefined;
  return source - LIVE_SOURCE;
}

/** Whether the answer never changes, so that it can wait in a transmit buffer of the chip. */
export function isStaticAnswer(answer: RuleAnswer): boolean {
  return answer.length !== SAME_AS_REQUEST && answer.source.every((source) => source === null);
}

/** An identifier as CAN people write it: 3 hex digits, or 8 for an extended one. */
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
