// SPDX-License-Identifier: MIT
/**
 * pcap with link type 227: read in both byte orders, with micro- or nanoseconds; written little-endian with
 * nanoseconds. It has neither interface names nor directions.
 *
 * Source: draft-ietf-opsawg-pcap, and LINKTYPE_CAN_SOCKETCAN of tcpdump.org.
 */
import { ByteReader, putUint32, viewOf } from '../byte-reader.ts';
import type { LogFormat } from '../formats.ts';
import { countUp, leftOut, LogError, type LogRecord, seen } from '../record.ts';
import { contentOf, LINK_TYPE_SOCKETCAN, packetOf } from '../socketcan.ts';

const MAGIC_MICROS = 0xa1b2c3d4;
const MAGIC_NANOS = 0xa1b23c4d;
const HEADER_BYTES = 24;
const PACKET_HEADER_BYTES = 16;
/** Largest packet that libpcap takes. A larger one means that the file is damaged. */
export const PACKET_BYTES_MAX = 262_144;
const NANOS_PER_SECOND = 1_000_000_000n;
const SECONDS_MAX = 0xffff_ffffn;
/** The name of the only interface. */
const INTERFACE = 'can0';

export const PCAP: LogFormat = {
  name: 'a pcap capture',
  suffixes: ['.pcap', '.cap'],
  mark: /^(?:\xd4\xc3\xb2\xa1|\x4d\x3c\xb2\xa1|\xa1\xb2\xc3\xd4|\xa1\xb2\x3c\x4d)/,

  *read(chunks: Iterable<Uint8Array>, file: string): Generator<LogRecord> {
    const reader = new ByteReader(chunks);
    const { isLittle, nanosPerUnit } = readHeader(reader.take(HEADER_BYTES), file);
    for (let line = 1; ; line++) {
      const header = reader.take(PACKET_HEADER_BYTES);
      if (header.length === 0) return;
      const place = `${file}: packet ${line}`;
      if (header.length < PACKET_HEADER_BYTES) break;
      const view = viewOf(header);
      const seconds = BigInt(view.getUint32(0, isLittle));
      const nanos = seconds * NANOS_PER_SECOND + BigInt(view.getUint32(4, isLittle)) * nanosPerUnit;
      const length = view.getUint32(8, isLittle);
      if (length > PACKET_BYTES_MAX) throw new LogError(place, `${length} bytes: damaged file`);
      const packet = reader.take(length);
      if (packet.length < length) break;
      const content = contentOf(packet);
      if (typeof content === 'string') throw new LogError(place, content);
      if (content.kind === 'left out') yield content;
      else yield seen(nanos, INTERFACE, 'unknown', line, content);
    }
    yield leftOut('packet cut off at the end of the file');
  },

  makeWriter(sink, losses) {
    let firstName: string | undefined;
    let isBegun = false;
    const begin = (): void => {
      if (!isBegun) sink(headerBytes());
      isBegun = true;
    };
    return {
      write(record) {
        const { nanos, interfaceName, direction } = record;
        firstName ??= interfaceName;
        if (interfaceName !== firstName) countUp(losses, 'a bus beside the first (pcapng has it)');
        else if (interfaceName !== INTERFACE) countUp(losses, 'the name of an interface');
        if (direction !== 'unknown') countUp(losses, 'a direction (pcapng has it)');
        begin();
        sink(packetBytes(nanos, packetOf(record)));
      },
      end: begin,
    };
  },
};

function readHeader(header: Uint8Array, file: string) {
  if (header.length < HEADER_BYTES) {
    throw new LogError(file, `${header.length} bytes: a pcap capture has a header of 24`);
  }
  const view = viewOf(header);
  const isLittle = view.getUint32(0) !== MAGIC_MICROS && view.getUint32(0) !== MAGIC_NANOS;
  const magic = view.getUint32(0, isLittle);
  if (magic !== MAGIC_MICROS && magic !== MAGIC_NANOS) {
    const found = magic.toString(16).padStart(8, '0');
    throw new LogError(file, `the first four bytes are ${found}: this is no pcap capture`);
  }
  const linkType = view.getUint32(20, isLittle) & 0xffff;
  if (linkType !== LINK_TYPE_SOCKETCAN) throw new LogError(file, notCan(linkType));
  return { isLittle, nanosPerUnit: magic === MAGIC_NANOS ? 1n : 1000n };
}

/** The reason to refuse a capture of another link type. */
export function notCan(linkType: number): string {
  const next = 'capture on the CAN interface itself: tcpdump -i can0 -w FILE';
  return `link type ${linkType}, expected ${LINK_TYPE_SOCKETCAN} (SocketCAN). Next: ${next}`;
}

function headerBytes(): Uint8Array {
  const header = new Uint8Array(HEADER_BYTES);
  const view = viewOf(header);
  view.setUint32(0, MAGIC_NANOS, true);
  view.setUint16(4, 2, true);
  view.setUint16(6, 4, true);
  view.setUint32(16, PACKET_BYTES_MAX, true);
  view.setUint32(20, LINK_TYPE_SOCKETCAN, true);
  return header;
}

function packetBytes(nanos: bigint, packet: Uint8Array): Uint8Array {
  const seconds = nanos / NANOS_PER_SECOND;
  if (seconds > SECONDS_MAX) {
    throw new LogError('pcap', `a time of ${seconds} s after 1970 does not fit into its 32 bits`);
  }
  const bytes = new Uint8Array(PACKET_HEADER_BYTES + packet.length);
  putUint32(bytes, 0, Number(seconds));
  putUint32(bytes, 4, Number(nanos % NANOS_PER_SECOND));
  putUint32(bytes, 8, packet.length);
  putUint32(bytes, 12, packet.length);
  bytes.set(packet, PACKET_HEADER_BYTES);
  return bytes;
}
