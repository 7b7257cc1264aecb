// SPDX-License-Identifier: MIT
/**
 * BatchDriver: the virtio-can driver that takes and sends several frames in one call.
 *
 * Checks every used element and message as CanDriver does. A message that was not handed over is read from
 * the ring, and checked, again.
 */
import { Frame, FRAME_BYTES } from '../can/frame';
import { Clock } from '../hal/clock';
import { PeerLink } from '../hal/peer-link';
import { SharedMemory } from '../hal/shared-memory';
import { Status } from '../rt/status';
import { CanDriver } from './can-driver';
import { BATCH_FRAMES, FrameBatches } from './frame-batches';

@final
export class BatchDriver<Memory extends SharedMemory, Link extends PeerLink, Time extends Clock>
  extends CanDriver<Memory, Link, Time>
  implements FrameBatches
{
  /** For each frame taken: u32 slot. */
  private readonly taken: usize = heap.alloc(4 * BATCH_FRAMES);
  private takenCount: u32 = 0;
  /** The device announces sent frames, because there is no room for more. */
  private announcesSent: bool = false;

  constructor(section: Memory, link: Link, clock: Time) {
    super(section, link, clock);
  }

  /** As CanDriver's, with as many completions as a batch has frames. */
  override step(): bool {
    let happened = super.step();
    for (let more: u32 = 1; more < BATCH_FRAMES; more++) {
      if (!this.running || !this.transmit.hasUsed()) break;
      happened = this.reapTransmit() || happened;
    }
    return happened;
  }

  take(frames: usize): u32 {
    this.takenCount = 0;
    if (!this.running) return 0;
    const queue = this.queues.receive;
    for (let look: u32 = 0; look < BATCH_FRAMES; look++) {
      const taken = queue.takeUsed();
      if (taken === Status.Empty) break;
      const frame = changetype<Frame>(frames + this.takenCount * FRAME_BYTES);
      const status = taken === Status.Ok ? this.readMessage(frame) : taken;
      if (status === Status.Ok) {
        store<u32>(this.taken + 4 * this.takenCount, queue.usedHead);
        this.takenCount += 1;
        continue;
      }
      if (this.takenCount > 0) {
        // This one is met again as the first.
        if (taken === Status.Ok) queue.putBackUsed(queue.usedHead);
        break;
      }
      if (status !== Status.MessageBad) {
        this.giveUp(status);
        break;
      }
      this.counters.malformed += 1;
      queue.offer(queue.usedHead);
      this.transport.kick(queue.kickWanted());
    }
    return this.takenCount;
  }

  finishTaken(count: u32, _sent: bool): void {
    const queue = this.queues.receive;
    while (this.takenCount > count) {
      this.takenCount -= 1;
      queue.putBackUsed(load<u32>(this.taken + 4 * this.takenCount));
    }
    if (count === 0) return;
    for (let index: u32 = 0; index < count; index++) {
      queue.offer(load<u32>(this.taken + 4 * index));
    }
    this.takenCount = 0;
    this.counters.received += count;
    this.transport.kick(queue.kickWanted());
  }

  /** Sent frames are polled until the queue is full: then the device announces the next. */
  room(): u32 {
    if (!this.running) return 0;
    const queue = this.transmit;
    const room = queue.roomUpTo(BATCH_FRAMES);
    if (room > 0) {
      if (this.announcesSent) queue.suppressInterrupts();
      this.announcesSent = false;
      return room;
    }
    this.announcesSent = true;
    queue.requestInterrupts();
    if (queue.hasUsed()) this.reapTransmit();
    return queue.roomUpTo(BATCH_FRAMES);
  }

  give(frames: usize, count: u32): u32 {
    const queue = this.transmit;
    const wasEmpty = queue.heldCount === 0;
    let done: u32 = 0;
    let given: u32 = 0;
    while (done < count && this.running) {
      const status = this.put(changetype<Frame>(frames + done * FRAME_BYTES));
      if (status === Status.Full) break;
      if (status === Status.Ok) given += 1;
      done += 1;
    }
    if (given === 0) return done;
    if (wasEmpty) this.awaitCompletion();
    this.transport.kick(queue.kickWanted());
    this.counters.sent += given;
    return done;
  }
}
