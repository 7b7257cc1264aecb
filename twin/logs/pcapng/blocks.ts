// SPDX-License-Identifier: MIT
/**
 * Blocks and options of pcapng: what they are called, what an interface and a packet say in them.
 *
 * Source: draft-ietf-opsawg-pcapng, sections 3.5 and 4.
 */
import { viewOf } from '../byte-reader.ts';
import { type Direction, LogError } from '../record.ts';

export const MAGIC = 0x1a2b3c4d;

/** Block types. */
export const BLOCK = {
  section: 0x0a0d0d0a,
  interface: 1,
  oldPacket: 2,
  simplePacket: 3,
  packet: 6,
} as const;

/** Option codes of an interface and of a packet. */
export const OPTION = { end: 0, name: 2, flags: 2, resolution: 9, offset: 14 } as const;

/** Bits 0 and 1 of the flags of a packet. */
export const FLAG_INBOUND = 1;
export const FLAG_OUTBOUND = 2;

const INTERFACE_FIXED_BYTES = 8;
const NANOS_PER_SECOND = 1_000_000_000n;
/** Times are in microseconds where no option says otherwise. */
const USUAL_RESOLUTION = 6;

export interface CaptureInterface {
  readonly name: string;
  readonly linkType: number;
  readonly unitsPerSecond: bigint;
  /** Added to every time. */
  readonly offsetSeconds: bigint;
}

function* optionsOf(bytes: Uint8Array, isLittle: boolean) {
  const view = viewOf(bytes);
  for (let at = 0; at + 4 <= bytes.length;) {
    const code = view.getUint16(at, isLittle);
    const length = view.getUint16(at + 2, isLittle);
    if (code === OPTION.end || at + 4 + length > bytes.length) return;
    yield { code, value: bytes.subarray(at + 4, at + 4 + length) };
    at += 4 + ((length + 3) & ~3);
  }
}

/** The interface of a block. `number` is its place in the section, which names it if nothing else does. */
export function interfaceOf(
  body: Uint8Array,
  number: number,
  isLittle: boolean,
  place: string,
): CaptureInterface {
  if (body.length < INTERFACE_FIXED_BYTES) throw new LogError(place, 'too short for an interface');
  let name = `can${number}`;
  let unitsPerSecond = 10n ** BigInt(USUAL_RESOLUTION);
  let offsetSeconds = 0n;
  for (const { code, value } of optionsOf(body.subarray(INTERFACE_FIXED_BYTES), isLittle)) {
    const [first = 0] = value;
    if (code === OPTION.name) name = new TextDecoder().decode(value).replace(/\0.*$/s, '') || name;
    else if (code === OPTION.resolution) {
      unitsPerSecond = (first & 0x80) === 0 ? 10n ** BigInt(first) : 1n << BigInt(first & 0x7f);
    } else if (code === OPTION.offset && value.length === 8) {
      offsetSeconds = viewOf(value).getBigInt64(0, isLittle);
    }
  }
  return { name, linkType: viewOf(body).getUint16(0, isLittle), unitsPerSecond, offsetSeconds };
}

/** The time of a packet, in nanoseconds since the Unix epoch. */
export function nanosOf(units: bigint, from: CaptureInterface): bigint {
  const { unitsPerSecond, offsetSeconds } = from;
  return (units * NANOS_PER_SECOND) / unitsPerSecond + offsetSeconds * NANOS_PER_SECOND;
}

/** The direction in the flags of a packet. */
export function directionOf(options: Uint8Array, isLittle: boolean): Direction {
  for (const { code, value } of optionsOf(options, isLittle)) {
    if (code !== OPTION.flags || value.length !== 4) continue;
    const way = viewOf(value).getUint32(0, isLittle) & 3;
    if (way === FLAG_INBOUND) return 'received';
    if (way === FLAG_OUTBOUND) return 'sent';
  }
  return 'unknown';
}
