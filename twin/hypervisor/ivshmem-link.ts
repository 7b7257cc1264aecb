// SPDX-License-Identifier: MIT
/**
 * The link of two or more ivshmem endpoints: state table and interrupts between the peers.
 *
 * Source: Jailhouse Documentation/ivshmem-v2-specification.md; hypervisor/ivshmem.c.
 */

/** What the link needs from a peer. */
export interface IvshmemPeer {
  readonly id: number;
  /** Raises interrupt `vector` at the peer. It is lost if the peer has interrupts disabled. */
  interrupt(vector: number): void;
}

export class IvshmemLink {
  readonly maxPeers: number;
  readonly #stateTable: Buffer;
  readonly #peers = new Map<number, IvshmemPeer>();
  /** The hypervisor's own record: value of the state register, and the base for detecting changes. */
  readonly #states: number[];

  /** `stateTable`: the shared region, one u32 per peer, written only by the hypervisor. */
  constructor(stateTable: Buffer, maxPeers: number) {
    this.maxPeers = maxPeers;
    this.#states = new Array<number>(maxPeers).fill(0);
    this.#stateTable = stateTable;
  }

  /** Adds a peer. The first one finds the state table zeroed. Throws if the id is taken. */
  attach(peer: IvshmemPeer): void {
    if (this.#peers.has(peer.id)) throw new Error(`ivshmem peer id ${peer.id} is taken`);
    if (peer.id >= this.maxPeers) throw new Error(`ivshmem peer id ${peer.id} is out of range`);
    if (this.#peers.size === 0) this.#stateTable.fill(0);
    this.#peers.set(peer.id, peer);
  }

  /** The state of a peer as shown in the table. */
  stateOf(id: number): number {
    return this.#stateTable.readUInt32LE(id * 4);
  }

  /** The state that a peer's own register reads. */
  registerOf(id: number): number {
    return this.#states[id];
  }

  /** Writes a peer's state to the table. If it changes, every other peer gets vector 0. */
  setState(id: number, state: number): void {
    this.#stateTable.writeUInt32LE(state >>> 0, id * 4);
    if (this.#states[id] === state) return;
    this.#states[id] = state;
    for (const peer of this.#peers.values()) {
      if (peer.id !== id) peer.interrupt(0);
    }
  }

  /**
   * Sets the table back to `states`, by peer, as when cache lines were dropped before they reached memory. No
   * peer is notified, and the hypervisor's own record stays.
   */
  loseTable(states: readonly number[]): void {
    for (const [id, state] of states.entries()) this.#stateTable.writeUInt32LE(state >>> 0, id * 4);
  }

  /** Rings a peer. An absent target is ignored. */
  ring(target: number, vector: number): void {
    this.#peers.get(target)?.interrupt(vector);
  }
}
