// SPDX-License-Identifier: MIT
/**
 * A whole cell on fakes: chip, line, clock, shared memory, hypervisor, and AGL's end of the link.
 *
 * Each look at the clock passes 10 microseconds. A spec fills the chip's buffers, steps the cell,
 * and looks at the traffic on SPI and to AGL.
 * Does not: move frames by itself.
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
import { crc32 } from '../support/crc32';
import { RuleImage } from '../support/rule-image';
import { RuleImage2 } from '../support/rule-image-2';
import { RuleRecords } from '../support/rule-records';
import { FakeChip, FakeClock, FakeLine } from '../support/fake-mcp2515';
import { show } from '../support/frames';
import { DEVICE, DRIVER, FakeLink, FakeSection, SECTION_BYTES, Wire } from '../virtio/pair';

/** The most that a request carries. */
const PAYLOAD_BYTES: u32 = 0x10000;

/** A hypervisor that grants what a spec sets, and keeps the text of its console. */
export class FakeHost extends Host {
  commandLine: string = '';
  /** Address of the rules image in the module's own memory; 0: no image was loaded. */
  rules: usize = 0;
  /** Results of `open`, `openLink` and `openStatusPage`. */
  regionStatus: Status = Status.Ok;
  linkStatus: Status = Status.Ok;
  pageStatus: Status = Status.Ok;
  /** A shutdown request waits. */
  wantsShutdown: bool = false;
  /** How often the cell denied and approved a shutdown, and reported "failed". */
  denials: u32 = 0;
  approvals: u32 = 0;
  failures: u32 = 0;
  systemError: bool = false;
  /** The console takes no character. */
  isBusy: bool = false;
  /** How often it was looked at whether it takes one. */
  restLooks: u32 = 0;
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
    this.restLooks++;
    return !this.isBusy;
  }

  override put(character: u32): void {
    this.console += String.fromCharCode(character);
  }
}

/** A core that sleeps if a spec sets `sleeps`. */
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
    // The chip takes no time. With this many clocks a byte, the start does not doubt the serial
    // clock.
    new SpiTiming(500_000_000, 6, 400),
    this.line,
    new FakeLink(this.wire, DRIVER),
    this.section,
    this.page,
    this.requests,
  );
  readonly cell: Cell<FakeParts, FakeIdle> = new Cell<FakeParts, FakeIdle>(this.parts, this.idle);
  /** AGL's end of the link, in the bridge's role. */
  readonly agl: CanDevice<FakeSection, FakeLink, FakeClock> = new CanDevice<
    FakeSection,
    FakeLink,
    FakeClock
  >(this.section, new FakeLink(this.wire, DEVICE), this.clock);
  /** AGL's end when the cell is the device: Linux's own driver. */
  readonly linux: CanDriver<FakeSection, FakeLink, FakeClock> = new CanDriver<
    FakeSection,
    FakeLink,
    FakeClock
  >(this.section, new FakeLink(this.wire, DEVICE), this.clock);
  /** False: AGL's end stands still. */
  aglRuns: bool = true;
  private readonly frame: Frame = changetype<Frame>(allocateFrames(1));

  constructor(commandLine: string = '') {
    // The crystal of the fake chip. A later word of the spec's wins.
    this.host.commandLine = `osc=12000000 ${commandLine}`;
  }

  /** Adds a rules image, which a spec fills before the start. */
  loadRules(): RuleImage {
    const image = new RuleImage(heap.alloc(8192));
    this.host.rules = image.address;
    return image;
  }

  /** Starts the cell. After a good start, forgets its traffic on SPI. */
  start(): Status {
    return this.cell.start(0);
  }

  /** Ends `image`, whose records and index a spec has filled, and starts the cell with it. The cell must take it. */
  startWith(image: RuleImage2): void {
    image.finish();
    this.host.rules = image.address;
    const status = this.start();
    const isRefused = this.host.console.includes('refused');
    if (status !== Status.Ok || isRefused) throw new Error(this.host.console);
  }

  /** The same, and connects AGL as `connected` does. */
  connectedWith(image: RuleImage2): FakeBoard {
    this.startWith(image);
    return this.join();
  }

  /** Starts the cell and connects AGL. Forgets the traffic and the text up to then. */
  connected(): FakeBoard {
    const status = this.start();
    if (status !== Status.Ok) throw new Error(this.host.console);
    return this.join();
  }

  private join(): FakeBoard {
    this.connect();
    this.chip.take();
    this.said();
    return this;
  }

  /** Runs `count` steps of the cell, and as many of AGL's end. */
  step(count: u32 = 1): void {
    for (; count !== 0; count--) {
      this.cell.step();
      if (!this.aglRuns) continue;
      if (this.host.isBackEnd) this.linux.step();
      else this.agl.step();
    }
  }

  /** Runs steps for at least `micros`. */
  pass(micros: u32): void {
    const end = this.clock.now + micros;
    while (this.clock.now < end) this.step();
  }

  /** The same, and every frame in the chip ends at once. */
  passAndSend(micros: u32): void {
    const end = this.clock.now + micros;
    while (this.clock.now < end) {
      this.step();
      for (let buffer = 0; buffer < 3; buffer++) this.chip.finish(buffer);
    }
  }

  /**
   * Runs steps for at least `micros`. While nothing is due the clock jumps, so long waits are fast.
   */
  wait(micros: u32): void {
    this.clock.skips = true;
    this.pass(micros);
    this.clock.skips = false;
  }

  /** Runs steps until frames can flow to and from AGL. */
  connect(): void {
    for (let count = 0; count < 100_000; count++) {
      const isThere = this.host.isBackEnd ? this.linux.running : this.agl.delivering;
      if (this.parts.agl.running && isThere) return;
      this.step();
    }
    throw new Error('no session');
  }

  /** The value of `counter`. */
  counted(counter: Counter): u32 {
    return this.parts.counters.of(counter);
  }

  /** The text on the console since the last call. */
  said(): string {
    this.parts.console.flush();
    const text = this.host.console;
    this.host.console = '';
    return text;
  }

  /** AGL writes a request (docs/status-page.md), its sequence number last. The checksum is right. */
  request(kind: u32, argument: u32, payload: usize, bytes: u32): void {
    const base = this.requests.base;
    store<u32>(base, 0x51525743); // "CWRQ"
    store<u32>(base, 1, 4);
    store<u32>(base, kind, 0x0c);
    store<u32>(base, bytes, 0x10);
    if (bytes <= PAYLOAD_BYTES) {
      memory.copy(base + 0x40, payload, bytes);
      store<u32>(base, crc32(payload, bytes), 0x14);
    }
    store<u32>(base, argument, 0x18);
    store<u32>(base, load<u32>(base, 0x08) + 1, 0x08);
  }

  /** AGL asks for the table of the finished `image`. */
  requestRules(image: RuleRecords): void {
    this.request(1, 0, image.address, load<u32>(image.address, 8));
  }

  /** The next frame from the cell to AGL, as text; empty: there is none. */
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
