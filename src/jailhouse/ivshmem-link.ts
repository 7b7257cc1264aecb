// SPDX-License-Identifier: MIT
/**
 * IvshmemLink: the register page and the state table of an ivshmem device with two peers.
 *
 * Source: ivshmem v2 specification (Jailhouse, Documentation). One interrupt vector, number 0.
 * Does not: find or map the device.
 */
import {
  barrier_device,
  barrier_read,
  fault_write32,
  fault_write_late,
  memory_read32,
  mmio_read32,
  mmio_write32,
} from '../abi/bsp';
import { PEER_STATE_READY, PEER_STATE_RESET, PeerLink } from '../hal/peer-link';
import { Status } from '../rt/status';

// Register page (BAR0).
const ID: u32 = 0x00;
const MAX_PEERS: u32 = 0x04;
const INTERRUPT_CONTROL: u32 = 0x08;
const DOORBELL: u32 = 0x0c;
const STATE: u32 = 0x10;

const INTERRUPT_CONTROL_ENABLE: u32 = 1;
const DOORBELL_TARGET_SHIFT: u32 = 16;
const VECTOR_0: u32 = 0;
const STATE_TABLE_ENTRY_BYTES: u32 = 4;
/** virtio over ivshmem has exactly two peers. */
const PEERS: u32 = 2;

@final
export class IvshmemLink extends PeerLink {
  /** The numbers of this end and of its peer. Valid after `open`. */
  ownId: u32 = 0;
  peerId: u32 = 1;
  /** Number of peers according to the device. */
  peers: u32 = 0;

  private readonly registerPage: u32;
  private readonly stateTable: u32;
  private peerStateAddress: u32 = 0;

  /** Takes the guest addresses of the register page and of the state table. */
  constructor(registerPage: u32, stateTable: u32) {
    super();
    this.registerPage = registerPage;
    this.stateTable = stateTable;
  }

  /** Reads the peer numbers. `IvshmemPeers`: not two peers. `IvshmemIdentity`: own number not 0 or 1. */
  open(): Status {
    this.ownId = mmio_read32(this.registerPage + ID);
    this.peers = mmio_read32(this.registerPage + MAX_PEERS);
    if (this.peers !== PEERS) return Status.IvshmemPeers;
    if (this.ownId >= PEERS) return Status.IvshmemIdentity;
    this.peerId = 1 - this.ownId;
    this.peerStateAddress = this.stateTable + this.peerId * STATE_TABLE_ENTRY_BYTES;
    return Status.Ok;
  }

  /** Enables or disables the interrupt for the peer's doorbell and state changes. */
  setInterruptEnabled(enabled: bool): void {
    mmio_write32(this.registerPage + INTERRUPT_CONTROL, enabled ? INTERRUPT_CONTROL_ENABLE : 0);
  }

  /**
   * Makes a trap of the cell set this end's state to 0 before anything else. Otherwise a Linux CPU that waits
   * for an acknowledgement would spin for ever.
   */
  withdrawOnFault(): void {
    fault_write32(this.registerPage + STATE, PEER_STATE_RESET);
  }

  /**
   * While `isHeld` this end's state stays what it is over a trap that the cell is made anew after: a Linux
   * that waits for an answer can still be given it (src/virtio/parting.ts). Another trap before the new
   * life says so again sets it to 0.
   */
  override holdOnFault(isHeld: bool): void {
    fault_write_late(isHeld);
  }

  /** The state that this end last announced, a former life's too. */
  override get isReady(): bool {
    const own = this.stateTable + this.ownId * STATE_TABLE_ENTRY_BYTES;
    return memory_read32(own) === PEER_STATE_READY;
  }

  override peerState(): u32 {
    const state = memory_read32(this.peerStateAddress);
    // Makes visible what the peer stored before it announced this state.
    barrier_read();
    return state;
  }

  override setOwnState(state: u32): void {
    barrier_device();
    mmio_write32(this.registerPage + STATE, state);
  }

  override notifyPeer(): void {
    if (this.defers) {
      this.isNoted = true;
      return;
    }
    barrier_device();
    const doorbell = (this.peerId << DOORBELL_TARGET_SHIFT) | VECTOR_0;
    mmio_write32(this.registerPage + DOORBELL, doorbell);
  }
}
