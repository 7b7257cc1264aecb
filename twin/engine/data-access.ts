// SPDX-License-Identifier: MIT
/**
 * The memory that an A64 load or store accesses, decoded from the instruction and the registers.
 *
 * On a fault the emulator reports the instruction reliably, but not the address: libunicorn 2.0.1 gives a
 * virtual address, 2.1.1 a physical one or none. So the twin computes it. Source: Arm ARM DDI 0487, C4.1,
 * "Loads and stores".
 * Does not: decode SIMD and floating-point registers, atomic memory operations (Armv8.1) and DC ZVA; the cell
 * is compiled without them.
 */

/** The registers at the instruction: x0 to x30. `base` reads number 31 as SP, `index` as 0. */
export interface RegisterFile {
  base(number: number): bigint;
  index(number: number): bigint;
  readonly programCounter: bigint;
}

export interface DataAccess {
  readonly kind: 'read' | 'write';
  /** Virtual address of the first byte. */
  readonly address: bigint;
  readonly bytes: number;
}

const ADDRESS_BITS = 64;

const bit = (instruction: number, at: number): boolean => ((instruction >>> at) & 1) === 1;
const field = (instruction: number, at: number, bits: number): number =>
  (instruction >>> at) & ((1 << bits) - 1);
const signed = (instruction: number, at: number, bits: number): bigint =>
  BigInt.asIntN(bits, BigInt(field(instruction, at, bits)));

/** The access of `instruction`. Undefined: not a known load or store. */
export function decodeDataAccess(
  instruction: number,
  registers: RegisterFile,
): DataAccess | undefined {
  const isVector = bit(instruction, 26);
  if (isVector) return undefined;
  switch (field(instruction, 27, 3)) {
    case 0b001:
      return field(instruction, 24, 2) === 0 ? exclusive(instruction, registers) : undefined;
    case 0b011:
      return field(instruction, 24, 2) === 0 ? literal(instruction, registers) : undefined;
    case 0b101:
      return pair(instruction, registers);
    case 0b111:
      return single(instruction, registers);
    default:
      return undefined;
  }
}

function access(isLoad: boolean, address: bigint, bytes: number): DataAccess {
  return { kind: isLoad ? 'read' : 'write', address: BigInt.asUintN(ADDRESS_BITS, address), bytes };
}

/** LDXR, STXR, LDAR, STLR and similar: the address is the base register. */
function exclusive(instruction: number, registers: RegisterFile): DataAccess | undefined {
  const isOrderedOnly = bit(instruction, 23);
  const isPair = bit(instruction, 21);
  if (isOrderedOnly && isPair) return undefined; // compare and swap, Armv8.1
  const bytes = (1 << field(instruction, 30, 2)) * (isPair ? 2 : 1);
  return access(bit(instruction, 22), registers.base(field(instruction, 5, 5)), bytes);
}

/** LDR (literal), LDRSW (literal): relative to the instruction. */
function literal(instruction: number, registers: RegisterFile): DataAccess | undefined {
  const kind = field(instruction, 30, 2);
  if (kind === 3) return undefined; // PRFM never faults
  const address = registers.programCounter + signed(instruction, 5, 19) * 4n;
  return access(true, address, kind === 1 ? 8 : 4);
}

/** LDP, STP, LDNP, STNP, LDPSW. */
function pair(instruction: number, registers: RegisterFile): DataAccess | undefined {
  const bytes = bit(instruction, 31) ? 8 : 4;
  const isPostIndexed = field(instruction, 23, 3) === 0b001;
  const offset = isPostIndexed ? 0n : signed(instruction, 15, 7) * BigInt(bytes);
  const address = registers.base(field(instruction, 5, 5)) + offset;
  return access(bit(instruction, 22), address, 2 * bytes);
}

/** LDR, STR, LDUR, STUR, LDTR, STTR of every width. */
function single(instruction: number, registers: RegisterFile): DataAccess | undefined {
  const scale = field(instruction, 30, 2);
  const operation = field(instruction, 22, 2);
  if (scale === 3 && operation >= 2) return undefined; // PRFM never faults
  const offset = singleOffset(instruction, scale, registers);
  if (offset === undefined) return undefined;
  const address = registers.base(field(instruction, 5, 5)) + offset;
  return access(operation !== 0, address, 1 << scale);
}

function singleOffset(
  instruction: number,
  scale: number,
  registers: RegisterFile,
): bigint | undefined {
  if (bit(instruction, 24)) return BigInt(field(instruction, 10, 12) << scale);
  const mode = field(instruction, 10, 2);
  if (!bit(instruction, 21)) {
    const isPostIndexed = mode === 0b01;
    return isPostIndexed ? 0n : signed(instruction, 12, 9);
  }
  if (mode !== 0b10) return undefined; // atomic operations, pointer authentication
  const index = registers.index(field(instruction, 16, 5));
  const option = field(instruction, 13, 3);
  const extended =
    option === 0b010
      ? BigInt.asUintN(32, index) // UXTW
      : option === 0b110
        ? BigInt.asIntN(32, index) // SXTW
        : index; // LSL, SXTX
  return bit(instruction, 12) ? extended << BigInt(scale) : extended;
}
