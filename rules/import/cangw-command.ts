// SPDX-License-Identifier: MIT
/**
 * Reads a command line of cangw (can-utils): a job of the kernel's gateway.
 *
 * Source: cangw.c of can-utils for the words, linux/can/gw.h for their meaning. Numbers are hexadecimal
 * except positions, hops and the number of a profile.
 */
import { CommandError, givenOptions, shellWords } from './shell-words.ts';

export type Instruction = 'and' | 'or' | 'xor' | 'set';

/** One modification: the parts of the frame that it is about. */
export interface Modification {
  readonly identifier?: number;
  readonly length?: number;
  readonly data?: readonly number[];
}

interface Positions {
  readonly from: number;
  readonly to: number;
  readonly result: number;
  readonly initial: number;
}

export interface Crc8Job extends Positions {
  readonly finalXor: number;
  readonly table: readonly number[];
  readonly profile?: '1u8' | '16u8' | 'sffid-xor';
  readonly profileData: readonly number[];
}

/** A job. */
export interface CangwJob {
  readonly source: string;
  readonly destination: string;
  readonly filter?: {
    readonly identifier: number;
    readonly mask: number;
    readonly inverted: boolean;
  };
  readonly modifications: Readonly<Partial<Record<Instruction, Modification>>>;
  readonly crc8?: Crc8Job;
  readonly xor?: Positions;
  readonly uid?: string;
  /** What it has that no rule has, in words. */
  readonly notes: readonly string[];
  /** Why it cannot be a rule at all. */
  readonly refusal?: string;
}

const LETTERS = 'ADFLs:d:Xteiu:l:f:c:p:x:m:M:';
const INSTRUCTIONS: readonly Instruction[] = ['and', 'or', 'xor', 'set'];
const PROFILES = [undefined, '1u8', '16u8', 'sffid-xor'] as const;
const NOTES: Readonly<Record<string, string>> = {
  t: '-t: each frame has the time at which the cell received it',
  e: '-e: there is no local echo here; those who listen on the destination see the frame',
  i: '-i: a frame never goes back to where it came from',
};
const HEX = '(?:0x)?([0-9a-f]{1,8})';

/**
 * Reads one command line. A string: it adds no job, and the string says what became of it. Throws
 * CommandError.
 */
export function readCangw(line: string): CangwJob | string {
  const words = shellWords(line);
  const at = words.findIndex((word) => /(^|\/)cangw$/.test(word));
  const options = givenOptions(words.slice(at + 1), LETTERS);
  const values = (wanted: string): string[] =>
    options.flatMap(({ letter, value }) => (letter === wanted ? [value] : []));
  const command = options.find(({ letter }) => 'ADFL'.includes(letter))?.letter;
  if (command === 'F') return '-F: a new table replaces the one before it';
  if (command === 'L') return '-L lists jobs; each line that it prints can be imported';
  if (command === 'D') return '-D deletes a job; leave its -A out instead';
  if (command === undefined) throw new CommandError('there is no -A: which job is added?');
  const [source, destination] = [values('s').at(-1), values('d').at(-1)];
  if (source === undefined || destination === undefined) {
    throw new CommandError('a job needs -s and -d, the interfaces it goes from and to');
  }
  const notes = [
    ...options.flatMap(({ letter }) => NOTES[letter] ?? []),
    ...values('l').map(
      (hops) => `-l ${hops}: a frame passes one rule and is sent once, so no hop is left to count`,
    ),
    ...(values('f').length > 1 ? ['-f: can-gw takes the last of several'] : []),
  ];
  const isFd = options.some(({ letter }) => letter === 'X' || letter === 'M');
  if (isFd) {
    const refusal = '-X: a job for CAN FD frames; the chip sends and receives classical CAN';
    return { source, destination, modifications: {}, notes, refusal };
  }
  const modifications = readModifications(values('m'), notes);
  const crc8 = values('c')
    .map((text) => readCrc8(text, values('p').at(-1)))
    .at(-1);
  const xor = values('x')
    .map((text) => readXor(text))
    .at(-1);
  if (values('m').length === 0 && (crc8 ?? xor) !== undefined) {
    throw new CommandError('-c or -x can only be used in conjunction with -m, as cangw says');
  }
  if (crc8 === undefined && values('p').length > 0)
    notes.push('-p: a profile without -c does nothing');
  const filter = values('f').map(readFilter).at(-1);
  const uid = values('u').at(-1);
  return { source, destination, filter, modifications, crc8, xor, uid, notes };
}

function readFilter(text: string): CangwJob['filter'] {
  const [, id, sign, mask] = new RegExp(`^${HEX}([:~])${HEX}$`, 'i').exec(text) ?? [];
  if (id === undefined)
    throw new CommandError(`-f ${text}: not <can_id>:<mask> or <can_id>~<mask>`);
  return { identifier: parseInt(id, 16), mask: parseInt(mask, 16), inverted: sign === '~' };
}

function readModifications(
  texts: readonly string[],
  notes: string[],
): Partial<Record<Instruction, Modification>> {
  const found: Partial<Record<Instruction, Modification>> = {};
  for (const text of texts) {
    const form = new RegExp(
      `^(AND|OR|XOR|SET):([ILD]{1,3}):${HEX}\\.${HEX}\\.([0-9a-f]{16})$`,
      'i',
    );
    const [, word, parts, id, length, data] = form.exec(text) ?? [];
    const instruction = INSTRUCTIONS.find((one) => one.toUpperCase() === word);
    if (instruction === undefined || parts !== parts.toUpperCase()) {
      throw new CommandError(
        `-m ${text}: not AND|OR|XOR|SET:[ILD]:<can_id>.<dlc>.<16 digits of data>`,
      );
    }
    if (found[instruction]) notes.push(`-m ${word}: can-gw takes the last of several`);
    found[instruction] = {
      ...(parts.includes('I') ? { identifier: parseInt(id, 16) } : {}),
      ...(parts.includes('L') ? { length: parseInt(length, 16) & 0xff } : {}),
      ...(parts.includes('D') ? { data: bytesOf(data) } : {}),
    };
  }
  return found;
}

function readCrc8(text: string, profile: string | undefined): Crc8Job {
  const form = new RegExp(`^(-?\\d+):(-?\\d+):(-?\\d+):${HEX}:${HEX}:([0-9a-f]{512})$`, 'i');
  const found = form.exec(text);
  if (found === null) {
    const words = '<from>:<to>:<result>:<init>:<xor>:<512 digits of the table>';
    throw new CommandError(`-c ${text.slice(0, 40)}: not ${words}`);
  }
  const [, , , , initial, finalXor, table] = found;
  return {
    ...readPositions('c', found),
    ...{ initial: parseInt(initial, 16) & 0xff, finalXor: parseInt(finalXor, 16) & 0xff },
    ...{ table: bytesOf(table), ...readProfile(profile) },
  };
}

function readXor(text: string): Positions {
  const found = new RegExp(`^(-?\\d+):(-?\\d+):(-?\\d+):${HEX}$`, 'i').exec(text);
  if (found === null) throw new CommandError(`-x ${text}: not <from>:<to>:<result>:<init>`);
  return { ...readPositions('x', found), initial: parseInt(found[4], 16) & 0xff };
}

function readPositions(letter: string, [, ...digits]: readonly string[]) {
  const [from, to, result] = digits.slice(0, 3).map(Number);
  const wrong = [from, to, result].find((position) => position < -8 || position > 7);
  if (wrong === undefined) return { from, to, result };
  throw new CommandError(`-${letter}: position ${wrong} is outside -8 to 7`);
}

function readProfile(text: string | undefined): Pick<Crc8Job, 'profile' | 'profileData'> {
  if (text === undefined) return { profileData: [] };
  const [, number, , data = ''] = /^([1-3])(:([0-9a-f]*))?$/i.exec(text) ?? [];
  const profile = PROFILES[Number(number ?? 0)];
  const isWhole =
    profile === '1u8' ? data.length > 0 : profile === '16u8' ? data.length === 32 : true;
  if (profile === undefined || !isWhole) {
    throw new CommandError(`-p ${text}: not 1:<byte>, 2:<32 digits> or 3:`);
  }
  if (profile === '1u8') return { profile, profileData: [parseInt(data.slice(0, 2), 16)] };
  return { profile, profileData: profile === '16u8' ? bytesOf(data) : [] };
}

function bytesOf(digits: string): number[] {
  return [...Buffer.from(digits, 'hex')];
}
