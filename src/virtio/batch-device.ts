// SPDX-License-Identifier: MIT
/**
 * BatchDevice: the virtio-can device that serves several requests of its driver in one call.
 *
 * Checks every chain as CanDevice does. Does not keep a request open between calls: what was not sent is
 * taken from the ring, and checked, again.
 */
import { Frame, FRAME_BYTES } from '../can/frame';
import { Clock } from '../hal/clock';
import { PeerLink } from '../hal/peer-link';
import { SharedMemory } from '../hal/shared-memory';
import { Status } from '../rt/status';
import { CanDevice } from './can-device';
import { RESULT_BYTES, RESULT_NOT_OK, RESULT_OK } from './can-messages';
import { NO_OFFSET } from './descriptor-chain';
import { BATCH_FRAMES, FrameBatches } from './frame-batches';

/** For each frame taken: u32 head of its chain, u32 section offset of its result or NO_OFFSET. */
const TAKEN_BYTES: u32 = 8;

@final
export class BatchDevice<Memory extends SharedMemory, Link extends PeerLink, Time extends Clock>
  extends CanDevice<Memory, Link, Time>
  implements FrameBatches
{
  private readonly taken: usize = heap.alloc(BATCH_FRAMES * TAKEN_BYTES);
  private takenCount: u32 = 0;
  /** The last batch was not handed over as a whole. */
  private isBlocked: bool = false;

  constructor(section: Memory, link: Link, clock: Time) {
    super(section, link, clock);
  }

  take(frames: usize): u32 {
    this.takenCount = 0;
    this.isBlocked = false;
    if (!this.transport.operating) return 0;
    const queue = this.transport.transmitQueue;
    for (let look: u32 = 0; look < BATCH_FRAMES; look++) {
      const taken = queue.take();
      if (taken === Status.Empty) break;
      if (taken !== Status.Ok) {
        // After good requests, this one is met again as the first.
        if (this.takenCount === 0) this.giveUp(taken);
        break;
      }
      const frame = changetype<Frame>(frames + this.takenCount * FRAME_BYTES);
      const status = this.readRequest(queue.chain, frame);
      if (status === Status.Ok && this.running) {
        const at = this.taken + this.takenCount * TAKEN_BYTES;
        store<u32>(at, queue.chain.head);
        store<u32>(at, queue.chain.writableOffset, 4);
        this.takenCount += 1;
        continue;
      }
      if (this.takenCount > 0) {
        queue.putBack(1);
        break;
      }
      if (status !== Status.Ok) this.counters.malformed += 1;
      this.giveBack(queue.chain.head, queue.chain.writableOffset, false);
    }
    return this.takenCount;
  }

  finishTaken(count: u32, sent: bool): void {
    const queue = this.transport.transmitQueue;
    const result = sent ? RESULT_OK : RESULT_NOT_OK;
    for (let index: u32 = 0; index < count; index++) {
      const at = this.taken + index * TAKEN_BYTES;
      const place = load<u32>(at, 4);
      if (place !== NO_OFFSET) this.section.write8(place, result);
      queue.putUsed(load<u32>(at), place !== NO_OFFSET ? RESULT_BYTES : 0);
    }
    queue.putBack(this.takenCount - count);
    this.isBlocked = count < this.takenCount;
    this.takenCount = 0;
    if (count === 0) return;
    this.counters.received += count;
    if (sent) this.counters.transmitted += count;
    else this.counters.refused += count;
    if (queue.interruptWanted()) this.transport.announceQueues();
  }

  room(): u32 {
    if (!this.delivering) return 0;
    const queue = this.transport.receiveQueue;
    const available = queue.available;
    // The driver must announce the next buffer only if there is none.
    if (available === 0) return queue.allowKicks() ? 1 : 0;
    queue.suppressKicks();
    return min<u32>(available, BATCH_FRAMES);
  }

  give(frames: usize, count: u32): u32 {
    const queue = this.transport.receiveQueue;
    let done: u32 = 0;
    let given: u32 = 0;
    while (done < count && this.running) {
      const frame = changetype<Frame>(frames + done * FRAME_BYTES);
      if (this.isCarriable(frame)) {
        // No buffer, or the session was given up: the frame stays with the caller.
        if (this.deliver(queue, frame) !== Status.Ok) break;
        given += 1;
      } else {
        this.counters.droppedUnsupported += 1;
      }
      done += 1;
    }
    if (given > 0 && this.running) this.delivered(queue, given);
    return done;
  }

  /** A request that nobody takes is no work. */
  override allowKicks(): bool {
    const isWork = super.allowKicks();
    return isWork && (!this.isBlocked || this.transport.controlQueue.hasAvailable());
  }
}
