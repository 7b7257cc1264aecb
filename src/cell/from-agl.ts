// SPDX-License-Identifier: MIT
/**
 * FromAglTask: takes frames from AGL to the bus, one at a time, so that they keep their order.
 *
 * Bounds are in SPI bytes; docs/timing-budget.md has the times.
 * Does not: wait.
 */
import { isErrorFrame } from '../can/error-frame';
import { allocateFrames, Frame } from '../can/frame';
import { BUFFER_FORWARD } from '../driver/mcp2515/controller';
import { TransmitOutcome } from '../driver/mcp2515/transmit-buffers';
import { Counter, FrameEnd } from '../rt/counters';
import { Status } from '../rt/status';
import { Task } from '../rt/task';
import { AnyParts } from './parts';
import { Courtesy } from './courtesy';
import { FrameObserver } from './page/frame-observer';

/**
 * Puts one frame of AGL's on the bus in three steps: out of the ring, LOAD (at most 14 bytes;
 * yields to an incoming frame), RTS (1 byte). As back-end, the task reports in a fourth step how
 * the frame ended. If the driver stops the interface meanwhile, the frame is aborted.
 */
@final
export class FromAglTask<Parts extends AnyParts> extends Task {
  private readonly frame: Frame = changetype<Frame>(allocateFrames(1));
  private readonly courtesy: Courtesy<Parts> = new Courtesy<Parts>(this.parts);
  /** The chip holds `frame`. */
  private loaded: bool = false;
  /** The peer waits to hear how the frame in the chip ends. */
  private awaiting: bool = false;

  constructor(
    private readonly parts: Parts,
    private readonly observer: FrameObserver<Parts>,
  ) {
    super();
  }

  override run(_nowTicks: u64): bool {
    if (!this.ready) return false;
    if (this.awaiting) this.conclude();
    else if (!this.parts.frameHeld) this.take();
    else if (!this.loaded) this.load();
    else this.send();
    return true;
  }

  /**
   * True when a step has something to do. A frame stays in AGL's ring until the one before it has
   * left.
   */
  private get ready(): bool {
    const parts = this.parts;
    if (parts.controller.transmitBusy(BUFFER_FORWARD)) {
      return this.awaiting ? !parts.agl.receivedOpen : !parts.frameHeld && this.refusing;
    }
    return this.awaiting || parts.frameHeld || parts.agl.hasReceived();
  }

  /**
   * The driver's interface is stopped, for example by bus-off: its requests are refused at once.
   */
  private get refusing(): bool {
    const agl = this.parts.agl;
    return agl.isBackEnd && !agl.running && agl.hasReceived();
  }

  private take(): void {
    const status = this.parts.agl.receive(this.frame);
    if (status === Status.Empty) return;
    this.parts.counters.count(Counter.FromAglTaken);
    // An error frame of AGL's interface is not sent.
    this.parts.frameHeld = status === Status.Ok && !isErrorFrame(this.frame);
    if (this.parts.frameHeld) return;
    this.countRefused(status);
    this.parts.agl.finishReceived(false);
  }

  private load(): void {
    if (this.withdrawn) {
      this.finish(Status.PeerNotReady);
      return;
    }
    this.courtesy.begin();
    const status = this.courtesy.end(this.parts.controller.preload(BUFFER_FORWARD, this.frame));
    this.loaded = status === Status.Ok;
    if (status !== Status.Ok && status !== Status.Busy) this.finish(status);
  }

  private send(): void {
    if (this.withdrawn) {
      this.finish(Status.PeerNotReady);
      return;
    }
    this.courtesy.begin();
    const status = this.courtesy.end(this.parts.controller.send(BUFFER_FORWARD));
    // When the transfer yielded, the frame stays loaded.
    if (status !== Status.Busy) this.finish(status);
  }

  /**
   * The driver at the other end has stopped the interface, or is gone: it no longer wants the frame
   * sent.
   */
  private get withdrawn(): bool {
    return this.parts.agl.receivedWithdrawn;
  }

  private finish(status: Status): void {
    this.loaded = false;
    this.parts.frameHeld = false;
    const isSent = status === Status.Ok;
    if (isSent) this.parts.counters.count(Counter.FromAgl);
    else this.countRefused(status);
    if (isSent) this.awaiting = this.parts.agl.isBackEnd;
    else this.parts.agl.finishReceived(false);
    if (isSent && this.parts.records.on) this.observer.sentForAgl(this.frame);
  }

  /** The frame has left the chip, sent or not; or the peer no longer waits for it. */
  private conclude(): void {
    const agl = this.parts.agl;
    const controller = this.parts.controller;
    this.awaiting = false;
    if (agl.receivedOpen) {
      agl.finishReceived(controller.buffers.outcome(BUFFER_FORWARD) === TransmitOutcome.Sent);
    } else {
      controller.abort(BUFFER_FORWARD, FrameEnd.Withdrawn);
    }
  }

  /** Counts a message of AGL's that was refused with `status`; `Ok`: it was an error frame. */
  private countRefused(status: Status): void {
    const counters = this.parts.counters;
    counters.count(Counter.FromAglRefused);
    if (status === Status.Ok) counters.count(Counter.FromAglErrorMessages);
    else if (status === Status.PeerNotReady) counters.count(Counter.FromAglStopped);
    else if (status === Status.ListenOnly) counters.count(Counter.FromAglListenOnly);
    else if (status === Status.SpiTimeout) counters.count(Counter.FromAglFaulted);
    else counters.count(Counter.FromAglMalformed);
  }
}
