// SPDX-License-Identifier: MIT
/**
 * UrgentBuffer: one transmit buffer of the chip, and what is in it.
 *
 * A sent buffer keeps its content, so only what differs from the last answer goes over SPI:
 * nothing, the data, or all of it.
 * Does not: wait or queue.
 */
import { Frame } from '../../can/frame';
import { Status } from '../../rt/status';
import { AnyParts } from '../parts';

/** No frame has this as the first half of its record: its length is out of range. */
const HEADER_NONE: u64 = u64.MAX_VALUE;

@final
export class UrgentBuffer<Parts extends AnyParts> {
  /** The loaded frame's record in two halves, one behind the other: identifier and length; data. */
  private header: u64 = HEADER_NONE;
  private data: u64 = 0;
  /** False while the data bytes are not what `data` says: loading them was broken off. */
  private isDataKnown: bool = false;

  constructor(
    private readonly parts: Parts,
    private readonly buffer: u32,
  ) {}

  /** True while the buffer has a frame on its way, as of the last READ STATUS. */
  get busy(): bool {
    return this.parts.controller.transmitBusy(this.buffer);
  }

  /** Brings `answer` into the buffer: 0, 1 + DLC or 6 + DLC bytes over SPI. Only while not busy. */
  load(answer: Frame): Status {
    if (this.holds(answer)) return Status.Ok;
    const header = load<u64>(changetype<usize>(answer));
    this.isDataKnown = false;
    let status: Status = Status.Ok;
    if (header === this.header) {
      status = this.parts.controller.loadData(this.buffer, answer.data, answer.length);
      // Given way, or the buffer is taken: the header in it is as it was.
      if (status !== Status.Ok && status !== Status.Busy) this.header = HEADER_NONE;
    } else {
      this.header = HEADER_NONE;
      status = this.parts.controller.preload(this.buffer, answer);
    }
    if (status === Status.Ok) {
      this.header = header;
      this.data = answer.data;
      this.isDataKnown = true;
    }
    return status;
  }

  /** Sends what is loaded: 1 byte over SPI. Only while not `busy`, which the caller has seen. */
  send(): Status {
    return this.parts.controller.sendFree(this.buffer);
  }

  /** True while a frame of it is not known to have ended. Off the bus there is none. */
  get occupied(): bool {
    return this.parts.controller.transmitPending(this.buffer);
  }

  /** True when `answer` is what is loaded. */
  holds(answer: Frame): bool {
    return (
      this.isDataKnown &&
      answer.data === this.data &&
      load<u64>(changetype<usize>(answer)) === this.header
    );
  }

  /** Address of the record of the frame that is loaded, as a Frame. */
  get frame(): usize {
    return changetype<usize>(this) + offsetof<UrgentBuffer<Parts>>('header');
  }

  /** The chip has lost its content. */
  forget(): void {
    this.header = HEADER_NONE;
  }
}
