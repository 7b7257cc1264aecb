// SPDX-License-Identifier: MIT
/**
 * Finds what makes a message of a DBC file unusable: its identifier, name or length, and signals that
 * cannot lie where the file puts them.
 */
import {
  DATA_BYTES,
  EXTENDED_IDENTIFIER_MAXIMUM,
  formatIdentifier,
  STANDARD_IDENTIFIER_MAXIMUM,
} from '../model.ts';
import type { MessageFields, Signal } from './database.ts';
import { bytesNeeded, lowBits, maskOf, SIGNAL_BITS_MAXIMUM } from './layout.ts';
import type { Problems } from './problems.ts';
import type { ValueRange } from './statements.ts';

/** Comparisons of signals in a whole file. A message in which they run out cannot be used. */
const COMPARISONS_MAXIMUM = 50_000_000;

/** Adds what is wrong to `problems`. */
export function checkMessages(messages: readonly MessageFields[], problems: Problems): void {
  const overlaps = new OverlapCheck(problems);
  for (const message of messages) {
    checkIdentifier(message, problems);
    const { name, at, length, signals } = message;
    forTwins(
      signals,
      ({ name }) => name,
      (signal, twin) => {
        const reason = `it has two signals "${signal.name}"; the other is at ${problems.place(twin.at)}`;
        problems.add(message, signal.at, reason);
      },
    );
    for (const signal of signals.filter(({ factor }) => factor.isZero)) {
      const reason = `signal "${signal.name}" cannot be used: ${unusableReason(signal)}`;
      problems.warn(signal.at, reason);
    }
    if (length > DATA_BYTES) {
      const reason = `it has ${length} bytes, and a frame of classical CAN has at most ${DATA_BYTES}`;
      problems.add(message, at, `${reason}; shorten "${name}" or leave it out`);
      continue;
    }
    const placed = signals.filter((signal) => hasPlace(message, signal, problems));
    overlaps.check(message, placed);
  }
  const keys: readonly ((message: MessageFields) => string)[] = [
    ({ identifier, extended }) => `identifier ${formatIdentifier(identifier, extended)}`,
    ({ name }) => `name "${name}"`,
  ];
  for (const keyOf of keys) {
    forTwins(messages, keyOf, (message, twin) => {
      const reason = `another message has its ${keyOf(message)}, at ${problems.place(twin.at)}`;
      problems.add(message, message.at, `${reason}; change or remove one`);
    });
  }
}

/** Why this signal alone cannot be used. Undefined: it can. */
export function unusableReason({ type, factor }: Signal): string | undefined {
  if (type !== 'integer') {
    return 'it is a floating-point number (SIG_VALTYPE_), with which the cell cannot compute; name the bytes of the frame instead';
  }
  return factor.isZero ? 'its factor is 0, so all its values are the same; correct it' : undefined;
}

/** Calls `found` for each thing that shares its key with another one, which is the `twin`. */
function forTwins<Thing>(
  things: readonly Thing[],
  keyOf: (thing: Thing) => string,
  found: (thing: Thing, twin: Thing) => void,
): void {
  const firsts = new Map<string, Thing>();
  const told = new Set<Thing>();
  for (const thing of things) {
    const first = firsts.get(keyOf(thing));
    if (first === undefined) firsts.set(keyOf(thing), thing);
    else {
      if (!told.has(first)) found(first, thing);
      told.add(first);
      found(thing, first);
    }
  }
}

function checkIdentifier(message: MessageFields, problems: Problems): void {
  const { at, identifier, extended } = message;
  const most = extended ? EXTENDED_IDENTIFIER_MAXIMUM : STANDARD_IDENTIFIER_MAXIMUM;
  if (identifier <= most) return;
  const reason = `identifier ${identifier} is out of range: at most ${most}`;
  const hint = extended
    ? ''
    : `; for a 29-bit identifier write ${identifier + 2 ** 31} (bit 31 set)`;
  problems.add(message, at, reason + hint);
}

/** Whether the signal fits into its message. */
function hasPlace(message: MessageFields, signal: Signal, problems: Problems): boolean {
  const { name, at, bitCount, startBit } = signal;
  const bytes = bytesNeeded(signal);
  const hasBits = bitCount > 0 && bitCount <= SIGNAL_BITS_MAXIMUM;
  if (hasBits && bytes <= message.length) return true;
  const reason = hasBits
    ? `signal "${name}" (${startBit}|${bitCount}, ${signal.byteOrder}) ends in byte ${bytes - 1}, and the message has ${message.length} bytes`
    : `signal "${name}" has ${bitCount} bits: 1 to ${SIGNAL_BITS_MAXIMUM} are possible`;
  problems.add(message, at, `${reason}; correct the signal`);
  return false;
}

/** Finds signals that share a bit and can be present at once. */
class OverlapCheck {
  readonly #problems: Problems;
  #left = COMPARISONS_MAXIMUM;

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  check(message: MessageFields, signals: readonly Signal[]): void {
    const masks = signals.map(maskOf);
    const low = Uint32Array.from(masks, (mask) => Number(mask & lowBits(32)));
    const high = Uint32Array.from(masks, (mask) => Number(mask >> 32n));
    for (const [index, signal] of signals.entries()) {
      for (let before = 0; before < index; before++) {
        if (this.#left-- <= 0) return this.#giveUp(message);
        const isApart = (low[before] & low[index]) === 0 && (high[before] & high[index]) === 0;
        if (isApart || !this.#canMeet(signals[before], signal)) continue;
        const bit = lowestBit(masks[before] & masks[index]);
        const place = this.#problems.place(signals[before].at);
        const reason = `signals "${signals[before].name}" (${place}) and "${signal.name}" share bit ${bit % 8} of byte ${Math.floor(bit / 8)}`;
        this.#problems.add(message, signal.at, `${reason}; correct one of them`);
        break;
      }
    }
  }

  /** Whether both can be present. Conditions on different multiplexors do not exclude each other. */
  #canMeet(one: Signal, other: Signal): boolean {
    return one.presence.every(({ multiplexor, ranges }) => {
      const opposite = other.presence.find((each) => each.multiplexor === multiplexor);
      if (opposite === undefined) return true;
      this.#left -= ranges.length * opposite.ranges.length;
      return this.#left > 0 && haveCommon(ranges, opposite.ranges);
    });
  }

  #giveUp(message: MessageFields): void {
    this.#left = 0;
    const reason = 'there are too many signals to compare them all; leave out messages or signals';
    this.#problems.add(message, message.at, reason);
  }
}

function haveCommon(ones: readonly ValueRange[], others: readonly ValueRange[]): boolean {
  return ones.some((one) =>
    others.some((other) => one.least <= other.most && other.least <= one.most),
  );
}

function lowestBit(mask: bigint): number {
  let bit = 0;
  for (; ((mask >> BigInt(bit)) & 1n) === 0n; bit++);
  return bit;
}
