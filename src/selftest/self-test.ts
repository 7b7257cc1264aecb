// SPDX-License-Identifier: MIT
/**
 * SelfTest: the tests in order, one a step. It needs no bus, no second node and no rules.
 *
 * Every test that depends on another is not made when that one has failed, so one cause has one line. The chip ends in
 * configuration mode, the cell in the state "shut down".
 * With the word `measure` in front of the settings it measures the board instead (measure.ts).
 * Does not: word findings (formats/self-test.ts), or come back to the bus.
 */
import { SelfTest, SELF_TESTS } from '../../build/generated/self-test';
import { COMMAND_LINE_BYTES } from '../cell/command-line';
import { sayFault } from '../cell/fault-status';
import { CellState } from '../jailhouse/communication-region';
import { Status } from '../rt/status';
import { Loopback } from './loopback';
import { Measurement } from './measure';
import { testBridge, testLink, testPage, testTimer } from './machine';
import { TestParts } from './parts';
import { testFilters, testReceiveBuffer, testRollover } from './receive';
import { testRegisters, testTransmitBuffer } from './registers';
import { testCrystal, testWay } from './ways';
import { testChip, testClock, testPins, testPull, testSpi } from './wires';

/** The word in front of the settings: "measure", as two numbers. */
const MEASURE_FIRST: u32 = 0x7361656d;
const MEASURE_LAST: u32 = 0x65727573;
const MEASURE_CHARACTERS: u32 = 7;
const CHARACTER_SPACE: u8 = 0x20;

@final
export class SelfTestRun {
  private next: u32 = 0;
  private isMeasuring: bool = false;
  private readonly loopback: Loopback = new Loopback(this.parts);
  private readonly measurement: Measurement = new Measurement(this.parts);

  constructor(private readonly parts: TestParts) {}

  /** Opens the console and reads the settings. A status other than `Ok` was said. */
  start(): Status {
    const parts = this.parts;
    const host = parts.host;
    const settings = parts.settings;
    let status = host.open();
    const console = parts.report.console;
    if (status === Status.Ok) {
      const length = host.copyCommandLine(settings.text, COMMAND_LINE_BYTES);
      this.isMeasuring = takesMeasure(settings.text, length);
      status = settings.parse(length);
      if (status === Status.Ok) return status;
      host.failed();
      console.text('canwarden: ');
      settings.describeFault(console, status);
    } else {
      console.text('canwarden: no communication region of revision 2 (status ');
      console.decimal(status).text(')').endLine();
    }
    console.flush();
    return status;
  }

  /** Makes the next test. `Ok`: call again. `ShutdownRequested`: that was all. */
  step(): Status {
    const parts = this.parts;
    const isEarly = parts.host.shutdownRequested();
    if (this.isMeasuring && !isEarly) this.measurement.run();
    if (this.isMeasuring || this.next === SELF_TESTS || isEarly) {
      if (!this.isMeasuring) parts.report.finish();
      if (isEarly) parts.host.approveShutdown();
      else parts.host.region.setState(CellState.ShutDown);
      return Status.ShutdownRequested;
    }
    this.make(this.next as SelfTest);
    this.next++;
    return Status.Ok;
  }

  /** After a trap: says it, as the cell does. */
  reportFault(kind: u32, syndrome: u32, address: u32, programCounter: u32, isLast: bool): void {
    const console = this.parts.report.console;
    sayFault(console, kind, syndrome, address, programCounter, isLast);
    console.flush();
  }

  private make(test: SelfTest): void {
    const parts = this.parts;
    const loopback = this.loopback;
    if (test === SelfTest.Pins) testPins(parts);
    else if (test === SelfTest.Pull) testPull(parts);
    else if (test === SelfTest.Spi) testSpi(parts);
    // With it `miso` and `int`.
    else if (test === SelfTest.Chip) testChip(parts);
    else if (test === SelfTest.Clock) testClock(parts);
    else if (test === SelfTest.Registers) testRegisters(parts);
    else if (test >= SelfTest.Txb0 && test <= SelfTest.Txb2) {
      testTransmitBuffer(parts, loopback, test - SelfTest.Txb0);
    } else if (test === SelfTest.Rxb0) testReceiveBuffer(parts, loopback, 0);
    else if (test === SelfTest.Rxb1) testReceiveBuffer(parts, loopback, 1);
    else if (test === SelfTest.Rollover) testRollover(parts, loopback);
    else if (test === SelfTest.Filters) testFilters(parts, loopback);
    else if (test === SelfTest.Crystal) testCrystal(parts);
    else if (test >= SelfTest.Single && test <= SelfTest.Read) testWay(parts, loopback, test);
    else if (test === SelfTest.Timer) testTimer(parts);
    else if (test === SelfTest.Link) testLink(parts);
    else if (test === SelfTest.Page) testPage(parts);
    else if (test === SelfTest.Bridge) testBridge(parts);
  }
}

/** True when the text begins with the word; it is replaced by blanks, so that settings are left. */
function takesMeasure(text: usize, length: u32): bool {
  if (length < MEASURE_CHARACTERS || load<u32>(text) !== MEASURE_FIRST) return false;
  if (load<u32>(text, 3) !== MEASURE_LAST) return false;
  memory.fill(text, CHARACTER_SPACE, MEASURE_CHARACTERS);
  return true;
}
