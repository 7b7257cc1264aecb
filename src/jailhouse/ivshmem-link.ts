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
  memory_read32,
  mmio_read32,
  mmio_write32,
} from '../abi/bsp';
import { PEER_STATE_RESET, PeerLink } from '../hal/peer-link';
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
/** virtio over ivshmem joins exactly two. */
const PEERS: u32 = 2;

@final
export class IvshmemLink extends PeerLink {
  /** This end's number and its peer's; valid after `open`. */
  ownId: u32 = 0;
  peerId: u32 = 1;
  /** How many peers the device says there are. */
  peers: u32 = 0;

  private readonly registerPage: u32;
  private readonly stateTable: u32;
  private peerStateAddress: u32 = 0;

  /** Guest addresses of the register page and of the state table. */
  constructor(registerPage: u32, stateTable: u32) {
    super();
    this.registerPage = registerPage;
    this.stateTable = stateTable;
  }

  /** Learns who is who. `IvshmemPeers`: not two. `IvshmemIdentity`: neither 0 nor 1. */
  open(): Status {
    this.ownId = mmio_read32(this.registerPage + ID);
    this.peers = mmio_read32(this.registerPage + MAX_PEERS);
    if (this.peers !== PEERS) return Status.IvshmemPeers;
    if (this.ownId >= PEERS) return Status.IvshmemIdentity;
    this.peerId = 1 - this.ownId;
    this.peerStateAddress = this.stateTable + this.peerId * STATE_TABLE_ENTRY_BYTES;
    return Status.Ok;
  }

  /** Lets the peer's doorbell and state changes raise an interrupt, or not. */
  setInterruptEnabled(enabled: bool): void {
    mmio_write32(this.registerPage + INTERRUPT_CONTROL, enabled ? INTERRUPT_CONTROL_ENABLE : 0);
  }

  /**
   * From now on this end's state becomes 0 when the cell traps, before anything else happens: a
   * Linux CPU that waits for an acknowledgement would spin for ever.
   */
  withdrawOnFault(): void {
    fault_write32(this.registerPage + STATE, PEER_STATE_RESET);
  }

  override peerState(): u32 {
    const state = memory_read32(this.peerStateAddress);
    // What the peer stored before it announced the state is visible after this.
    barrier_read();
    return state;
  }

  override setOwnState(state: u32): void {
    barrier_device();
    mmio_write32(this.registerPage + STATE, state);
  }

  override notifyPeer(): void {
    barrier_device();
    const doorbell = (this.peerId << DOORBELL_TARGET_SHIFT) | VECTOR_0;
    mmio_write32(this.registerPage + DOORBELL, doorbell);
  }
}
