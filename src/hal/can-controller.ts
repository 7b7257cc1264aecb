/**
 * CanController: interface of a CAN controller, independent of the chip. Implemented by src/driver.
 *
 * Does not: decide anything about frames. Every method after `start` makes a small, stated number of bus
 * transactions and returns without waiting.
 */
import { FaultState } from '../can/fault-state';
import { Frame } from '../can/frame';
import { Status } from '../rt/status';

export abstract class CanController {
  /** Resets the controller, sets it up for `bitrate` bit/s and leaves it off the bus. May wait. */
  abstract configure(oscillatorHertz: u32, bitrate: u32): Status;

  /** Joins the bus. May wait, bounded. */
  abstract start(): Status;

  /** Leaves the bus after the frame on its way. May wait, bounded. */
  abstract stop(): Status;

  /** Takes the oldest received frame into `frame`. `Empty`: there is none. */
  abstract receive(frame: Frame): Status;

  /** Loads `frame` into transmit buffer `buffer` and requests sending; `Busy` while it is taken. */
  abstract transmit(buffer: u32, frame: Frame): Status;

  /** True until the frame of transmit buffer `buffer` is known to have been sent. */
  abstract transmitBusy(buffer: u32): bool;

  /** The fault confinement state last read. */
  abstract faultState(): FaultState;
}
