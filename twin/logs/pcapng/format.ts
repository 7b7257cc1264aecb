// SPDX-License-Identifier: MIT
/**
 * pcapng with link type 227: names of interfaces, directions, times of any resolution.
 *
 * Source: draft-ietf-opsawg-pcapng. Sections may have different byte orders. Packets of interfaces with other
 * link types, and blocks that are not packets, are counted.
 */
import { ByteReader, viewOf } from '../byte-reader.ts';
import type { LogFormat } from '../formats.ts';
import { notCan, PACKET_BYTES_MAX } from '../pcap/format.ts';
import { leftOut, LogError, type LogRecord, seen } from '../record.ts';
import { contentOf, LINK_TYPE_SOCKETCAN } from '../socketcan.ts';
import {
  BLOCK,
  type CaptureInterface,
  directionOf,
  interfaceOf,
  nanosOf,
  MAGIC,
} from './blocks.ts';
import { makePcapngWriter } from './write.ts';

const FRAME_BYTES = 12;
/** Fixed part of an enhanced packet block, and of the obsolete packet block. */
const PACKET_FIXED_BYTES = 20;
/** A block that is larger is damaged: the largest packet, and options. */
const BLOCK_BYTES_MAX = PACKET_BYTES_MAX + (1 << 20);

export const PCAPNG: LogFormat = {
  name: 'a pcapng capture',
  suffixes: ['.pcapng', '.ntar'],
  mark: /^\n\r\r\n/,
  makeWriter: makePcapngWriter,

  *read(chunks: Iterable<Uint8Array>, file: string): Generator<LogRecord> {
    const reader = new ByteReader(chunks);
    let isLittle = true;
    let interfaces: CaptureInterface[] = [];
    let packets = 0;
    let foreign: number | undefined;
    let hasCan = false;
    for (let block = 1; ; block++) {
      const place = `${file}: block ${block}`;
      // Type and length, and for a section header its byte order.
      const start = Uint8Array.from(reader.take(FRAME_BYTES));
      if (start.length === 0) break;
      if (start.length < FRAME_BYTES) {
        yield leftOut('packet cut off at the end of the file');
        break;
      }
      const view = viewOf(start);
      if (view.getUint32(0) === BLOCK.section) {
        isLittle = view.getUint32(8, true) === MAGIC;
        if (!isLittle && view.getUint32(8) !== MAGIC) {
          throw new LogError(place, 'no byte order: this is no pcapng capture');
        }
        interfaces = [];
      } else if (block === 1) throw new LogError(place, 'no section header: this is no pcapng');
      const type = view.getUint32(0, isLittle);
      const length = view.getUint32(4, isLittle);
      if (length < FRAME_BYTES || length % 4 !== 0 || length > BLOCK_BYTES_MAX) {
        throw new LogError(place, `a length of ${length} bytes: damaged file`);
      }
      const rest = reader.take(length - FRAME_BYTES);
      if (rest.length < length - FRAME_BYTES) {
        yield leftOut('packet cut off at the end of the file');
        break;
      }
      // Without type and length at the begin, and without the length at the end.
      const body = new Uint8Array(length - FRAME_BYTES);
      body.set(start.subarray(8));
      body.set(rest.subarray(0, Math.max(0, rest.length - 4)), 4);
      if (type === BLOCK.section) continue;
      if (type === BLOCK.interface) {
        const found = interfaceOf(body, interfaces.length, isLittle, place);
        interfaces.push(found);
        if (found.linkType === LINK_TYPE_SOCKETCAN) hasCan = true;
        else foreign = found.linkType;
        continue;
      }
      if (type !== BLOCK.packet && type !== BLOCK.oldPacket) {
        yield leftOut(
          type === BLOCK.simplePacket ? 'packet of another network' : 'block without a packet',
        );
        continue;
      }
      packets++;
      yield packetOf(body, type, { interfaces, isLittle, line: packets, place });
    }
    if (!hasCan && foreign !== undefined) throw new LogError(file, notCan(foreign));
  },
};

interface Section {
  readonly interfaces: readonly CaptureInterface[];
  readonly isLittle: boolean;
  readonly line: number;
  readonly place: string;
}

function packetOf(body: Uint8Array, type: number, section: Section): LogRecord {
  const { interfaces, isLittle, line, place } = section;
  if (body.length < PACKET_FIXED_BYTES) throw new LogError(place, 'too short for a packet');
  const view = viewOf(body);
  const number = type === BLOCK.packet ? view.getUint32(0, isLittle) : view.getUint16(0, isLittle);
  const source = interfaces[number];
  if (source === undefined) {
    throw new LogError(place, `interface ${number}: the section describes ${interfaces.length}`);
  }
  if (source.linkType !== LINK_TYPE_SOCKETCAN) return leftOut('packet of another network');
  const units = (BigInt(view.getUint32(4, isLittle)) << 32n) | BigInt(view.getUint32(8, isLittle));
  const length = view.getUint32(12, isLittle);
  const end = PACKET_FIXED_BYTES + length;
  if (end > body.length) throw new LogError(place, `a packet of ${length} bytes: damaged file`);
  const content = contentOf(body.subarray(PACKET_FIXED_BYTES, end));
  if (typeof content === 'string') throw new LogError(`${place} (packet ${line})`, content);
  if (content.kind === 'left out') return content;
  const options = body.subarray(PACKET_FIXED_BYTES + ((length + 3) & ~3));
  return seen(nanosOf(units, source), source.name, directionOf(options, isLittle), line, content);
}
