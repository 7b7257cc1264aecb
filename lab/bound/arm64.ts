// SPDX-License-Identifier: MIT
/**
 * Decodes A64 instructions as far as a bound of a path needs it: where control goes, which general registers are
 * written, and which values are plain.
 *
 * Source: Arm ARM DDI 0487, C4.1 (encoding index) and C6.2. The image uses general registers only.
 * Does not: decode floating point, or what a load or an arithmetic result is: those registers are written with
 * something unknown.
 */

/** Where control goes after an instruction. Addresses are virtual addresses of the image. */
export type Flow =
  | { readonly kind: 'next' | 'return' | 'computed' | 'stop' }
  | { readonly kind: 'jump' | 'call'; readonly target: number }
  | { readonly kind: 'branch'; readonly target: number; readonly test: Test };

/** What a conditional branch looks at. `bit`: of the register; undefined: all of it. It is taken on `isZero`. */
export type Test =
  | { readonly register: number; readonly bit?: number; readonly isZero: boolean }
  | { readonly condition: number };

/** A value that an instruction puts into a register, as far as it is plain. */
export type Value =
  | { readonly constant: number }
  | { readonly copyOf: number }
  | { readonly maskOf: number; readonly mask: number }
  | undefined;

/** One effect on a register: 0..30. */
export interface Write {
  readonly register: number;
  readonly value: Value;
}

/** CMP of a register with a number, or of what else is not known (`register` undefined). */
export interface Compare {
  readonly register?: number;
  readonly number?: number;
}

export interface Instruction {
  readonly address: number;
  readonly word: number;
  readonly flow: Flow;
  readonly writes: readonly Write[];
  /** Undefined: the condition flags stay. */
  readonly compare?: Compare;
}

/** The barriers and system instructions that the firmware uses. */
export const HVC_MASK = 0xffe0001f;
export const HVC = 0xd4000002;
/** MRS Xt, CNTVCT_EL0 without Xt. */
export const READ_COUNTER = 0xd53be040;
/**
 * A load or store of a general register at [Xn, Wm, UXTW]: how the host's interface reaches guest addresses
 * (bsp/rpi4/abi.h). The module's own memory is reached by other forms.
 */
export const isGuestAccess = (word: number): boolean => (word & 0x3f20fc00) >>> 0 === 0x38204800;
/** The direction of such an access. */
export const isLoad = (word: number): boolean => ((word >>> 22) & 3) !== 0;
const ZERO_REGISTER = 31;
const NEXT: Flow = { kind: 'next' };

const signed = (value: number, bits: number): number => (value << (32 - bits)) >> (32 - bits);

function flowOf(address: number, word: number): Flow {
  const top = word >>> 26;
  if (top === 0b000101 || top === 0b100101) {
    const target = address + 4 * signed(word & 0x3ffffff, 26);
    return { kind: top === 0b000101 ? 'jump' : 'call', target };
  }
  if (word >>> 24 === 0x54) {
    const target = address + 4 * signed((word >>> 5) & 0x7ffff, 19);
    return { kind: 'branch', target, test: { condition: word & 15 } };
  }
  const compare = (word >>> 25) & 0x3f;
  if (compare === 0b011010) {
    const target = address + 4 * signed((word >>> 5) & 0x7ffff, 19);
    const test = { register: word & 31, isZero: ((word >>> 24) & 1) === 0 };
    return { kind: 'branch', target, test };
  }
  if (compare === 0b011011) {
    const target = address + 4 * signed((word >>> 5) & 0x3fff, 14);
    const bit = ((word >>> 31) << 5) | ((word >>> 19) & 31);
    return {
      kind: 'branch',
      target,
      test: { register: word & 31, bit, isZero: ((word >>> 24) & 1) === 0 },
    };
  }
  if ((word & 0xfffffc1f) >>> 0 === 0xd65f0000) return { kind: 'return' };
  if ((word & 0xfffffc1f) >>> 0 === 0xd61f0000) return { kind: 'computed' };
  if ((word & 0xfffffc1f) >>> 0 === 0xd63f0000)
    throw new Error(`a call by register at ${address.toString(16)}`);
  if (word >>> 24 === 0xd4 && (word & 0x1f) === 0) return { kind: 'stop' };
  return NEXT;
}

/** Registers that a call may change (AAPCS64: x0 to x18, and the link register). */
export const CALL_WRITES: readonly Write[] = [...Array(19).keys(), 30].map((register) => ({
  register,
  value: undefined,
}));

const only = (register: number, value: Value = undefined): Write[] =>
  register === ZERO_REGISTER ? [] : [{ register, value }];

/** Loads and stores (C4.1.95). Those that write back also change the base. */
function memoryWrites(word: number): Write[] {
  const base = (word >>> 5) & 31;
  const first = word & 31;
  if (((word >>> 27) & 7) === 0b101) {
    // Pairs: bits 24..23 are 01 and 11 with write-back.
    const writes = ((word >>> 22) & 1) === 1 ? [...only(first), ...only((word >>> 10) & 31)] : [];
    return ((word >>> 23) & 1) === 1 ? [...writes, ...only(base)] : writes;
  }
  if (((word >>> 27) & 7) === 0b011) return only(first); // literal
  const isExclusive = ((word >>> 24) & 0x3f) === 0b001000;
  if (isExclusive) return [...only(first), ...only((word >>> 16) & 31)];
  const writes = ((word >>> 22) & 3) !== 0 ? only(first) : [];
  const isUnscaled = ((word >>> 24) & 1) === 0 && ((word >>> 21) & 1) === 0;
  return isUnscaled && ((word >>> 10) & 1) === 1 ? [...writes, ...only(base)] : writes;
}

function valueOf(word: number): Value {
  const source = (word >>> 5) & 31;
  const top = (word >>> 23) & 0x1ff;
  if (top === 0b010100101 || top === 0b110100101) {
    const shift = 16 * ((word >>> 21) & 3);
    return shift > 0 ? undefined : { constant: (word >>> 5) & 0xffff };
  }
  // ORR Rd, ZR, Rm without a shift is MOV.
  if ((word & 0x7fe0ffe0) >>> 0 === 0x2a0003e0) {
    const from = (word >>> 16) & 31;
    return from === ZERO_REGISTER ? { constant: 0 } : { copyOf: from };
  }
  // AND Wd, Wn, #1, #0xff or #0xffff; UXTB and UXTH, which are UBFM.
  const masks: Readonly<Record<number, number>> = {
    0x12000000: 1,
    0x12001c00: 0xff,
    0x12003c00: 0xffff,
    0x53001c00: 0xff,
    0x53003c00: 0xffff,
  };
  const mask = masks[(word & 0xfffffc00) >>> 0];
  return mask === undefined || source === ZERO_REGISTER ? undefined : { maskOf: source, mask };
}

function compareOf(word: number): Compare | undefined {
  // SUBS (immediate), no shift.
  if ((word & 0x7fc00000) >>> 0 === 0x71000000) {
    return { register: (word >>> 5) & 31, number: (word >>> 10) & 0xfff };
  }
  const isAddSubImmediate = ((word >>> 23) & 0x3f) === 0b100010 && ((word >>> 29) & 1) === 1;
  const isAddSubRegister = ((word >>> 24) & 0x1f) === 0b01011 && ((word >>> 29) & 1) === 1;
  const isAnds =
    ((word >>> 29) & 3) === 3 &&
    (((word >>> 23) & 0x3f) === 0b100100 || ((word >>> 24) & 0x1f) === 0b01010);
  const isConditional = ((word >>> 21) & 0xff) === 0b11010010 && ((word >>> 29) & 1) === 1;
  const isCarry = ((word >>> 21) & 0xff) === 0b11010000 && ((word >>> 29) & 1) === 1;
  return isAddSubImmediate || isAddSubRegister || isAnds || isConditional || isCarry
    ? {}
    : undefined;
}

/** Decodes the instruction `word` at `address`. */
export function decode(address: number, word: number): Instruction {
  const flow = flowOf(address, word);
  if (flow.kind === 'call') return { address, word, flow, writes: CALL_WRITES, compare: {} };
  if (flow.kind !== 'next') return { address, word, flow, writes: [] };
  const group = (word >>> 25) & 15;
  const isMemory = (group & 0b0101) === 0b0100;
  const isSystem = word >>> 24 === 0xd5;
  const isHypercall = (word & HVC_MASK) >>> 0 === HVC;
  if (isHypercall) return { address, word, flow, writes: CALL_WRITES, compare: {} };
  if (isSystem) {
    const isRead = ((word >>> 20) & 0xf) === 3;
    return { address, word, flow, writes: isRead ? only(word & 31) : [] };
  }
  if (isMemory) return { address, word, flow, writes: memoryWrites(word) };
  return { address, word, flow, writes: only(word & 31, valueOf(word)), compare: compareOf(word) };
}
