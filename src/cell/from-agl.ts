// SPDX-License-Identifier: MIT
/**
 * FromAglTask: takes frames out of AGL's ring, for TransmitScheduler to send.
 *
 * In order of arrival one frame waits outside the ring, behind those in the chip. With
 * `agl-order=identifier` more do, since the strongest of them goes first. As back-end, the cell tells
 * the driver how each frame ended; if the driver stops the interface meanwhile, its frames are
 * aborted.
 * A rule about frames of AGL's may change one, keep it from the bus, and answer it.
 * Does not: use SPI, or wait. A step is one ring entry.
 */
import { isErrorFrame } from '../can/error-frame';
import { allocateFrames, Frame } from '../can/frame';
import { Counter } from '../rt/counters';
import { Status } from '../rt/status';
import { Task } from '../rt/task';
import { AglGate } from './agl-gate';
import { AnyParts } from './parts';
import { SafeState } from './safe-state';
import { TransmitScheduler } from './transmit/scheduler';
import { WithdrawnFrames } from './transmit/withdrawn';

@final
export class FromAglTask<Parts extends AnyParts> extends Task {
  private readonly frame: Frame = changetype<Frame>(allocateFrames(1));
  /** The last message was a frame, or the tasks above have had nothing to do since. */
  private mayBeEarly: bool = true;
  private readonly withdrawn: WithdrawnFrames<Parts> = new WithdrawnFrames<Parts>(
    this.parts,
    this.scheduler,
  );

  constructor(
    private readonly parts: Parts,
    private readonly scheduler: TransmitScheduler<Parts>,
    private readonly gate: AglGate<Parts>,
    private readonly safe: SafeState<Parts>,
  ) {
    super();
  }

  /**
   * Before `transmit` brings a frame that waits into the chip: AGL's next one may be stronger. Bounded by the frames
   * that may wait; after a message that is none, or is dropped, it is left to `run`, so that a flood of those holds
   * nothing up.
   */
  runEarly(nowTicks: u64): bool {
    if (!this.mayBeEarly || !this.hasRoom || !this.parts.agl.hasReceived()) return false;
    this.take(nowTicks);
    return true;
  }

  override run(nowTicks: u64): bool {
    this.mayBeEarly = true;
    if (this.withdrawn.step()) return true;
    // Mostly the ring is empty, which is looked at in each round.
    if (!this.parts.agl.hasReceived() || (!this.hasRoom && !this.isRefusing)) return false;
    this.take(nowTicks);
    return true;
  }

  /**
   * A frame stays in AGL's ring while the cell is off the bus, or as many wait as may. One in order of
   * arrival also stays while it cannot have a buffer before the one in the chip has left.
   */
  private get hasRoom(): bool {
    const waiting = this.scheduler.fromAgl;
    if (this.parts.controller.closed || this.safe.isSettling) return false;
    if (waiting.isSorted) return !waiting.isFull;
    return (
      waiting.isEmpty && (this.scheduler.slots.aglInChip === 0 || this.scheduler.slots.hasTwoForAgl)
    );
  }

  /**
   * The driver's interface is stopped, for example by bus-off: its requests are refused at once.
   */
  private get isRefusing(): bool {
    const agl = this.parts.agl;
    return agl.isBackEnd && !agl.running && !this.scheduler.fromAgl.isFull;
  }

  private take(nowTicks: u64): void {
    const agl = this.parts.agl;
    const status = agl.receive(this.frame);
    this.mayBeEarly = false;
    if (status === Status.Empty || status === Status.Busy) return;
    this.parts.counters.count(Counter.FromAglTaken);
    // An error frame of AGL's interface is not sent.
    if (status === Status.Ok && !isErrorFrame(this.frame)) {
      let frame = changetype<usize>(this.frame);
      if (this.parts.responder.matchesFromAgl(this.frame)) {
        frame = this.gate.pass(this.frame, nowTicks);
      }
      if (this.safe.stands && frame !== 0 && this.safe.owns(changetype<Frame>(frame).identifier)) {
        this.parts.counters.count(Counter.FromAglSafeState);
        frame = 0;
      }
      if (frame !== 0) this.scheduler.addFromAgl(changetype<Frame>(frame), agl.receivedTag);
      else agl.finish(agl.receivedTag, false);
      this.mayBeEarly = frame !== 0;
      return;
    }
    this.countRefused(status);
    if (status === Status.Ok) agl.finish(agl.receivedTag, false);
  }

  /** Counts a message of AGL's that was refused with `status`; `Ok`: it was an error frame. */
  private countRefused(status: Status): void {
    const counters = this.parts.counters;
    counters.count(Counter.FromAglRefused);
    if (status === Status.Ok) counters.count(Counter.FromAglErrorMessages);
    else if (status === Status.PeerNotReady) counters.count(Counter.FromAglStopped);
    else counters.count(Counter.FromAglMalformed);
  }
}
