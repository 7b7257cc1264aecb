// SPDX-License-Identifier: MIT
/** The words behind number and offset of one row of TRC, by the columns of its version. */
import { dataLengthOf, makeFrame } from '../../bus/can-frame.ts';
import { interfaceOfChannel } from '../channels.ts';
import { type Content, type Direction, FD_LENGTHS, leftOut, type Omission } from '../record.ts';
import { errorOfPeak } from './error.ts';
import { COLUMNS_OF_VERSION } from './versions.ts';

export interface Columns {
  /** Version 2 has types of two letters, version 1 has Rx and Tx. */
  readonly major: '1' | '2';
  readonly letters: readonly string[];
}

type RefuseWord = (word: string, reason: string) => never;
export type Row = { interfaceName: string; direction: Direction } & Content;

/** Number and offset stand before the words. */
const WORDS_BEFORE = 2;
/** Identifier of a warning in version 1. */
const WARNING = 'FFFFFFFF';
const STANDARD_DIGITS = 4;

/** The columns that a version has if no line names them. Refuses an unknown version. */
export function columnsOf(version: string, refuse?: (reason: string) => never): Columns {
  const letters = COLUMNS_OF_VERSION[version];
  if (letters === undefined) {
    const known = Object.keys(COLUMNS_OF_VERSION).join(', ');
    const reason = `version ${version} of TRC is not known; there are: ${known}`;
    if (refuse !== undefined) return refuse(reason);
    throw new RangeError(reason);
  }
  return { major: version.startsWith('1') ? '1' : '2', letters: letters.split(',') };
}

export function parseRow(
  words: readonly string[],
  { major, letters }: Columns,
  refuse: RefuseWord,
): Row | Omission {
  const place = (letter: string): number => letters.indexOf(letter) - WORDS_BEFORE;
  const word = (letter: string): string => words[place(letter)] ?? '';
  const bus = word('B');
  const interfaceName = interfaceOfChannel(/^\d+$/.test(bus) ? Number(bus) : 1);
  const type = word('T').toUpperCase();
  const behind = words.slice(place('D'));
  const isError = behind[0] === 'ERROR' || type === 'ERROR';
  if (isError) {
    const bytes = behind.filter((text) => /^[0-9A-F]{2}$/i.test(text));
    return {
      interfaceName,
      direction: 'unknown',
      kind: 'error',
      error: errorOfPeak(parseInt(word('I'), 16), bytesOf(bytes, refuse)),
    };
  }
  if (type === 'ER') return errorRow(words, interfaceName, refuse);
  if (word('I') === WARNING) return leftOut('event without a frame');
  const frames = major === '1' ? ['', 'RX', 'TX'] : ['DT', 'RR', 'FD', 'FB', 'FE', 'BI'];
  if (!frames.includes(type)) return leftOut('event without a frame');
  const way = (major === '1' ? type : word('d')).toUpperCase();
  const direction = way === 'RX' ? 'received' : way === 'TX' ? 'sent' : 'unknown';
  const head = parseIdentifier(word('I'), refuse);
  const isFd = ['FD', 'FB', 'FE', 'BI'].includes(type);
  const remote = type === 'RR' || /^RTR$/i.test(behind[0] ?? '');
  const { length, dlc } = lengthOf(word('L') || word('l'), letters.includes('L'), isFd, refuse);
  if (remote) {
    const frame = makeFrame({ ...head, remote: true, dlc });
    return { interfaceName, direction, kind: 'frame', frame };
  }
  const data = Uint8Array.from(bytesOf(behind.slice(0, length), refuse));
  if (data.length < length) {
    return refuse(words.at(-1) ?? '', `${data.length} data bytes with length ${length}`);
  }
  if (!isFd) {
    const frame = makeFrame({ ...head, dlc, data });
    return { interfaceName, direction, kind: 'frame', frame };
  }
  const bitRateSwitch = type === 'FB' || type === 'BI';
  const errorStateIndicator = type === 'FE' || type === 'BI';
  const frame = { ...head, bitRateSwitch, errorStateIndicator, data };
  return { interfaceName, direction, kind: 'fd', frame };
}

/** Version 2: the identifier may be missing or `-`; behind Rx come the kind and four bytes. */
function errorRow(words: readonly string[], interfaceName: string, refuse: RefuseWord): Row {
  const way = words.findIndex((word) => /^[RT]x$/i.test(word));
  const [kind = 8, ...bytes] = bytesOf(
    words.slice(way + 1).filter((word) => /^[0-9A-F]{2}$/i.test(word)),
    refuse,
  );
  const direction = /^Tx$/i.test(words[way] ?? '') ? 'sent' : 'received';
  return { interfaceName, direction, kind: 'error', error: errorOfPeak(kind, bytes) };
}

function parseIdentifier(word: string, refuse: RefuseWord) {
  if (!/^[0-9A-F]{1,8}$/i.test(word)) return refuse(word, `"${word}" is no identifier`);
  const identifier = parseInt(word, 16);
  const extended = word.length > STANDARD_DIGITS;
  const most = extended ? 0x1fffffff : 0x7ff;
  if (identifier <= most) return { identifier, extended };
  return refuse(word, `identifier ${word} is above ${most.toString(16).toUpperCase()}`);
}

/** `L` is the length code, `l` the number of bytes. Both are decimal. */
function lengthOf(word: string, isCode: boolean, isFd: boolean, refuse: RefuseWord) {
  const value = /^\d{1,2}$/.test(word) ? Number(word) : NaN;
  const isRight = isCode ? value <= 15 : isFd ? FD_LENGTHS.includes(value) : value <= 8;
  if (!isRight) return refuse(word, `"${word}" is no ${isCode ? 'length code' : 'data length'}`);
  const dlc = isCode ? value : isFd ? FD_LENGTHS.indexOf(value) : value;
  return { dlc, length: isFd ? (FD_LENGTHS[dlc] ?? 0) : dataLengthOf(dlc) };
}

function bytesOf(words: readonly string[], refuse: RefuseWord): number[] {
  return words.map((word) =>
    /^[0-9A-F]{2}$/i.test(word)
      ? parseInt(word, 16)
      : refuse(word, `"${word}" is not a byte of two hex digits`),
  );
}
