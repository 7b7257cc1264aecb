// SPDX-License-Identifier: MIT
/**
 * Encodes device trees (.dtb, .dtbo): nodes and properties to bytes.
 *
 * This replaces `dtc`: the format needs a page of code, and writing a card needs no further tool. Source:
 * Devicetree Specification 0.4, chapter 5 (version 17, big-endian).
 * Does not: parse source text, or resolve labels and phandles.
 */

/** A node: properties first, then children, as the format requires. */
export interface DeviceTreeNode {
  readonly properties: Readonly<Record<string, PropertyValue>>;
  readonly children?: Readonly<Record<string, DeviceTreeNode>>;
}

/** 32-bit cells, a string, bytes, or `true`: the property exists without a value. */
export type PropertyValue = readonly number[] | string | Uint8Array | true;

const MAGIC = 0xd00dfeed;
const VERSION = 17;
const LAST_COMPATIBLE_VERSION = 16;
const HEADER_BYTES = 40;
const BEGIN_NODE = 1;
const END_NODE = 2;
const PROPERTY = 3;
const END = 9;

/** The bytes of a tree with this root. */
export function encodeDeviceTree(tree: DeviceTreeNode): Buffer {
  const names = new StringTable();
  const structure = Buffer.concat([...encodeNode('', tree, names), words(END)]);
  const strings = names.bytes();
  // The header reserves no memory: one empty entry ends the list.
  const reservations = Buffer.alloc(16);
  const structureOffset = HEADER_BYTES + reservations.length;
  const stringsOffset = structureOffset + structure.length;
  const header = words(
    MAGIC,
    stringsOffset + strings.length,
    structureOffset,
    stringsOffset,
    HEADER_BYTES,
    VERSION,
    LAST_COMPATIBLE_VERSION,
    0, // boot CPU
    strings.length,
    structure.length,
  );
  return Buffer.concat([header, reservations, structure, strings]);
}

function* encodeNode(name: string, node: DeviceTreeNode, names: StringTable): Generator<Buffer> {
  yield words(BEGIN_NODE);
  yield text(name);
  for (const [property, value] of Object.entries(node.properties)) {
    const bytes = encodeValue(value);
    yield words(PROPERTY, bytes.length, names.offsetOf(property));
    yield padded(bytes);
  }
  for (const [child, content] of Object.entries(node.children ?? {})) {
    yield* encodeNode(child, content, names);
  }
  yield words(END_NODE);
}

function encodeValue(value: PropertyValue): Buffer {
  if (value === true) return Buffer.alloc(0);
  if (value instanceof Uint8Array) return Buffer.from(value);
  return typeof value === 'string' ? Buffer.from(`${value}\0`, 'latin1') : words(...value);
}

class StringTable {
  readonly #offsets = new Map<string, number>();
  #length = 0;

  offsetOf(name: string): number {
    const known = this.#offsets.get(name);
    if (known !== undefined) return known;
    const offset = this.#length;
    this.#offsets.set(name, offset);
    this.#length += name.length + 1;
    return offset;
  }

  bytes(): Buffer {
    return Buffer.from([...this.#offsets.keys()].map((name) => `${name}\0`).join(''), 'latin1');
  }
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, index) => bytes.writeUInt32BE(value, 4 * index));
  return bytes;
}

function text(name: string): Buffer {
  return padded(Buffer.from(`${name}\0`, 'latin1'));
}

/** Pads to four bytes, the alignment of the structure block. */
function padded(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}
