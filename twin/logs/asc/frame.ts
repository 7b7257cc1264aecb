// SPDX-License-Identifier: MIT
/**
 * The words behind the time of a line of Vector ASC that tell of a frame.
 *
 *   1  1A0             Rx   d 2 01 02  Length = 0 BitCount = 64 ID = 416
 *   1  12345678x       Tx   r 8
 *   1  ErrorFrame  ECC: 10100010
 *   CANFD   1 Rx  1A0  Name  1 0 9 12 00 11 ..  130000  130  303000 ..
 */
import { dataLengthOf, makeFrame } from '../../bus/can-frame.ts';
import { interfaceOfChannel } from '../channels.ts';
import {
  type Content,
  type Direction,
  FD_LENGTHS,
  leftOut,
  type Omission,
  PLAIN_ERROR,
} from '../record.ts';

/** Number base of identifiers and data, from the line `base`. */
export type Base = 10 | 16;

export type Event = { interfaceName: string; direction: Direction } & Content;

/** Throws an error about a word of the line. */
export type RefuseWord = (word: string, reason: string) => never;

/** Bits of the flags of a CANFD line: RTR, and EDL, which is set in frames that are really CAN FD. */
const FLAG_REMOTE = 0x10;
const FLAG_FD = 0x1000;
/** Words behind the data of a CANFD line: duration, length in bits, flags. */
const FLAGS_PLACE = 2;

/**
 * Reads a line of a channel or a CANFD line. Any other is an event without a frame. Undefined: `Start of
 * measurement`, which every log has.
 */
export function parseEvent(words: readonly string[], base: Base, refuse: RefuseWord) {
  const [first = ''] = words;
  if (first === 'CANFD') return parseFd(words, base, refuse);
  if (first === 'CANXL') return leftOut('CAN XL frame');
  if (first === 'Start') return undefined;
  return /^\d+$/.test(first) ? parseClassical(words, base, refuse) : noFrame();
}

function noFrame(): Omission {
  return leftOut('event without a frame');
}

function parseClassical(words: readonly string[], base: Base, refuse: RefuseWord) {
  const [channel = '', name = '', way = '', type = '', ...rest] = words;
  const interfaceName = interfaceOfChannel(Number(channel));
  if (/^ErrorFrame$/i.test(name)) {
    return { interfaceName, direction: 'unknown', kind: 'error', error: PLAIN_ERROR } as const;
  }
  if (!/^[dr]$/i.test(type)) return noFrame();
  if (/^TxRq$/i.test(way)) return leftOut('request to send that is no frame yet');
  const direction = directionOf(way);
  if (direction === undefined) return noFrame();
  const head = parseIdentifier(name, base, refuse);
  const remote = type.toLowerCase() === 'r';
  // Before version 8.5 a remote frame had no length.
  const code = rest[0] ?? '';
  const dlc = remote && !/^[0-9A-F]{1,2}$/i.test(code) ? 0 : lengthCode(code, base, refuse);
  const data = remote ? [] : bytesOf(rest.slice(1), dataLengthOf(dlc), base, refuse);
  return event(interfaceName, direction, {
    kind: 'frame',
    frame: makeFrame({ ...head, remote, dlc, data }),
  });
}

function parseFd(words: readonly string[], base: Base, refuse: RefuseWord) {
  const [, channel = '', way = '', name = ''] = words;
  if (!/^\d+$/.test(channel)) return noFrame();
  const interfaceName = interfaceOfChannel(Number(channel));
  const direction = directionOf(way);
  if (/^TxRq$/i.test(way)) return leftOut('request to send that is no frame yet');
  if (direction === undefined) return noFrame();
  if (words.slice(3, 5).some((word) => /^ErrorFrame$/i.test(word))) {
    return event(interfaceName, direction, { kind: 'error', error: PLAIN_ERROR });
  }
  const head = parseIdentifier(name, base, refuse);
  // A name of the database may stand behind the identifier. No name begins with a digit.
  const start = /^\d/.test(words[4] ?? '') ? 4 : 5;
  const [switched = '', indicator = '', code = '', lengthText = ''] = words.slice(start);
  const length = /^\d{1,2}$/.test(lengthText) ? Number(lengthText) : NaN;
  if (!/^[01]$/.test(switched)) return refuse(switched, `"${switched}" is not 0 or 1 (BRS)`);
  if (!/^[01]$/.test(indicator)) return refuse(indicator, `"${indicator}" is not 0 or 1 (ESI)`);
  if (!FD_LENGTHS.includes(length)) {
    return refuse(lengthText, `"${lengthText}" is no length of a CAN FD frame`);
  }
  const behind = words.slice(start + 4);
  const flagsText = behind[length + FLAGS_PLACE];
  const flags = flagsText === undefined ? FLAG_FD : parseInt(flagsText, 16);
  const isFd = (flags & FLAG_FD) !== 0;
  if (!isFd && (flags & FLAG_REMOTE) !== 0) {
    const dlc = lengthCode(code, 16, refuse);
    return event(interfaceName, direction, {
      kind: 'frame',
      frame: makeFrame({ ...head, remote: true, dlc }),
    });
  }
  const data = Uint8Array.from(bytesOf(behind, length, base, refuse));
  // log2asc -f writes classical frames in this form.
  if (!isFd && length <= 8 && switched === '0' && indicator === '0') {
    const written = lengthCode(code, 16, refuse);
    const dlc = dataLengthOf(written) === length ? written : length;
    return event(interfaceName, direction, {
      kind: 'frame',
      frame: makeFrame({ ...head, dlc, data }),
    });
  }
  const bitRateSwitch = switched === '1';
  const errorStateIndicator = indicator === '1';
  return event(interfaceName, direction, {
    kind: 'fd',
    frame: { ...head, bitRateSwitch, errorStateIndicator, data },
  });
}

function event(interfaceName: string, direction: Direction, content: Content): Event {
  return { interfaceName, direction, ...content };
}

function directionOf(word: string): Direction | undefined {
  if (/^Rx$/i.test(word)) return 'received';
  return /^Tx$/i.test(word) ? 'sent' : undefined;
}

function parseIdentifier(word: string, base: Base, refuse: RefuseWord) {
  const extended = /x$/i.test(word);
  const digits = extended ? word.slice(0, -1) : word;
  if (!(base === 16 ? /^[0-9A-F]{1,8}$/i : /^\d{1,9}$/).test(digits)) {
    const kind = base === 16 ? 'hexadecimal' : 'decimal';
    const next = 'Next: log again with identifiers as numbers, not with the names of a database';
    return refuse(word, `"${word}" is no ${kind} identifier. ${next}`);
  }
  const identifier = parseInt(digits, base);
  const most = extended ? 0x1fffffff : 0x7ff;
  if (identifier > most) {
    const hint = extended ? '' : '; an extended one ends in x';
    return refuse(word, `identifier ${word} is above ${most.toString(16).toUpperCase()}${hint}`);
  }
  return { identifier, extended };
}

/** One digit is hexadecimal in both bases. */
function lengthCode(word: string, base: Base, refuse: RefuseWord): number {
  const isDigit = /^[0-9A-F]$/i.test(word);
  const code = isDigit ? parseInt(word, 16) : /^\d\d$/.test(word) ? parseInt(word, base) : NaN;
  return code <= 15 ? code : refuse(word, `"${word}" is no length code of 0 to F`);
}

function bytesOf(words: readonly string[], count: number, base: Base, refuse: RefuseWord) {
  const bytes = words.slice(0, count).map((word) => {
    const value = (base === 16 ? /^[0-9A-F]{1,2}$/i : /^\d{1,3}$/).test(word)
      ? parseInt(word, base)
      : NaN;
    return value <= 255 ? value : refuse(word, `"${word}" is no data byte`);
  });
  if (bytes.length === count) return bytes;
  return refuse(words.at(-1) ?? '', `${bytes.length} data bytes with length ${count}`);
}
