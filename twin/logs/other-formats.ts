// SPDX-License-Identifier: MIT
/**
 * Recognises logs that are not read here, to name the format and the way to one that is.
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
  { name: 'a Vector BLF log', mark: /^LOGG/, next: CONVERT },
  { name: 'an ASAM MDF file', mark: /^(?:MDF |UnFinMF)/, next: CONVERT },
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

/**
 * `this is a Vector BLF log, ...` and the next step. Undefined: an unknown format. `head` is the begin of
 * the file with one character per byte, `expected` such as `a candump log`.
 */
export function describeOtherFormat(head: string, expected: string): string | undefined {
  const format = FORMATS.find(({ mark }) => mark.test(head));
  return format && `this is ${format.name}, not ${expected}. Next: ${format.next}`;
}
