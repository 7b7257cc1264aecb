// SPDX-License-Identifier: MIT
/**
 * The check of a protected frame: its model, and its actions in the image. What they mean: formats/rule-image-2.ts.
 */
import { ACTION_RECORD, RULE_NUMBERS_2 as image } from '../../formats/rule-image-2.ts';
import type { Step } from '../model.ts';
import type { E2eStep } from './step.ts';
import { isE2eStep } from './step.ts';

/** What a check finds, by its number in the image. */
export const E2E_RESULTS = [
  'ok',
  'some-lost',
  'initial',
  'repeated',
  'wrong-sequence',
  'error',
  'no-new-data',
] as const;
export type E2eResult = (typeof E2E_RESULTS)[number];

/** What becomes of a frame with a result. */
export const DISPOSITIONS = ['pass', 'drop', 'mark', 'substitute'] as const;
export type Disposition = (typeof DISPOSITIONS)[number];

export interface E2eCheck {
  /** Writes the checksum that a frame must have. */
  readonly step: E2eStep;
  /** Of the frame. One of another length is wrong. */
  readonly length: number;
  readonly counterMaximum: number;
  /** The largest gap between two counters. */
  readonly maximumDelta: number;
  /** Profiles 1 and 2: the gap is one wider, and grows with each frame that is not accepted. */
  readonly widens: boolean;
  /** Four bits that the frame must have: of the data identifier. */
  readonly nibble?: { readonly first: number; readonly value: number };
  /** In the order of E2E_RESULTS. */
  readonly on: readonly Disposition[];
  /** Changes a frame that is marked. */
  readonly mark?: readonly Step[];
  /** Makes the substitute. */
  readonly substitute?: readonly Step[];
}

const WIDENS = 0x100;
const HAS_NIBBLE = 0x200;
const COUNTER_MASK = 0xff;
const NIBBLE_SHIFT_MASK = 0x3f;
const NIBBLE_VALUE_SHIFT = 8;
const BITS = 4;
/** Numbers of dispositions: those from here on name an action. */
const REPLACE = 2;
const WORDS = ['mark', 'substitute'] as const;

type Encode = (kind: number, steps: readonly Step[]) => Buffer;

/** The first actions of a rule. `encode` makes a record with its steps. */
export function encodeCheck(check: E2eCheck | undefined, encode: Encode): Buffer[] {
  if (check === undefined) return [];
  const { step, length, counterMaximum, maximumDelta, widens, nibble, on } = check;
  const replacing = WORDS.filter((word) => check[word] !== undefined);
  const record = encode(image.ACTION_CHECK, [step]);
  record.writeUInt8(length, ACTION_RECORD.length.at);
  record.writeUInt8(maximumDelta, ACTION_RECORD.reserved0.at);
  const options = (widens ? WIDENS : 0) | (nibble === undefined ? 0 : HAS_NIBBLE);
  record.writeUInt16LE(counterMaximum | options, ACTION_RECORD.reserved1.at);
  const written = nibble === undefined ? 0 : nibble.first | (nibble.value << NIBBLE_VALUE_SHIFT);
  record.writeUInt32LE(written, ACTION_RECORD.reserved2.at);
  const numbers = on.map((word) =>
    word === 'pass' || word === 'drop'
      ? DISPOSITIONS.indexOf(word)
      : REPLACE + 1 + replacing.indexOf(word),
  );
  const packed = numbers.reduce((sum, number, index) => sum | (number << (BITS * index)), 0);
  record.writeUInt32LE(packed >>> 0, ACTION_RECORD.identifier.at);
  const others = replacing.map((word) => {
    const replacement = encode(image.ACTION_REPLACE, check[word] ?? []);
    replacement.writeUInt8(WORDS.indexOf(word), ACTION_RECORD.length.at);
    return replacement;
  });
  return [record, ...others];
}

/** The check whose action begins at `at`; `replacing`: the actions behind it. Undefined: it has a wrong field. */
export function decodeCheck(
  bytes: Buffer,
  at: number,
  steps: readonly Step[],
  replacing: readonly { readonly at: number; readonly steps: readonly Step[] }[],
): E2eCheck | undefined {
  const [step] = steps;
  if (steps.length !== 1 || !isE2eStep(step)) return undefined;
  const options = bytes.readUInt16LE(at + ACTION_RECORD.reserved1.at);
  const written = bytes.readUInt32LE(at + ACTION_RECORD.reserved2.at);
  const packed = bytes.readUInt32LE(at + ACTION_RECORD.identifier.at);
  const words = replacing.map(
    (action) => WORDS[bytes.readUInt8(action.at + ACTION_RECORD.length.at)] as Word | undefined,
  );
  const on = E2E_RESULTS.map((_, index): Disposition | undefined => {
    const number = (packed >>> (BITS * index)) & 0xf;
    return number < REPLACE ? DISPOSITIONS[number] : words[number - REPLACE - 1];
  });
  if (!on.every((word) => word !== undefined)) return undefined;
  const programOf = (word: Word) => replacing.at(words.indexOf(word))?.steps;
  const check: E2eCheck = {
    ...{ step, on, widens: (options & WIDENS) !== 0, counterMaximum: options & COUNTER_MASK },
    length: bytes.readUInt8(at + ACTION_RECORD.length.at),
    maximumDelta: bytes.readUInt8(at + ACTION_RECORD.reserved0.at),
    ...((options & HAS_NIBBLE) === 0
      ? {}
      : {
          nibble: {
            first: written & NIBBLE_SHIFT_MASK,
            value: written >>> NIBBLE_VALUE_SHIFT,
          },
        }),
    ...(words.includes('mark') ? { mark: programOf('mark') } : {}),
    ...(words.includes('substitute') ? { substitute: programOf('substitute') } : {}),
  };
  return check;
}

type Word = (typeof WORDS)[number];

/** Programs of the check, beside its own checksum. */
export function programsOf(check: E2eCheck | undefined): Step[] {
  if (check === undefined) return [];
  return [check.step, ...(check.mark ?? []), ...(check.substitute ?? [])];
}
