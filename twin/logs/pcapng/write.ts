// SPDX-License-Identifier: MIT
/**
 * Writes pcapng: one section, an interface block before the first packet of each interface, times in
 * nanoseconds, directions as flags.
 */
import { putUint32, viewOf } from '../byte-reader.ts';
import type { LogWriter, Losses, Sink } from '../formats.ts';
import { PACKET_BYTES_MAX } from '../pcap/format.ts';
import { countUp } from '../record.ts';
import type { Direction } from '../record.ts';
import { LINK_TYPE_SOCKETCAN, packetOf } from '../socketcan.ts';
import { BLOCK, FLAG_INBOUND, FLAG_OUTBOUND, MAGIC, OPTION } from './blocks.ts';

const NANO_RESOLUTION = 9;
const FLAGS: Readonly<Record<Direction, number>> = {
  unknown: 0,
  received: FLAG_INBOUND,
  sent: FLAG_OUTBOUND,
  answered: FLAG_OUTBOUND,
};

export function makePcapngWriter(sink: Sink, losses: Losses): LogWriter {
  const numbers = new Map<string, number>();
  let isBegun = false;
  const begin = (): void => {
    if (!isBegun) sink(sectionBlock());
    isBegun = true;
  };
  return {
    write(record) {
      const { nanos, interfaceName, direction } = record;
      begin();
      let number = numbers.get(interfaceName);
      if (number === undefined) {
        number = numbers.size;
        numbers.set(interfaceName, number);
        sink(interfaceBlock(interfaceName));
      }
      if (direction === 'answered') countUp(losses, 'the word "answered"');
      sink(packetBlock(number, nanos, packetOf(record), FLAGS[direction]));
    },
    end: begin,
  };
}

function sectionBlock(): Uint8Array {
  const body = new Uint8Array(16);
  const view = viewOf(body);
  view.setUint32(0, MAGIC, true);
  view.setUint16(4, 1, true);
  // The length of the section is not known while it is written: -1.
  view.setBigInt64(8, -1n, true);
  return block(BLOCK.section, body);
}

function interfaceBlock(name: string): Uint8Array {
  const fixed = new Uint8Array(8);
  viewOf(fixed).setUint16(0, LINK_TYPE_SOCKETCAN, true);
  viewOf(fixed).setUint32(4, PACKET_BYTES_MAX, true);
  return block(
    BLOCK.interface,
    fixed,
    option(OPTION.name, new TextEncoder().encode(name)),
    option(OPTION.resolution, Uint8Array.of(NANO_RESOLUTION)),
    option(OPTION.end, new Uint8Array(0)),
  );
}

/** Flags and the end of options. */
const FLAG_OPTION_BYTES = 12;

/** The block is filled in place: there are millions of them. */
function packetBlock(
  interfaceNumber: number,
  nanos: bigint,
  packet: Uint8Array,
  flags: number,
): Uint8Array {
  const length = 32 + packet.length + (flags === 0 ? 0 : FLAG_OPTION_BYTES);
  const bytes = new Uint8Array(length);
  putUint32(bytes, 0, BLOCK.packet);
  putUint32(bytes, 4, length);
  putUint32(bytes, 8, interfaceNumber);
  putUint32(bytes, 12, Number(nanos >> 32n));
  putUint32(bytes, 16, Number(nanos & 0xffff_ffffn));
  putUint32(bytes, 20, packet.length);
  putUint32(bytes, 24, packet.length);
  bytes.set(packet, 28);
  if (flags !== 0) {
    // The code in the lower half, the length of the value in the upper.
    putUint32(bytes, 28 + packet.length, OPTION.flags | (4 << 16));
    putUint32(bytes, 32 + packet.length, flags);
  }
  putUint32(bytes, length - 4, length);
  return bytes;
}

function option(code: number, value: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(4 + ((value.length + 3) & ~3));
  viewOf(bytes).setUint16(0, code, true);
  viewOf(bytes).setUint16(2, value.length, true);
  bytes.set(value, 4);
  return bytes;
}

/** Type, length, the parts (each a multiple of four bytes), and the length again. */
function block(type: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 12);
  const bytes = new Uint8Array(length);
  const view = viewOf(bytes);
  view.setUint32(0, type, true);
  view.setUint32(4, length, true);
  let at = 8;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  view.setUint32(at, length, true);
  return bytes;
}
