/**
 * UrgentBuffer: one transmit buffer of the chip, and what is in it.
 *
 * Used by: urgent-answers.ts. A sent buffer keeps its content, so only what differs from the last
 * answer goes over SPI: nothing, the data, or all of it.
 * Does not: wait or queue.
 */
import { Frame } from '../can/frame';
import { Status } from '../rt/status';
import { Controller } from './cell-parts';

/** No frame has this as the first half of its record: its length is out of range. */
const HEADER_NONE: u64 = u64.MAX_VALUE;

@final
export class UrgentBuffer {
  /** The loaded frame's record in two halves, one behind the other: identifier and length; data. */
  private header: u64 = HEADER_NONE;
  private data: u64 = 0;

  constructor(
    private readonly controller: Controller,
    private readonly buffer: u32,
  ) {}

  /** True while the buffer has a frame on its way, as of the last READ STATUS. */
  get busy(): bool {
    return this.controller.transmitBusy(this.buffer);
  }

  /** Brings `answer` into the buffer: 0, 1 + DLC or 6 + DLC bytes over SPI. Only while not busy. */
  load(answer: Frame): Status {
    const header = load<u64>(changetype<usize>(answer));
    let status: Status = Status.Ok;
    if (header !== this.header) {
      this.header = HEADER_NONE;
      status = this.controller.preload(this.buffer, answer);
    } else if (answer.data !== this.data) {
      this.header = HEADER_NONE;
      status = this.controller.loadData(this.buffer, answer.data, answer.length);
    }
    if (status === Status.Ok) {
      this.header = header;
      this.data = answer.data;
    }
    return status;
  }

  /** Sends what is loaded: 1 byte over SPI. Only while not busy. */
  send(): Status {
    return this.controller.send(this.buffer);
  }

  /** True while a frame of it is not known to have ended. Off the bus there is none. */
  get occupied(): bool {
    return this.controller.transmitPending(this.buffer);
  }

  /** True when `answer` is what is loaded. */
  holds(answer: Frame): bool {
    return load<u64>(changetype<usize>(answer)) === this.header && answer.data === this.data;
  }

  /** Address of the record of the frame that is loaded, as a Frame. */
  get frame(): usize {
    return changetype<usize>(this) + offsetof<UrgentBuffer>('header');
  }

  /** The chip has lost its content. */
  forget(): void {
    this.header = HEADER_NONE;
  }
}
