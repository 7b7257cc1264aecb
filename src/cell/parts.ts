// SPDX-License-Identifier: MIT
/**
 * CellParts: the parts of one cell: what its board gives it, and what is made of that.
 *
 * Every class of the application has one type parameter, `Parts`: the parts of its board, whose classes it
 * calls directly. A second channel, or another board, is another CellParts.
 * Does not: know a chip or a hypervisor, or start anything; start-up.ts does, in order.
 */
import { Mcp2515 } from '../driver/mcp2515/controller';
import { LinkCheck } from '../driver/mcp2515/link-check';
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
import { CommandLine } from './command-line';
import { FilterPlan } from './urgent/filters';

/** Frames that may wait for the ring to AGL: 256, 12 ms of a full bus at 1 Mbit/s. */
const FORWARD_RING_BITS: u32 = 8;

/** Where a rule table comes from; the numbers stand in the status page. */
export enum RulesSource {
  BuiltIn = 0,
  /** The image loaded beside the program. */
  Loaded = 1,
  /** A request of AGL's. */
  Requested = 2,
}

/** What every board's parts are. */
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
  /** What the chip's filters are set to. */
  readonly filterPlan: FilterPlan = new FilterPlan();
  /** Frames on their way to AGL. */
  readonly forwardRing: RecordRing = new RecordRing(FORWARD_RING_BITS);
  /** False when there is no usable ivshmem device: the cell answers, and forwards nothing. */
  linkUsable: bool = false;
  /** A frame of AGL's is out of its ring and waits for the controller. */
  frameHeld: bool = false;
  /** False when there is no usable control device: no status page, no requests. */
  pageUsable: bool = false;
  /** The bus could not be joined at the start: BusSupervisor tries again. */
  busAwaited: bool = false;
  /** Why the serial clock is not what was asked for; `Ok`: it is. */
  spiDoubt: Status = Status.Ok;
  /** Where the rule table in force comes from. */
  rulesSource: RulesSource = RulesSource.BuiltIn;
  /** What each task was declared to do, and was seen to do. */
  readonly rows: TaskRows = new TaskRows();
  /** What has happened how often. */
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
  /**
   * The cell's end of the link to AGL: the driver, until `beBackEnd`. Without a usable link it is never stepped,
   * so there is no peer and no session.
   */
  agl: CanLinkEnd = new CanDriver<Memory, Link, Time>(this.section, this.link, this.clock);
  readonly console: Console<Machine> = new Console<Machine>(this.host);
  /** The status page and what is in it. */
  readonly records: Records<Memory, Time> = new Records<Memory, Time>(
    this.clock,
    this.page,
    this.requests,
  );
  /** Where everything goes that is told to people. */
  readonly journal: Journal<Memory, Time, Machine> = new Journal<Memory, Time, Machine>(
    this.records,
    this.console,
    this.rows,
  );

  /**
   * `line`: INT of the chip. `section`: what both ends of the link write. `page`, `requests`: the cell's
   * and the other end's one-way section. Touches no device; allocates, so only at start-up.
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

  /** Makes the cell the back-end, the device. Once the link is open, before its first step; allocates. */
  beBackEnd(): void {
    const device = new RestartableDevice<Memory, Link, Time>(this.section, this.link, this.clock);
    device.begin();
    this.agl = device;
  }
}
