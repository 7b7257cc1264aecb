// SPDX-License-Identifier: MIT
/**
 * A whole cell on fakes: chip, line, clock, shared memory and hypervisor, and AGL's end of the link.
 *
 * Does not: pass time but for 10 microseconds at each look at the clock, or move frames by itself: a spec
 * fills the chip's buffers, steps the cell, and looks at what went over SPI and to AGL.
 */
import { allocateFrames, Frame } from '../../../src/can/frame';
import { Cell } from '../../../src/cell/cell';
import { CellParts } from '../../../src/cell/parts';
import { Host } from '../../../src/hal/host';
import { Idle } from '../../../src/hal/idle';
import { SpiTiming } from '../../../src/hal/spi-bus';
import { CONTROL_SECTION_BYTES } from '../../../src/page/layout';
import { Counter } from '../../../src/rt/counters';
import { Status } from '../../../src/rt/status';
import { CanDevice } from '../../../src/virtio/can-device';
import { CanDriver } from '../../../src/virtio/can-driver';
import { RuleImage } from '../support/rule-image';
import { FakeChip, FakeClock, FakeLine } from '../support/fake-mcp2515';
import { show } from '../support/frames';
import { DEVICE, DRIVER, FakeLink, FakeSection, SECTION_BYTES, Wire } from '../virtio/pair';

/** A hypervisor that has given what a spec says, and keeps what is written on its console. */
export class FakeHost extends Host {
  commandLine: string = '';
  /** Address of the rules image in the module's own memory; 0: none was loaded. */
  rules: usize = 0;
  /** What `open...` gives. */
  regionStatus: Status = Status.Ok;
  linkStatus: Status = Status.Ok;
  pageStatus: Status = Status.Ok;
  /** The cell is asked to end. */
  wantsShutdown: bool = false;
  /** What the cell has said to that, and about itself. */
  denials: u32 = 0;
  approvals: u32 = 0;
  failures: u32 = 0;
  systemError: bool = false;
  /** The console takes no character. */
  isBusy: bool = false;
  carriageReturn: bool = false;
  console: string = '';

  override open(): Status {
    return this.regionStatus;
  }

  override copyCommandLine(destination: usize, bytes: u32): u32 {
    const length = this.commandLine.length as u32;
    if (length >= bytes) return bytes;
    for (let index: u32 = 0; index < length; index++) {
      store<u8>(destination + index, this.commandLine.charCodeAt(index));
    }
    return length;
  }

  override copyRules(destination: usize, bytes: u32): void {
    if (this.rules === 0) memory.fill(destination, 0, bytes);
    else memory.copy(destination, this.rules, bytes);
  }

  override openLink(): Status {
    return this.linkStatus;
  }

  override openStatusPage(): Status {
    return this.pageStatus;
  }

  override shutdownRequested(): bool {
    return this.wantsShutdown;
  }

  override denyShutdown(): void {
    this.wantsShutdown = false;
    this.denials++;
  }

  override approveShutdown(): void {
    this.approvals++;
  }

  override failed(): void {
    this.failures++;
  }

  override systemErrorPending(): bool {
    return this.systemError;
  }

  override wantsCarriageReturn(): bool {
    return this.carriageReturn;
  }

  override isAtRest(): bool {
    return !this.isBusy;
  }

  override put(character: u32): void {
    this.console += String.fromCharCode(character);
  }
}

/** A core that sleeps if a spec says so. */
export class FakeIdle extends Idle {
  sleepsSeen: u32 = 0;

  override start(): void {}

  override sleep(): void {
    this.sleepsSeen++;
  }

  override close(): void {
    this.sleeps = false;
  }
}

export type FakeParts = CellParts<FakeHost, FakeChip, FakeLine, FakeClock, FakeSection, FakeLink>;

export class FakeBoard {
  readonly host: FakeHost = new FakeHost();
  readonly chip: FakeChip = new FakeChip();
  readonly line: FakeLine = new FakeLine(this.chip);
  readonly clock: FakeClock = this.chip.clock;
  readonly wire: Wire = new Wire();
  readonly section: FakeSection = new FakeSection(SECTION_BYTES);
  readonly page: FakeSection = new FakeSection(CONTROL_SECTION_BYTES);
  readonly requests: FakeSection = new FakeSection(CONTROL_SECTION_BYTES);
  readonly idle: FakeIdle = new FakeIdle();
  readonly parts: FakeParts = new CellParts<
    FakeHost,
    FakeChip,
    FakeLine,
    FakeClock,
    FakeSection,
    FakeLink
  >(
    this.host,
    this.clock,
    this.chip,
    // The chip takes no time: so many clocks a byte that the start does not doubt the serial clock.
    new SpiTiming(500_000_000, 6, 400),
    this.line,
    new FakeLink(this.wire, DRIVER),
    this.section,
    this.page,
    this.requests,
  );
  readonly cell: Cell<FakeParts, FakeIdle> = new Cell<FakeParts, FakeIdle>(this.parts, this.idle);
  /** AGL's end of the link, as the bridge plays it. */
  readonly agl: CanDevice<FakeSection, FakeLink, FakeClock> = new CanDevice<
    FakeSection,
    FakeLink,
    FakeClock
  >(this.section, new FakeLink(this.wire, DEVICE), this.clock);
  /** AGL's end where the cell is the device: Linux's own driver. */
  readonly linux: CanDriver<FakeSection, FakeLink, FakeClock> = new CanDriver<
    FakeSection,
    FakeLink,
    FakeClock
  >(this.section, new FakeLink(this.wire, DEVICE), this.clock);
  /** AGL's end does something. */
  aglRuns: bool = true;
  private readonly frame: Frame = changetype<Frame>(allocateFrames(1));

  constructor(commandLine: string = '') {
    this.host.commandLine = commandLine;
  }

  /** The rules that are loaded: for a spec to fill before the start. */
  loadRules(): RuleImage {
    const image = new RuleImage(heap.alloc(8192));
    this.host.rules = image.address;
    return image;
  }

  /** Starts the cell; what the start did over SPI is forgotten if it went well. */
  start(): Status {
    return this.cell.start(0);
  }

  /** Starts the cell and connects AGL; nothing of that is left in what was sent and said. */
  connected(): FakeBoard {
    const status = this.start();
    if (status !== Status.Ok) throw new Error(this.host.console);
    this.connect();
    this.chip.take();
    this.said();
    return this;
  }

  /** `count` steps of the cell, and as many of AGL's end. */
  step(count: u32 = 1): void {
    for (; count !== 0; count--) {
      this.cell.step();
      if (!this.aglRuns) continue;
      if (this.host.isBackEnd) this.linux.step();
      else this.agl.step();
    }
  }

  /** Steps for at least so long. */
  pass(micros: u32): void {
    const end = this.clock.now + micros;
    while (this.clock.now < end) this.step();
  }

  /** Steps for at least so long; while nothing is due the clock goes on by itself: for long waits. */
  wait(micros: u32): void {
    this.clock.skips = true;
    this.pass(micros);
    this.clock.skips = false;
  }

  /** Steps until frames can flow to and from AGL. */
  connect(): void {
    for (let count = 0; count < 100_000; count++) {
      const isThere = this.host.isBackEnd ? this.linux.running : this.agl.delivering;
      if (this.parts.agl.running && isThere) return;
      this.step();
    }
    throw new Error('no session');
  }

  /** How often `counter` has counted. */
  counted(counter: Counter): u32 {
    return this.parts.counters.of(counter);
  }

  /** What has gone to the console since the last time. */
  said(): string {
    this.parts.console.flush();
    const text = this.host.console;
    this.host.console = '';
    return text;
  }

  /** The next frame that the cell has given to AGL, as text; empty: none. */
  takeFromCell(): string {
    if (this.host.isBackEnd) {
      return this.linux.receive(this.frame) === Status.Ok ? show(this.frame) : '';
    }
    if (this.agl.receive(this.frame) !== Status.Ok) return '';
    const text = show(this.frame);
    this.agl.finishReceived(true);
    return text;
  }

  /** AGL sends a frame. */
  sendToCell(frame: Frame): Status {
    return this.host.isBackEnd ? this.linux.submit(frame) : this.agl.submit(frame);
  }
}
