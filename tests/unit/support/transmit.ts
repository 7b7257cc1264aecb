// SPDX-License-Identifier: MIT
/** Loads and requests a frame in one go, as specs of the driver want it. */
import { Frame } from '../../../src/can/frame';
import { Mcp2515 } from '../../../src/driver/mcp2515/controller';
import { Status } from '../../../src/rt/status';
import { FakeChip, FakeClock, FakeLine } from './fake-mcp2515';

/** LOAD TX BUFFER and RTS. Buffer 0 has frames of AGL's, the others answers. */
export function transmit(
  can: Mcp2515<FakeChip, FakeLine, FakeClock>,
  buffer: u32,
  frame: Frame,
): Status {
  const status = can.preload(buffer, frame);
  return status === Status.Ok ? can.send(buffer, buffer === 0) : status;
}
