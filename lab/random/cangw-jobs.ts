// SPDX-License-Identifier: MIT
/**
 * Random jobs for the kernel's gateway, as command lines of cangw, and frames for them.
 *
 * Source: cangw.c of can-utils for the words.
 * Does not: make lengths from 9 to 15. The kernel takes them as raw length codes, and a rule deletes the
 * frame.
 */
import { crcTable } from '../../rules/crc-table.ts';
import type { Random } from './random.ts';

/** A job from can0 to vcan0, and frames in candump's notation that come on can0. */
export interface RandomJob {
  readonly command: string;
  readonly frames: readonly string[];
}

/** What the kernel at hand can do. */
export interface JobLimits {
  /** CRC-8 with positions from the end: kernels before 2026 read and write outside the data. */
  readonly relativeCrc: boolean;
}

const FRAMES_OF_A_JOB = 6;
const WORDS = ['AND', 'OR', 'XOR', 'SET'] as const;
/** All bits of a can_id but that of error frames. */
const WORD_BITS = 0xdfffffff;
const EFF = 0x80000000;
const RTR = 0x40000000;
/** SAE-J1850, AUTOSAR, and others; 0 stands for a table that belongs to no polynomial. */
const POLYNOMIALS = [0x1d, 0x2f, 0x07, 0x31, 0];

interface RandomFrame {
  readonly text: string;
  readonly length: number;
}

/** Operands of the length, in the order of the instructions. */
type Lengths = Partial<Record<(typeof WORDS)[number], number>>;

/** One job. `letters` between cangw and the interfaces: -A. */
export function randomCangwJob(random: Random, limits: JobLimits): RandomJob {
  const identifier = randomWord(random);
  const frames = Array.from({ length: FRAMES_OF_A_JOB }, () => randomFrame(random, identifier));
  const filter = random.chance(0.6) ? [`-f ${randomFilter(random, identifier)}`] : [];
  let modifications: string[] = [];
  for (;;) {
    const lengths: Lengths = {};
    modifications = random.chance(0.1) ? [] : randomModifications(random, lengths);
    const results = frames.map(({ length }) => lengthAfter(length, lengths));
    if (results.every((length) => length <= 8 || length > 15)) break;
  }
  const checksums = modifications.length > 0 ? randomChecksums(random, limits) : [];
  const command = ['cangw -A -s can0 -d vcan0 -e', ...filter, ...modifications, ...checksums];
  return { command: command.join(' '), frames: frames.map(({ text }) => text) };
}

/** A can_id without the bit of error frames. */
function randomWord(random: Random): number {
  const extended = random.chance(0.4);
  const number = random.below(extended ? 2 ** 29 : 2 ** 11);
  return (number | (extended ? EFF : 0) | (random.chance(0.15) ? RTR : 0)) >>> 0;
}

function randomFrame(random: Random, near: number): RandomFrame {
  // Most frames are close to the filter.
  const word = random.chance(0.7)
    ? (near ^ (random.chance(0.5) ? 0 : 1 << random.below(11))) >>> 0
    : randomWord(random);
  const extended = (word & EFF) !== 0;
  const digits = (word & (extended ? 0x1fffffff : 0x7ff))
    .toString(16)
    .padStart(extended ? 8 : 3, '0');
  const length = random.below(9);
  const content = word & RTR ? `R${length}` : hex(random.bytes(length));
  return { text: `${digits}#${content}`.toUpperCase(), length };
}

function randomFilter(random: Random, near: number): string {
  const masks = [0xc00007ff, 0x7ff, 0x700, 0xdfffffff, 0x80000000, 0x40000000, 0xc0000000, 0];
  const mask = random.chance(0.7) ? random.pick(masks) : random.below(2 ** 32) & WORD_BITS;
  const sign = random.chance(0.4) ? '~' : ':';
  return `${(near >>> 0).toString(16)}${sign}${(mask >>> 0).toString(16)}`.toUpperCase();
}

function randomModifications(random: Random, lengths: Lengths): string[] {
  return WORDS.filter(() => random.chance(0.45)).map((word) => {
    const parts = ['I', 'L', 'D'].filter(() => random.chance(0.5));
    if (parts.length === 0) parts.push('D');
    const identifier = (random.below(2 ** 32) & WORD_BITS) >>> 0;
    const length = random.below(random.chance(0.1) ? 256 : 9);
    if (parts.includes('L')) lengths[word] = length;
    const data = hex(random.bytes(8));
    return `-m ${word}:${parts.join('')}:${identifier.toString(16)}.${length.toString(16)}.${data}`;
  });
}

/** What becomes of a length: AND, OR, XOR, SET. */
function lengthAfter(length: number, { AND = 0xff, OR = 0, XOR = 0, SET }: Lengths): number {
  return SET ?? ((length & AND) | OR) ^ XOR;
}

function randomChecksums(random: Random, { relativeCrc }: JobLimits): string[] {
  const positions = (relative: boolean): string =>
    Array.from({ length: 3 }, () => (relative ? random.between(-8, 7) : random.below(8))).join(':');
  const byte = (): string => hex(random.bytes(1));
  const words: string[] = [];
  if (random.chance(0.5)) {
    const polynomial = random.pick(POLYNOMIALS);
    const table = polynomial === 0 ? random.bytes(256) : crcTable(polynomial);
    const where = positions(relativeCrc && random.chance(0.6));
    words.push(`-c ${where}:${byte()}:${byte()}:${hex(Uint8Array.from(table))}`);
    const profiles = ['', `-p 1:${byte()}`, `-p 2:${hex(random.bytes(16))}`, '-p 3:'];
    words.push(random.pick(profiles));
  }
  if (random.chance(0.4)) words.push(`-x ${positions(random.chance(0.6))}:${byte()}`);
  return words.filter((word) => word !== '');
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex').toUpperCase();
}
