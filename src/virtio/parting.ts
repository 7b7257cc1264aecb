// SPDX-License-Identifier: MIT
/**
 * Parting: answers that a back-end still owes its driver after a restart in place, before it leaves the link.
 *
 * The trap did not announce state 0, so the driver still trusts the link. Linux's virtio_can waits for the end
 * of a START or STOP without a limit, and a driver that has seen state 0 wakes no waiter (virtio_ivshmem breaks
 * its queues without calling back). So the restarted cell answers first: START with NOT_OK, STOP with OK. Then
 * it leaves, and the driver must be bound again as before.
 * Does not: serve frames or registers. A driver that writes a register does not wait for such an answer: the
 * write is acknowledged, and the parting ends.
 *
 * The header still shows the queue that the driver set up last. It is read once and checked as in a session. If
 * it is not the control queue, nothing is answered.
 */
import { Clock } from '../hal/clock';
import { PEER_STATE_READY, PeerLink } from '../hal/peer-link';
import { SharedMemory } from '../hal/shared-memory';
import { Deadline, microsToTicks } from '../rt/deadline';
import { Status } from '../rt/status';
import {
  CONTROL_BYTES,
  CONTROL_STOP,
  MESSAGE_BYTES_MAXIMUM,
  RESULT_BYTES,
  RESULT_NOT_OK,
  RESULT_OK,
} from './can-messages';
import { REANNOUNCE_MICROS } from './reminder';
import {
  DEVICE_STATUS,
  QUEUE_AVAILABLE,
  QUEUE_CONTROL,
  QUEUE_DESCRIPTORS,
  QUEUE_ENABLE,
  QUEUE_EVENT,
  QUEUE_SELECT,
  QUEUE_SIZE,
  QUEUE_USED,
  STATUS_DRIVER_OK,
  STATUS_FEATURES_OK,
  STATUS_NEEDS_RESET,
  WRITE_TRANSACTION,
} from './transport-registers';
import { VirtqueueDevice } from './virtqueue-device';

/** Time after the last answer for the driver to take its interrupt, which is raised twice. */
export const PARTING_MICROS: u32 = 2 * REANNOUNCE_MICROS;
/** Longest parting with a driver that keeps asking. */
export const PARTING_MICROS_MAXIMUM: u32 = 100_000;

@final
export class Parting<Memory extends SharedMemory, Link extends PeerLink, Time extends Clock> {
  /** True until the link must be left. */
  isOn: bool = false;

  private readonly queue: VirtqueueDevice<Memory>;
  private readonly message: usize = heap.alloc(MESSAGE_BYTES_MAXIMUM);
  private readonly end: Deadline = new Deadline();
  private readonly limit: Deadline = new Deadline();
  private readonly again: Deadline = new Deadline();

  constructor(
    private readonly section: Memory,
    private readonly link: Link,
    private readonly clock: Time,
  ) {
    this.queue = new VirtqueueDevice<Memory>(section);
  }

  /** Takes over the control queue of the session that the trap ended. False: there is none. */
  begin(): bool {
    this.isOn = this.link.peerState() === PEER_STATE_READY && this.adoptQueue();
    return this.isOn;
  }

  /** True if the driver waits for the acknowledgement of a register write: one load. */
  get writePending(): bool {
    return this.isOn && this.section.read32(WRITE_TRANSACTION) !== 0;
  }

  /** Makes at most one answer. True if something was done. If `isOn` is false afterwards, leave the link. */
  step(): bool {
    const nowTicks = this.clock.nowTicks();
    if (this.limit.ticks === u64.MAX_VALUE) {
      this.limit.start(nowTicks, this.ticks(PARTING_MICROS_MAXIMUM));
      // The interrupt of an answer from before the trap may be missing.
      this.announce(nowTicks);
      return true;
    }
    if (this.writePending) {
      this.section.barrierRead();
      this.section.write32(WRITE_TRANSACTION, 0);
      this.isOn = false;
    } else if (this.link.peerState() !== PEER_STATE_READY || this.end.reached(nowTicks)) {
      this.isOn = false;
    }
    return !this.isOn || this.answer(nowTicks) || this.ringAgain(nowTicks);
  }

  private adoptQueue(): bool {
    const section = this.section;
    const needed = STATUS_DRIVER_OK | STATUS_FEATURES_OK;
    const status = section.read32(DEVICE_STATUS);
    if ((status & (needed | STATUS_NEEDS_RESET)) !== needed) return false;
    if (section.read32(QUEUE_SELECT) !== QUEUE_CONTROL) return false;
    if (section.read16(QUEUE_ENABLE) === 0) return false;
    const adopted = this.queue.enable(
      section.read16(QUEUE_SIZE),
      section.read64(QUEUE_DESCRIPTORS),
      section.read64(QUEUE_AVAILABLE),
      section.read64(QUEUE_USED),
    );
    if (adopted !== Status.Ok) return false;
    this.queue.resume();
    return true;
  }

  /** Answers one control message. An impossible ring ends the parting. */
  private answer(nowTicks: u64): bool {
    if (this.limit.reached(nowTicks)) return false;
    const taken = this.queue.take();
    if (taken === Status.Empty) return false;
    if (taken !== Status.Ok) {
      this.isOn = false;
      return true;
    }
    const chain = this.queue.chain;
    const bytes = chain.read(this.message, CONTROL_BYTES);
    const isStop = bytes === CONTROL_BYTES && load<u16>(this.message) === CONTROL_STOP;
    store<u8>(this.message, <u8>(isStop ? RESULT_OK : RESULT_NOT_OK));
    this.queue.putUsed(chain.head, chain.write(this.message, RESULT_BYTES));
    this.announce(nowTicks);
    return true;
  }

  private ringAgain(nowTicks: u64): bool {
    if (!this.again.reached(nowTicks)) return false;
    this.ring();
    this.again.cancel();
    return true;
  }

  private announce(nowTicks: u64): void {
    this.ring();
    this.again.start(nowTicks, this.ticks(REANNOUNCE_MICROS));
    this.end.start(nowTicks, this.ticks(PARTING_MICROS));
  }

  private ring(): void {
    this.section.barrierWrite();
    this.section.write8(QUEUE_EVENT, 1);
    this.section.barrierFull();
    this.link.notifyPeer();
  }

  private ticks(micros: u32): u64 {
    return microsToTicks(micros, this.clock.ticksPerSecond());
  }
}
