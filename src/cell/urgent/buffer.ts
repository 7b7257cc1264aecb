// SPDX-License-Identifier: MIT
/**
 * UrgentBuffer: one transmit buffer of the chip, with a copy of its content.
 *
 * A sent buffer keeps its content. So only the difference from the last answer goes over SPI:
 * nothing, the data, or all of it.
 * Does not: wait or queue.
 */
import { Frame } from '../../can/frame';
import { Status } from '../../rt/status';
import { AnyParts } from '../parts';

/** A value that the first half of a frame's record never has: its length is out of range. */
const HEADER_NONE: u64 = u64.MAX_VALUE;

@final
export class UrgentBuffer<Parts extends AnyParts> {
  /** The record of the loaded frame in two adjacent halves: identifier and length, then data. */
  private header: u64 = HEADER_NONE;
  private data: u64 = 0;
  /** True when the buffer's data bytes equal `data`. False after an interrupted load. */
  private isDataKnown: bool = false;

  constructor(
    private readonly parts: Parts,
    private readonly buffer: u32,
  ) {}

  /** True while the buffer has a frame on its way, as of the last READ STATUS. */
  get busy(): bool {
    return this.parts.controller.transmitBusy(this.buffer);
  }

  /**
   * Loads `answer` into the buffer: 0, 1 + DLC or 6 + DLC bytes over SPI. Call it only while not
   * `busy`.
   */
  load(answer: Frame): Status {
    if (this.holds(answer)) return Status.Ok;
    const header = load<u64>(changetype<usize>(answer));
    this.isDataKnown = false;
    let status: Status = Status.Ok;
    if (header === this.header) {
      status = this.parts.controller.loadData(this.buffer, answer.data, answer.length);
      // Interrupted, or the buffer is taken: its header is unchanged.
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

  /** Sends the loaded frame: 1 byte over SPI. Call it only while not `busy`. */
  send(): Status {
    return this.parts.controller.sendFree(this.buffer);
  }

  /** True until a frame in it is known to have ended. Always false off the bus. */
  get occupied(): bool {
    return this.parts.controller.transmitPending(this.buffer);
  }

  /** True when the buffer holds `answer`. */
  holds(answer: Frame): bool {
    return (
      this.isDataKnown &&
      answer.data === this.data &&
      load<u64>(changetype<usize>(answer)) === this.header
    );
  }

  /** Address of the record of the loaded frame, as a Frame. */
  get frame(): usize {
    return changetype<usize>(this) + offsetof<UrgentBuffer<Parts>>('header');
  }

  /** The chip has lost the buffer's content. */
  forget(): void {
    this.header = HEADER_NONE;
  }
}
