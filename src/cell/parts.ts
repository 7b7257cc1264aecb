// SPDX-License-Identifier: MIT
/**
 * CellParts: the parts of one cell: those that its board gives it, and those made from them.
 *
 * Every class of the application has one type parameter, `Parts`: the parts of its board. It calls
 * their classes directly. A second channel, or another board, is another CellParts.
 * Does not: know a chip or a hypervisor, or start anything. start-up.ts starts the parts in order.
 */
import { Mcp2515 } from '../driver/mcp2515/controller';
import { ContentCheck } from '../driver/mcp2515/content-check';
import { CrystalMeter } from '../driver/mcp2515/crystal-meter';
import { LinkCheck } from '../driver/mcp2515/link-check';
import { Listener } from '../driver/mcp2515/listener';
import { Clock } from '../hal/clock';
import { Host } from '../hal/host';
import { InterruptLine } from '../hal/interrupt-line';
import { PeerLink } from '../hal/peer-link';
import { SharedMemory } from '../hal/shared-memory';
import { SpiBus, SpiTiming } from '../hal/spi-bus';
import { Counters, newCounters } from '../rt/counters';
import { RecordRing } from '../rt/ring';
import { Status } from '../rt/status';
import { TaskRows } from '../rt/task-rows';
import { Responder } from '../responder/responder';
import { RuleTable } from '../responder/rule-table';
import { CanDriver } from '../virtio/can-driver';
import { CanLinkEnd } from '../virtio/can-link-end';
import { RestartableDevice } from '../virtio/restartable-device';
import { Console } from './console';
import { Records } from './page/records';
import { Journal } from './page/journal';
import { AglOrder, CommandLine } from './command-line';
import { WaitingList } from './transmit/waiting-list';
import { FilterPlan } from './urgent/filters';

/** Capacity of the ring of frames on their way to AGL: 256, 12 ms of a full bus at 1 Mbit/s. */
const FORWARD_RING_BITS: u32 = 8;

/** Frames of AGL's that may wait outside its ring when they are sorted. In order of arrival, one may. */
const AGL_WAITING_MAXIMUM: u32 = 16;
/** Transmit buffers that AGL's frames may have at once, at most. */
export const AGL_BUFFERS: u32 = 2;

/** Where the rule table comes from. The status page shows these numbers. */
export enum RulesSource {
  BuiltIn = 0,
  /** The image loaded beside the program. */
  Loaded = 1,
  /** A request from AGL. */
  Requested = 2,
}

/** The type that the parts of every board have. */
export type AnyParts = CellParts<Host, SpiBus, InterruptLine, Clock, SharedMemory, PeerLink>;

@final
export class CellParts<
  Machine extends Host,
  Bus extends SpiBus,
  Line extends InterruptLine,
  Time extends Clock,
  Memory extends SharedMemory,
  Link extends PeerLink,
> {
  readonly settings: CommandLine = new CommandLine();
  readonly responder: Responder = new Responder(new RuleTable());
  /** The rules that the chip's filters are set for. */
  readonly filterPlan: FilterPlan = new FilterPlan();
  /** Frames on their way to AGL. */
  readonly forwardRing: RecordRing = new RecordRing(FORWARD_RING_BITS);
  /** A frame of a timer or a notice waits for a chip that sleeps. */
  wakeWanted: bool = false;
  /** Frames for AGL that watches hold back. */
  framesHeld: u32 = 0;
  /** Frames that were taken out of AGL's ring and wait for a transmit buffer. */
  readonly fromAgl: WaitingList = new WaitingList(AGL_WAITING_MAXIMUM);
  /**
   * True when there is a usable ivshmem device. Otherwise the cell answers, and forwards nothing.
   */
  linkUsable: bool = false;
  /** AGL's session runs, and what tells that it lives keeps coming (SafeState). */
  aglIsThere: bool = false;
  /**
   * True when there is a usable control device. Otherwise there is no status page and no request.
   */
  pageUsable: bool = false;
  /** The chip could not join the bus at the start. BusSupervisor tries again. */
  busAwaited: bool = false;
  /** bitrate=auto, and the bit rate is not known yet. BusSupervisor looks for it. */
  isRateSought: bool = false;
  /** Why the serial clock differs from the setting; `Ok`: it does not. */
  spiDoubt: Status = Status.Ok;
  /** The crystal as osc=auto has measured it, in hertz; 0: it was not measured. */
  crystalHertz: u32 = 0;
  /** Where the rule table in force comes from. */
  rulesSource: RulesSource = RulesSource.BuiltIn;
  /** For each task: what it was declared to do, and what was measured. */
  readonly rows: TaskRows = new TaskRows();
  readonly counters: Counters = newCounters();
  readonly controller: Mcp2515<Bus, Line, Time> = new Mcp2515<Bus, Line, Time>(
    this.spi,
    this.line,
    this.clock,
    this.counters,
  );
  readonly linkCheck: LinkCheck<Bus, Time> = new LinkCheck<Bus, Time>(
    this.spi,
    this.clock,
    this.controller.setup,
  );
  readonly contentCheck: ContentCheck<Bus> = new ContentCheck<Bus>(
    this.spi,
    this.controller.buffers.order,
  );
  readonly listener: Listener<Bus> = new Listener<Bus>(this.spi);
  readonly crystalMeter: CrystalMeter<Bus, Time> = new CrystalMeter<Bus, Time>(
    this.spi,
    this.clock,
    this.controller.setup.modes,
  );
  /**
   * The cell's end of the link to AGL: the driver, or the device after `beBackEnd`. Without a
   * usable link it is never stepped, so it has no peer and no session.
   */
  agl: CanLinkEnd = new CanDriver<Memory, Link, Time>(this.section, this.link, this.clock);
  readonly console: Console<Machine> = new Console<Machine>(this.host);
  /** The status page and its contents. */
  readonly records: Records<Memory, Time> = new Records<Memory, Time>(
    this.clock,
    this.page,
    this.requests,
  );
  /** Everything that is told to people goes here. */
  readonly journal: Journal<Memory, Time, Machine> = new Journal<Memory, Time, Machine>(
    this.records,
    this.console,
    this.rows,
  );

  /**
   * `line`: INT of the chip. `section`: the memory of the link, which both ends write. `page` and
   * `requests`: the one-way sections of the cell and of the other end. Touches no device.
   * Allocates, so call it only at start-up.
   */
  constructor(
    readonly host: Machine,
    readonly clock: Time,
    readonly spi: Bus,
    readonly spiTiming: SpiTiming,
    private readonly line: Line,
    readonly link: Link,
    private readonly section: Memory,
    private readonly page: Memory,
    private readonly requests: Memory,
  ) {}

  /**
   * Makes the cell the back-end, the device. Call it when the link is open, before its first step.
   * Allocates.
   */
  beBackEnd(): void {
    const device = new RestartableDevice<Memory, Link, Time>(this.section, this.link, this.clock);
    const isSorted = this.settings.aglOrder === AglOrder.Identifier;
    device.openMaximum = AGL_BUFFERS + (isSorted ? AGL_WAITING_MAXIMUM : 1);
    device.begin();
    this.agl = device;
  }
}
