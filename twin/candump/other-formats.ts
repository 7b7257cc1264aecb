// SPDX-License-Identifier: MIT
/**
 * Recognises logs of other tools, to name the format and the way to a candump log.
 */

interface Format {
  readonly name: string;
  /** Identifies the format, anywhere in the first lines. */
  readonly mark: RegExp;
  readonly next: string;
}

const CONVERT =
  'python3 -m can.logconvert IN OUT.log (python-can; the suffix of IN names its format)';

const FORMATS: readonly Format[] = [
  {
    name: 'a Vector ASC log',
    mark: /^(?:date |base +(?:hex|dec)|begin triggerblock)|^ *\d+\.\d+ +(?:CANFD +)?\d+ +[0-9A-Fa-f]+x? +[RT]x /im,
    next: 'asc2log -I IN.asc -O OUT.log (can-utils)',
  },
  {
    name: 'a PEAK TRC log',
    mark: /^;\$FILEVERSION|^ *\d+\) +\d+(?:\.\d+)? +(?:[RT]x|\d)/m,
    next: CONVERT,
  },
  { name: 'a Vector BLF log', mark: /^LOGG/, next: CONVERT },
  { name: 'an ASAM MDF file', mark: /^(?:MDF |UnFinMF)/, next: CONVERT },
  {
    name: 'a packet capture',
    // pcapng's block type, and pcap's magic in either byte order, in micro- or nanoseconds.
    mark: /^(?:\n\r\r\n|\xd4\xc3\xb2\xa1|\x4d\x3c\xb2\xa1|\xa1\xb2\xc3\xd4|\xa1\xb2\x3c\x4d)/,
    next: 'record with candump -l',
  },
  { name: 'a gzip file', mark: /^\x1f\x8b/, next: 'gunzip it' }, // eslint-disable-line no-control-regex
  { name: 'a CSV file of python-can', mark: /^timestamp,arbitration_id,/, next: CONVERT },
  {
    name: "candump's screen form without times",
    mark: /^ +\S+ +(?:[RT]X +[B-] +[E-] +)?[0-9A-Fa-f]{3,8} +(?:\[\d+\]|\{[0-9A-F]\})/m,
    next: 'record again with times: candump -l, or candump -ta',
  },
  {
    name: 'a log without times',
    mark: /^\s*\S+\s+[0-9A-Fa-f]{3,8}##?[0-9A-FR.]*\s*$/m,
    next: 'record again with times: candump -l',
  },
];

/** Characters in which the mark of a format is searched. */
const HEAD_CHARACTERS = 4096;

/**
 * `this is a Vector ASC log, ...` and the next step. Undefined: an unknown format. `text` has one character
 * per byte if the file is not text.
 */
export function describeOtherFormat(text: string): string | undefined {
  const head = text.slice(0, HEAD_CHARACTERS);
  const format = FORMATS.find(({ mark }) => mark.test(head));
  return format && `this is ${format.name}, not a candump log. Next: ${format.next}`;
}
