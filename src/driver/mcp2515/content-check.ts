// SPDX-License-Identifier: MIT
/**
 * ContentCheck: whether a transmit buffer has the frame and the TXP that were written to it.
 *
 * One wrong bit on SPI can put a frame into another buffer, where its content stays and is sent for the answer that is
 * loaded once and requested many times. A buffer may be read at any time, also while its frame is on its way.
 * Does not: write. What to do about a difference is the caller's decision.
 */
import { Frame } from '../../can/frame';
import { SpiBus } from '../../hal/spi-bus';
import { Status } from '../../rt/status';
import { encodeFrame } from './frame-codec';
import {
  BUFFER_REGISTERS,
  HEADER_BYTES,
  readRegisters,
  REGISTERS_MAXIMUM,
  registersRead,
} from './instructions';
import { TXB0CTRL, TXB0D0, TXB_SHIFT, TXBCTRL_TXP_MASK } from './registers';
import { TransmitOrder } from './transmit-order';

/** TXBnCTRL comes before SIDH. */
const CONTROL_BITS: u64 = 8;
const CONTROL_MASK: u64 = 0xff;

@final
export class ContentCheck<Bus extends SpiBus> {
  /** What is read next, what that has to be, and which bits count. */
  private address: u32 = 0;
  private count: u32 = 0;
  private expected: u64 = 0;
  private mask: u64 = 0;

  constructor(
    private readonly bus: Bus,
    private readonly order: TransmitOrder,
  ) {}

  /** TXP, identifier and length of `buffer` are compared with those of `frame` next, by READ of 8 bytes. */
  expectHeader(buffer: u32, frame: Frame): void {
    encodeFrame(frame, BUFFER_REGISTERS);
    this.address = TXB0CTRL + (buffer << TXB_SHIFT);
    this.count = 1 + HEADER_BYTES;
    this.expected = (load<u64>(BUFFER_REGISTERS) << CONTROL_BITS) | this.order.priority(buffer);
    this.mask = (firstBytes(this.count) & ~CONTROL_MASK) | TXBCTRL_TXP_MASK;
  }

  /** The same for the data bytes, by READ of 2 + n bytes. False: `frame` has none. */
  expectData(buffer: u32, frame: Frame): bool {
    this.address = TXB0D0 + (buffer << TXB_SHIFT);
    this.count = encodeFrame(frame, BUFFER_REGISTERS) - HEADER_BYTES;
    this.expected = frame.data;
    this.mask = firstBytes(this.count);
    return this.count !== 0;
  }

  /**
   * Makes the READ. `RegisterVerifyMismatch`: it is something else. Few instructions follow the last byte, as INT may
   * have fallen while that was on the wire.
   */
  compare(): Status {
    const status = readRegisters(this.bus, this.address, this.count);
    if (status !== Status.Ok) return status;
    const isEqual = ((registersRead() ^ this.expected) & this.mask) === 0;
    return isEqual ? status : Status.RegisterVerifyMismatch;
  }
}

function firstBytes(count: u32): u64 {
  return count === REGISTERS_MAXIMUM ? u64.MAX_VALUE : ((1 as u64) << ((count as u64) << 3)) - 1;
}
