// SPDX-License-Identifier: MIT
/** The driver on a fake chip, line and clock, as its specs make it. */
import { Mcp2515 } from '../../../src/driver/mcp2515/controller';
import { newCounters } from '../../../src/rt/counters';
import { FakeChip, FakeClock, FakeLine } from './fake-mcp2515';

export type FakeController = Mcp2515<FakeChip, FakeLine, FakeClock>;

/** Those of every controller that a spec makes. */
export const counters = newCounters();

/** `line`: INT of another chip, for a line that is deaf. */
export function controllerOn(
  chip: FakeChip,
  clock: FakeClock = new FakeClock(),
  line: FakeLine = new FakeLine(chip),
): FakeController {
  return new Mcp2515<FakeChip, FakeLine, FakeClock>(chip, line, clock, counters);
}
