/**
 * The parts of the cell on this board, each made once at start-up.
 *
 * This is where chips, drivers, ring and rules meet.
 * Does not: start anything; cell.ts does, in order.
 */
import { GenericTimer } from '../chip/arm/generic-timer';
import { GpioInputLine } from '../chip/bcm2711/gpio';
import { Spi0 } from '../chip/bcm2711/spi0';
import { Mcp2515 } from '../driver/mcp2515/controller';
import { LinkCheck } from '../driver/mcp2515/link-check';
import { CommandLine } from '../jailhouse/command-line';
import { CommunicationRegion } from '../jailhouse/communication-region';
import { Console } from '../jailhouse/console';
import { IvshmemLink } from '../jailhouse/ivshmem-link';
import { SharedSection } from '../jailhouse/shared-section';
import { RecordRing } from '../rt/ring';
import { Status } from '../rt/status';
import { Responder } from '../responder/responder';
import { RuleTable } from '../responder/rule-table';
import { AglLink } from './agl-link';
import { Control } from './page/control';
import { FilterPlan } from './urgent/filters';
import { Journal } from './page/journal';
import * as RPI4 from '../board/rpi4';

/** Frames that may wait for the ring to AGL: 256, 12 ms of a full bus at 1 Mbit/s. */
const FORWARD_RING_BITS: u32 = 8;

/** The CAN controller on this board's bus, line and clock. */
export type Controller = Mcp2515<Spi0, GpioInputLine, GenericTimer>;

/** Where a rule table comes from; the numbers stand in the status page. */
export enum RulesSource {
  BuiltIn = 0,
  /** The image loaded beside the program. */
  Loaded = 1,
  /** A request of AGL's. */
  Requested = 2,
}

@final
export class CellParts {
  readonly region: CommunicationRegion = new CommunicationRegion(RPI4.COMM_REGION_ADDRESS);
  readonly console: Console;
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
  controlUsable: bool = false;
  /** The bus could not be joined at the start: FaultLookTask tries again. */
  busAwaited: bool = false;
  /** Why the serial clock is not what was asked for; `Ok`: it is. */
  spiDoubt: Status = Status.Ok;
  readonly linkCheck: LinkCheck<Spi0, GenericTimer>;
  /** Number in the GIC of the link's interrupt. */
  linkInterrupt: u32 = 0;
  /** Where the rule table in force comes from. */
  rulesSource: RulesSource = RulesSource.BuiltIn;
  /** The status page and what is in it. */
  readonly control: Control;
  /** Where everything goes that is told to people. */
  readonly journal: Journal;

  constructor(
    readonly clock: GenericTimer,
    readonly spi: Spi0,
    readonly controller: Controller,
    readonly ivshmem: IvshmemLink,
    readonly agl: AglLink,
  ) {
    const control = new Control(clock);
    const console = new Console();
    this.control = control;
    this.console = console;
    this.journal = new Journal(control, console);
    this.linkCheck = new LinkCheck<Spi0, GenericTimer>(spi, clock, controller.setup);
  }
}

/** Makes the parts and joins them; touches no device but the counter. Only at start-up. */
export function createParts(): CellParts {
  const clock = new GenericTimer();
  const line = new GpioInputLine(RPI4.GPIO_ADDRESS, RPI4.INTERRUPT_PIN);
  const spi = new Spi0(RPI4.SPI0_ADDRESS, line);
  const controller = new Mcp2515<Spi0, GpioInputLine, GenericTimer>(spi, line, clock);
  const ivshmem = new IvshmemLink(RPI4.IVSHMEM_REGISTERS_ADDRESS, RPI4.IVSHMEM_STATE_TABLE_ADDRESS);
  const section = new SharedSection(RPI4.IVSHMEM_SECTION_ADDRESS, RPI4.IVSHMEM_SECTION_BYTES);
  const agl = new AglLink(section, ivshmem, clock);
  return new CellParts(clock, spi, controller, ivshmem, agl);
}
