// SPDX-License-Identifier: MIT
/**
 * Reads device trees (.dtb), and lays an overlay onto one.
 *
 * Source: Devicetree Specification 0.4, chapter 5. The counterpart of scripts/deploy/device-tree.ts.
 * Does not: resolve phandles or symbols. The project's overlay names its targets by path.
 */
import { InputError } from '../../../cell-config/files.ts';

const MAGIC = 0xd00dfeed;
const BEGIN_NODE = 1;
const END_NODE = 2;
const PROPERTY = 3;
const NOP = 4;
const END = 9;
const DEPTH_MOST = 64;

/** A node that can be changed. Values are raw bytes. */
export interface TreeNode {
  readonly properties: Map<string, Buffer>;
  readonly children: Map<string, TreeNode>;
}

export const emptyNode = (): TreeNode => ({ properties: new Map(), children: new Map() });

/** The root of a tree. Throws InputError that names `path` if the bytes are none. */
export function readTree(path: string, bytes: Buffer): TreeNode {
  if (bytes.length < 40 || bytes.readUInt32BE(0) !== MAGIC) {
    throw new InputError(`${path}: no device tree (.dtb). Next: make dtbs in the kernel`);
  }
  try {
    return new Reader(bytes).root();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new InputError(
      `${path}: the device tree is cut short or damaged. Next: make dtbs in the kernel`,
    );
  }
}

class Reader {
  readonly #bytes: Buffer;
  readonly #strings: number;
  #at: number;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#at = bytes.readUInt32BE(8);
    this.#strings = bytes.readUInt32BE(12);
  }

  root(): TreeNode {
    while (this.#word() !== BEGIN_NODE);
    this.#text();
    return this.#node(0);
  }

  #node(depth: number): TreeNode {
    if (depth > DEPTH_MOST) throw new RangeError('depth');
    const node = emptyNode();
    for (;;) {
      const token = this.#word();
      if (token === END_NODE) return node;
      if (token === BEGIN_NODE) {
        const name = this.#text();
        node.children.set(name, this.#node(depth + 1));
      } else if (token === PROPERTY) {
        const length = this.#word();
        const name = this.#textAt(this.#strings + this.#word());
        if (this.#at + length > this.#bytes.length) throw new RangeError('property');
        node.properties.set(name, this.#bytes.subarray(this.#at, this.#at + length));
        this.#at += (length + 3) & ~3;
      } else if (token === END || token !== NOP) throw new RangeError('token');
    }
  }

  #word(): number {
    const value = this.#bytes.readUInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  #text(): string {
    const text = this.#textAt(this.#at);
    this.#at += (text.length + 4) & ~3;
    return text;
  }

  #textAt(at: number): string {
    const end = this.#bytes.indexOf(0, at);
    if (end === -1 || at >= this.#bytes.length) throw new RangeError('text');
    return this.#bytes.toString('latin1', at, end);
  }
}

/** The node at a path such as `/soc/spi@7e204000`. Undefined: there is none. */
export function nodeAt(root: TreeNode, path: string): TreeNode | undefined {
  let node: TreeNode | undefined = root;
  for (const name of path.split('/').filter((part) => part !== '')) {
    node = node?.children.get(name);
  }
  return node;
}

/** Lays the overlay's fragments onto the tree. Throws with the first path that the tree has not. */
export function applyOverlay(root: TreeNode, overlay: TreeNode): void {
  for (const [name, fragment] of overlay.children) {
    const target = fragment.properties.get('target-path')?.toString('latin1').replace(/\0$/, '');
    const change = fragment.children.get('__overlay__');
    if (target === undefined || change === undefined) {
      throw new Error(`the overlay's ${name} has no target-path or no __overlay__`);
    }
    const node = nodeAt(root, target);
    if (node === undefined) throw new Error(`the device tree has no ${target}`);
    merge(node, change);
  }
}

function merge(into: TreeNode, change: TreeNode): void {
  for (const [name, value] of change.properties) into.properties.set(name, value);
  for (const [name, child] of change.children) {
    if (!into.children.has(name)) into.children.set(name, emptyNode());
    merge(into.children.get(name)!, child);
  }
}
