// SPDX-License-Identifier: MIT
/**
 * ErrorFrames: reports events on the bus to AGL as SocketCAN error frames.
 *
 * Every error frame is counted by its class. It goes to AGL only with `errors=1` and a bridge that
 * accepts error frames: standard virtio-can has none (src/virtio/can-messages.ts). It takes the
 * ring of the forwarded frames, so it keeps its place among them.
 * Does not: decide which event is worth an error frame, or print.
 */
import { encodeErrorFrame, ERROR_CLASSES } from '../../can/error-frame';
import { allocateFrames, Frame } from '../../can/frame';
import { Counter } from '../../rt/counters';
import { Status } from '../../rt/status';
import { AnyParts } from '../parts';

@final
export class ErrorFrames<Parts extends AnyParts> {
  private readonly frame: Frame = changetype<Frame>(allocateFrames(1));

  constructor(private readonly parts: Parts) {}

  /**
   * Makes an error frame of `classes` (ERROR_...), with `controller` (CONTROLLER_...) as data[1].
   */
  send(classes: u32, controller: u32): void {
    for (let bit: u32 = 0; bit < ERROR_CLASSES; bit++) {
      if ((classes & (1 << bit)) !== 0)
        this.parts.counters.count((Counter.ErrorMessagesFirst + bit) as Counter);
    }
    const parts = this.parts;
    if (!parts.settings.errorFrames) return;
    const faults = parts.controller.faults;
    const frame = this.frame;
    encodeErrorFrame(frame, classes, controller, faults.transmitErrors, faults.receiveErrors);
    const wanted = parts.agl.errorFramesAccepted;
    if (!wanted || parts.forwardRing.put(changetype<usize>(frame)) !== Status.Ok) {
      parts.counters.count(Counter.ErrorMessagesDropped);
    }
  }
}
