/**
 * Writes tar archives (POSIX ustar) whose bytes depend on the files' names and content alone.
 *
 * Used by: archive.ts. Source: POSIX.1-2017, pax, "ustar Interchange Format".
 * Does not: read files or compress. Owner is root, the time the same for all, the order that of names.
 */

export interface ArchiveFile {
  /** Path inside the archive, with `/`. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly executable: boolean;
}

const BLOCK_BYTES = 512;
const NAME_BYTES = 100;
const PREFIX_BYTES = 155;
const TYPE_FILE = '0';
const TYPE_FOLDER = '5';

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
  magic: [257, 8],
  ownerName: [265, 32],
  groupName: [297, 32],
  prefix: [345, PREFIX_BYTES],
} as const;

/** The archive of all files and the folders they are in; every entry is as old as `timeSeconds`. */
export function writeTar(files: readonly ArchiveFile[], timeSeconds: number): Buffer {
  const folders = new Set(files.flatMap(({ path }) => foldersOf(path)));
  const entries = [
    ...[...folders].map((path) => ({ path, blocks: [header(path, TYPE_FOLDER, 0, 0o755)] })),
    ...files.map(({ path, bytes, executable }) => ({
      path,
      blocks: [
        header(path, TYPE_FILE, bytes.length, executable ? 0o755 : 0o644),
        bytes,
        padding(bytes.length),
      ],
    })),
  ].sort((one, other) => (one.path < other.path ? -1 : 1));
  // Two empty blocks are the end.
  return Buffer.concat([...entries.flatMap(({ blocks }) => blocks), Buffer.alloc(2 * BLOCK_BYTES)]);

  function header(path: string, type: string, size: number, mode: number): Buffer {
    const block = Buffer.alloc(BLOCK_BYTES);
    const [prefix, name] = splitPath(type === TYPE_FOLDER ? `${path}/` : path);
    block.write(name, ...FIELD.name);
    block.write(prefix, ...FIELD.prefix);
    octal(block, FIELD.mode, mode);
    octal(block, FIELD.owner, 0);
    octal(block, FIELD.group, 0);
    octal(block, FIELD.size, size);
    octal(block, FIELD.time, timeSeconds);
    block.write(type, ...FIELD.type);
    block.write('ustar\x0000', ...FIELD.magic);
    block.write('root', ...FIELD.ownerName);
    block.write('root', ...FIELD.groupName);
    // The sum counts its own field as spaces.
    block.fill(' ', FIELD.checksum[0], FIELD.checksum[0] + FIELD.checksum[1]);
    const sum = block.reduce((total, byte) => total + byte, 0);
    block.write(`${sum.toString(8).padStart(6, '0')}\0 `, ...FIELD.checksum);
    return block;
  }
}

function octal(block: Buffer, field: readonly [number, number], value: number): void {
  block.write(`${value.toString(8).padStart(field[1] - 1, '0')}\0`, ...field);
}

function padding(bytes: number): Buffer {
  return Buffer.alloc((BLOCK_BYTES - (bytes % BLOCK_BYTES)) % BLOCK_BYTES);
}

/** `a/b/c.txt` is in `a` and `a/b`. */
function foldersOf(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** Prefix and name: a path of more than 100 bytes is cut at a `/`. */
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
