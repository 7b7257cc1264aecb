// SPDX-License-Identifier: MIT
/**
 * Writes and reads tar archives (POSIX ustar). The same members give the same bytes. The owner is always
 * root.
 *
 * Source: POSIX.1-2017, pax, "ustar Interchange Format".
 * Does not: read files, compress, or know extensions of the format.
 */

/** Content of a member; deploy also writes it without an archive. `mode` holds only the permissions. */
export type TarContent =
  | { readonly kind: 'file'; readonly bytes: Buffer; readonly mode: number }
  | { readonly kind: 'link'; readonly target: string };

/** One file or link. `name` is its path without a leading slash. */
export interface TarMember {
  readonly name: string;
  readonly content: TarContent;
}

/** As TarMember, or a folder. Folders are members only with `withFolders`. */
export interface TarEntry {
  readonly name: string;
  readonly content: TarContent | { readonly kind: 'folder' };
}

const BLOCK_BYTES = 512;
const NAME_BYTES = 100;
const PREFIX_BYTES = 155;
const TYPE = { file: '0', link: '2', folder: '5' } as const;

/** Offset of each field of the header, with its length. */
const FIELD = {
  name: [0, NAME_BYTES],
  mode: [100, 8],
  owner: [108, 8],
  group: [116, 8],
  size: [124, 12],
  time: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  target: [157, NAME_BYTES],
  magic: [257, 8],
  ownerName: [265, 32],
  groupName: [297, 32],
  prefix: [345, PREFIX_BYTES],
} as const;

type Field = readonly [offset: number, bytes: number];

/** The members and their folders, sorted by name: a folder is before its files. */
export function withFolders(members: readonly TarMember[]): TarEntry[] {
  const folders = new Set(members.flatMap(({ name }) => foldersOf(name)));
  const entries: TarEntry[] = [...members];
  for (const name of folders) entries.push({ name, content: { kind: 'folder' } });
  return entries.sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** The archive of the entries in the given order, all with the time `timeSeconds`. Throws RangeError. */
export function writeTar(entries: readonly TarEntry[], timeSeconds = 0): Buffer {
  const blocks = entries.flatMap((entry) => {
    const bytes = entry.content.kind === 'file' ? entry.content.bytes : Buffer.alloc(0);
    return [header(entry, bytes.length, timeSeconds), bytes, padding(bytes.length)];
  });
  // Two empty blocks mark the end.
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK_BYTES)]);
}

/** The files and links of an archive. Undefined: not a complete archive. */
export function readTar(archive: Buffer): TarMember[] | undefined {
  const members: TarMember[] = [];
  for (let offset = 0; offset + BLOCK_BYTES <= archive.length;) {
    const block = archive.subarray(offset, offset + BLOCK_BYTES);
    if (block.every((byte) => byte === 0)) return members;
    if (checksum(block) !== readOctal(block, FIELD.checksum)) return undefined;
    const size = readOctal(block, FIELD.size);
    const start = offset + BLOCK_BYTES;
    if (start + size > archive.length) return undefined;
    const prefix = readText(block, FIELD.prefix);
    const name = `${prefix === '' ? '' : `${prefix}/`}${readText(block, FIELD.name)}`;
    const type = readText(block, FIELD.type);
    if (type === TYPE.file) {
      const bytes = archive.subarray(start, start + size);
      members.push({ name, content: { kind: 'file', bytes, mode: readOctal(block, FIELD.mode) } });
    } else if (type === TYPE.link) {
      members.push({ name, content: { kind: 'link', target: readText(block, FIELD.target) } });
    }
    offset = start + size + padding(size).length;
  }
  return undefined;
}

function header({ name: path, content }: TarEntry, size: number, timeSeconds: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  const [prefix, name] = splitPath(content.kind === 'folder' ? `${path}/` : path);
  block.write(name, ...FIELD.name);
  block.write(prefix, ...FIELD.prefix);
  writeOctal(block, FIELD.mode, modeOf(content));
  writeOctal(block, FIELD.owner, 0);
  writeOctal(block, FIELD.group, 0);
  writeOctal(block, FIELD.size, size);
  writeOctal(block, FIELD.time, timeSeconds);
  block.write(TYPE[content.kind], ...FIELD.type);
  if (content.kind === 'link') block.write(checkedTarget(content.target), ...FIELD.target);
  block.write('ustar\x0000', ...FIELD.magic);
  block.write('root', ...FIELD.ownerName);
  block.write('root', ...FIELD.groupName);
  block.write(`${checksum(block).toString(8).padStart(6, '0')}\0 `, ...FIELD.checksum);
  return block;
}

function modeOf(content: TarEntry['content']): number {
  if (content.kind === 'file') return content.mode;
  return content.kind === 'link' ? 0o777 : 0o755;
}

/** The sum of all bytes of the header. Its own field counts as spaces. */
function checksum(block: Buffer): number {
  const [from, bytes] = FIELD.checksum;
  const isOwn = (index: number): boolean => index >= from && index < from + bytes;
  return block.reduce((sum, byte, index) => sum + (isOwn(index) ? 0x20 : byte), 0);
}

function writeOctal(block: Buffer, field: Field, value: number): void {
  block.write(`${value.toString(8).padStart(field[1] - 1, '0')}\0`, ...field);
}

function readOctal(block: Buffer, field: Field): number {
  return Number.parseInt(readText(block, field).trim() || '0', 8);
}

function readText(block: Buffer, [offset, bytes]: Field): string {
  const field = block.subarray(offset, offset + bytes);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? field.length : end);
}

function padding(bytes: number): Buffer {
  return Buffer.alloc((BLOCK_BYTES - (bytes % BLOCK_BYTES)) % BLOCK_BYTES);
}

/** The folders above a path: `a` and `a/b` for `a/b/c.txt`. */
function foldersOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** Prefix and name. A path of more than 100 bytes is split at a `/`. */
function splitPath(path: string): [string, string] {
  if (Buffer.byteLength(path) <= NAME_BYTES) return ['', path];
  for (let cut = path.indexOf('/'); cut >= 0; cut = path.indexOf('/', cut + 1)) {
    const [prefix, name] = [path.slice(0, cut), path.slice(cut + 1)];
    if (Buffer.byteLength(name) <= NAME_BYTES && Buffer.byteLength(prefix) <= PREFIX_BYTES) {
      if (name !== '') return [prefix, name];
    }
  }
  throw new RangeError(`${path} is too long for a tar archive`);
}

function checkedTarget(target: string): string {
  if (Buffer.byteLength(target) <= NAME_BYTES) return target;
  throw new RangeError(`the link target ${target} is too long for a tar archive`);
}
