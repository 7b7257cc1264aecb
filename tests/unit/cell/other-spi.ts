// SPDX-License-Identifier: MIT
/**
 * A board with another SPI block, for tests/contract/second-channel.test.ts.
 *
 * Does not: need more of the block than src/hal/spi-bus.ts says.
 */
import { Cell } from '../../../src/cell/cell';
import { CellParts } from '../../../src/cell/parts';
import { SpiBus, SpiTiming } from '../../../src/hal/spi-bus';
import { CONTROL_SECTION_BYTES } from '../../../src/page/layout';
import { Counter } from '../../../src/rt/counters';
import { Status } from '../../../src/rt/status';
import { FakeChip, FakeClock, FakeLine } from '../support/fake-mcp2515';
import { DRIVER, FakeLink, FakeSection, SECTION_BYTES, Wire } from '../virtio/pair';
import { FakeHost, FakeIdle } from './fake-board';

/** A block that divides an odd clock, and takes eight clocks of it for a byte. */
@final
class ByteBus extends SpiBus {
  /** Number of bytes clocked. */
  bytes: u32 = 0;

  constructor(
    private readonly chip: FakeChip,
    private readonly clock: FakeClock,
  ) {
    super();
  }

  override configure(sourceHertz: u32, wantedHertz: u32): Status {
    this.clockHertz = sourceHertz / ((sourceHertz + wantedHertz - 1) / wantedHertz);
    return Status.Ok;
  }

  override transfer(buffer: usize, length: u32): Status {
    const status = this.begin(buffer, length);
    return status === Status.Ok ? this.end(buffer, 0) : status;
  }

  override send(buffer: usize, length: u32): Status {
    return this.transfer(buffer, length);
  }

  override begin(buffer: usize, length: u32): Status {
    this.pass(length);
    return this.chip.begin(buffer, length);
  }

  override end(buffer: usize, length: u32): Status {
    this.pass(length);
    return this.chip.end(buffer, length);
  }

  override settle(): void {}

  /** Clocks `length` bytes. A tick of the clock is a microsecond. */
  private pass(length: u32): void {
    this.bytes += length;
    this.clock.now += (length * 8 * 1_000_000) / this.clockHertz;
  }
}

type OtherParts = CellParts<FakeHost, ByteBus, FakeLine, FakeClock, FakeSection, FakeLink>;

const host = new FakeHost();
const chip = new FakeChip();
const clock = new FakeClock();
const bus = new ByteBus(chip, clock);
chip.clock = clock;
const parts: OtherParts = new CellParts<
  FakeHost,
  ByteBus,
  FakeLine,
  FakeClock,
  FakeSection,
  FakeLink
>(
  host,
  clock,
  bus,
  new SpiTiming(33_000_000, 8, 250),
  new FakeLine(chip),
  new FakeLink(new Wire(), DRIVER),
  new FakeSection(SECTION_BYTES),
  new FakeSection(CONTROL_SECTION_BYTES),
  new FakeSection(CONTROL_SECTION_BYTES),
);
const cell = new Cell<OtherParts, FakeIdle>(parts, new FakeIdle());

/** Starts the cell at 2 MHz at most. Returns a Status. */
export function start(): u32 {
  host.commandLine = 'spi=2000000';
  return cell.start(0);
}

export function step(): void {
  cell.step();
}

/** A frame without data arrives in RXB0. */
export function receive(identifier: u32): void {
  chip.set(0x61, identifier >> 3);
  chip.set(0x62, (identifier & 7) << 5);
  chip.set(0x65, 0);
  chip.set(0x2c, chip.get(0x2c) | 1);
}

export function received(): u32 {
  return parts.counters.of(Counter.Received);
}

export function clockHertz(): u32 {
  return bus.clockHertz;
}

/** Why the serial clock differs from the setting, a Status. */
export function clockDoubt(): u32 {
  return parts.spiDoubt;
}

export function bytes(): u32 {
  return bus.bytes;
}
