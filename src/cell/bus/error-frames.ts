// SPDX-License-Identifier: MIT
/**
 * ErrorFrames: what happens on the bus besides frames, as SocketCAN error frames for AGL.
 *
 * Does not: decide what is worth a message, or print. Every message is counted by its class. It goes
 * to AGL only with `errors=1` and a bridge that has said it takes them: virtio-can itself has no
 * error frames (src/virtio/can-messages.ts). The way is the ring of the forwarded frames, so that a
 * message stands between the right ones.
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

  /** Makes a message of `classes` (ERROR_...), with `controller` (CONTROLLER_...) as data[1]. */
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
