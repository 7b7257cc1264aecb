/**
 * Writes and reads archives in the ustar form (POSIX.1-2008, pax, "ustar Interchange Format").
 *
 * Used by: cards/tar.ts.
 * The same members give the same bytes: no times, all files root's.
 * Does not: write names of more than 100 bytes or read extensions: deploy has neither.
 */
import type { Content } from './card.ts';

const BLOCK_BYTES = 512;
const NAME_BYTES = 100;
const TYPE_FILE = '0';
const TYPE_LINK = '2';

/** One file or link; `name` has no leading slash. */
export interface TarMember {
  readonly name: string;
  readonly content: Content;
}

/** The bytes of an archive. */
export function writeTar(members: readonly TarMember[]): Buffer {
  const parts = members.flatMap(({ name, content }) => {
    const bytes = content.kind === 'file' ? content.bytes : Buffer.alloc(0);
    return [header(name, content, bytes.length), bytes, padding(bytes.length)];
  });
  // Two empty blocks end an archive.
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK_BYTES)]);
}

/** The files and links of an archive; undefined when it is none, or not whole. */
export function readTar(archive: Buffer): TarMember[] | undefined {
  const members: TarMember[] = [];
  for (let offset = 0; offset + BLOCK_BYTES <= archive.length;) {
    const block = archive.subarray(offset, offset + BLOCK_BYTES);
    if (block.every((byte) => byte === 0)) return members;
    if (checksum(block) !== octal(block, 148, 8)) return undefined;
    const size = octal(block, 124, 12);
    const start = offset + BLOCK_BYTES;
    if (start + size > archive.length) return undefined;
    const name = text(block, 0, NAME_BYTES);
    const type = text(block, 156, 1);
    if (type === TYPE_FILE) {
      const bytes = archive.subarray(start, start + size);
      members.push({ name, content: { kind: 'file', bytes, mode: octal(block, 100, 8) } });
    } else if (type === TYPE_LINK) {
      members.push({ name, content: { kind: 'link', target: text(block, 157, NAME_BYTES) } });
    }
    offset = start + size + padding(size).length;
  }
  return undefined;
}

function header(name: string, content: Content, size: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  const target = content.kind === 'link' ? content.target : '';
  if (Buffer.byteLength(name) > NAME_BYTES || Buffer.byteLength(target) > NAME_BYTES) {
    throw new Error(`${name}: longer than the ${NAME_BYTES} bytes an archive has for a name`);
  }
  block.write(name, 0);
  block.write(octalText(content.kind === 'file' ? content.mode : 0o777, 8), 100);
  block.write(octalText(0, 8), 108); // owner: root
  block.write(octalText(0, 8), 116);
  block.write(octalText(size, 12), 124);
  block.write(octalText(0, 12), 136); // time
  block.write(content.kind === 'file' ? TYPE_FILE : TYPE_LINK, 156);
  block.write(target, 157);
  block.write('ustar\u000000', 257);
  block.write('root', 265);
  block.write('root', 297);
  block.write(octalText(checksum(block), 7), 148);
  return block;
}

/** The sum of all bytes of the header, its own field taken as spaces. */
function checksum(block: Buffer): number {
  return block.reduce((sum, byte, index) => sum + (index >= 148 && index < 156 ? 0x20 : byte), 0);
}

function octalText(value: number, bytes: number): string {
  return `${value.toString(8).padStart(bytes - 1, '0')}\0`;
}

function octal(block: Buffer, offset: number, bytes: number): number {
  return Number.parseInt(text(block, offset, bytes).trim() || '0', 8);
}

function text(block: Buffer, offset: number, bytes: number): string {
  const field = block.subarray(offset, offset + bytes);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? field.length : end);
}

function padding(size: number): Buffer {
  return Buffer.alloc((BLOCK_BYTES - (size % BLOCK_BYTES)) % BLOCK_BYTES);
}
