// SPDX-License-Identifier: MIT
/**
 * The parts of the self test: the devices, the settings, and what the tests have found out so far.
 *
 * Does not: test. Each group of tests is a file beside this one.
 */
import { SelfTest, SELF_TESTS } from '../../build/generated/self-test';
import { CommandLine } from '../cell/command-line';
import { GenericTimer } from '../chip/arm/generic-timer';
import { GpioInputLine } from '../chip/bcm2711/gpio';
import { PinState } from '../chip/bcm2711/pin-state';
import { Spi0 } from '../chip/bcm2711/spi0';
import { BitRate } from '../driver/mcp2515/bit-rate';
import { Modes } from '../driver/mcp2515/modes';
import { microsToTicks } from '../rt/deadline';
import { JailhouseHost } from '../jailhouse/host';
import { SharedSection } from '../jailhouse/shared-section';
import { Report } from './report';

/** Pause between two looks in a wait that may be long. */
const LOOK_MICROS: u32 = 20;

// What a test came to.
const NOT_MADE: u8 = 0;
const GOOD: u8 = 1;
const FAULT: u8 = 2;
const UNTESTED: u8 = 3;

@final
export class TestParts {
  readonly settings: CommandLine = new CommandLine();
  readonly report: Report;
  readonly modes: Modes<Spi0, GenericTimer>;
  readonly rate: BitRate = new BitRate();
  /** The measured crystal, as the nearest that is sold; 0: it is not known. */
  crystalHertz: u32 = 0;
  /** A transfer ends. */
  spiEnds: bool = false;
  /** The SPI clock that the tests behind `clock` run at. */
  spiHertz: u32 = 0;
  /** A transmit buffer that works, or -1. */
  goodBuffer: i32 = -1;
  private readonly outcomes: usize = heap.alloc(SELF_TESTS);

  constructor(
    readonly host: JailhouseHost,
    readonly clock: GenericTimer,
    readonly spi: Spi0,
    readonly line: GpioInputLine,
    readonly pins: PinState,
    readonly section: SharedSection,
    readonly page: SharedSection,
    /** The clock that SPI0 is to be fed with, and the pin of INT. */
    readonly coreHertz: u32,
    readonly interruptPin: u32,
    /** The interrupt of the GPIO block, in the GIC. */
    readonly lineInterrupt: u32,
    /** Guest addresses of the GPIO block and of SPI0. */
    readonly pinAddress: u32,
    readonly spiAddress: u32,
  ) {
    this.report = new Report(host);
    this.modes = new Modes<Spi0, GenericTimer>(spi, clock);
    memory.fill(this.outcomes, NOT_MADE, SELF_TESTS);
  }

  /** Says that `test` found nothing wrong. Values may follow on the report; then `end`. */
  good(test: SelfTest): Report {
    store<u8>(this.outcomes + test, GOOD);
    return this.report.result(test, 'ok', 1);
  }

  /** Says that `test` has found its fault `number`. */
  fault(test: SelfTest, number: u32): Report {
    store<u8>(this.outcomes + test, FAULT);
    this.report.faults++;
    return this.report.result(test, 'fault', number);
  }

  /** Says that `test` was not made, for its own reason `number`. */
  skip(test: SelfTest, number: u32): Report {
    store<u8>(this.outcomes + test, UNTESTED);
    this.report.untested++;
    return this.report.result(test, 'untested', number);
  }

  /** True when `first` was good. Otherwise says that `test` is not made because of it. */
  needs(test: SelfTest, first: SelfTest): bool {
    if (load<u8>(this.outcomes + first) === GOOD) return true;
    this.skip(test, 0).name(first).end();
    return false;
  }

  isGood(test: SelfTest): bool {
    return load<u8>(this.outcomes + test) === GOOD;
  }

  /** Waits. The twin skips the time. */
  pause(micros: u32): void {
    const clock = this.clock;
    const endTicks = clock.nowTicks() + microsToTicks(micros, clock.ticksPerSecond());
    while (clock.nowTicks() < endTicks) clock.idleUntil(endTicks);
  }

  /** The tick `micros` from now. */
  after(micros: u32): u64 {
    return this.clock.nowTicks() + microsToTicks(micros, this.clock.ticksPerSecond());
  }

  /** Pauses between two looks. False: `endTicks` has passed. */
  waits(endTicks: u64): bool {
    if (this.clock.nowTicks() >= endTicks) return false;
    this.pause(LOOK_MICROS);
    return true;
  }

  microsSince(ticks: u64): u64 {
    return ((this.clock.nowTicks() - ticks) * 1_000_000) / this.clock.ticksPerSecond();
  }
}
