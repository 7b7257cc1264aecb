/**
 * The emulated board, wired: bus, chip, SPI0, GPIO, the cell's machine, the link, the AGL side.
 *
 * Does not: decide what is played or what is expected.
 */
import type { Cell, System } from '../../cell-config/format/model.ts';
import type { AglPeer } from '../agl/agl-peer.ts';
import { BridgeHost } from '../agl/bridge-host.ts';
import type { ErrorMessage } from '../agl/can-frame-layout.ts';
import { type BridgeMemories, BridgeMemory } from '../agl/bridge-memory.ts';
import { CanBus } from '../bus/can-bus.ts';
import type { CanFrame } from '../bus/can-frame.ts';
import { LogNode } from '../bus/log-node.ts';
import { Mcp2515 } from '../chip/mcp2515.ts';
import type { SiliconOptions } from '../chip/mcp2515/options.ts';
import { VirtualClock } from '../clock.ts';
import type { Engine, EngineName } from '../engine/engine.ts';
import { WasmEngine } from '../engine/wasm.ts';
import { CommunicationRegion } from '../hypervisor/communication-region.ts';
import { Interrupts } from '../gic/interrupts.ts';
import { ConsoleLog, type ConsoleLine } from '../hypervisor/console-log.ts';
import type { IvshmemEndpoint } from '../hypervisor/ivshmem-endpoint.ts';
import type { IvshmemLink } from '../hypervisor/ivshmem-link.ts';
import {
  type BoardLink,
  CELL_PEER,
  connect,
  ivshmemDevice,
  ivshmemDeviceOf,
  linkRegions,
  PROTOCOL_CONTROL,
  PROTOCOLS_CAN,
  ROOT_PEER,
} from '../hypervisor/links.ts';
import { VirtualPci } from '../hypervisor/virtual-pci.ts';
import { AddressSpace } from '../machine/address-space.ts';
import { CellMachine } from '../machine/cell-machine.ts';
import { type DeviceWindow, wordRegisters } from '../machine/device-window.ts';
import { type LoadBlob, loadBlobs } from '../machine/loader.ts';
import { PhysicalMemory } from '../machine/physical-memory.ts';
import { RASPBERRY_PI_4_TIMING, type TimingModel } from '../machine/timing-model.ts';
import { Uart8250 } from '../machine/uart-8250.ts';
import { Gpio } from '../soc/gpio.ts';
import { InterruptWire } from '../soc/interrupt-wire.ts';
import { Spi0 } from '../soc/spi0.ts';
import type { Spi0Behaviour } from '../soc/spi0-behaviour.ts';
import type { SpiTap } from '../soc/spi-device.ts';

// BCM2711 in low-peripheral mode (physical addresses), and the wiring of the CAN HAT.
const GPIO_BASE = 0xfe200000;
const SPI0_BASE = 0xfe204000;
const UART_BASE = 0xfe215040;
const REGISTER_PAGE = 0x1000;
const UART_BYTES = 0x40;
const CORE_CLOCK_HERTZ = 500_000_000;
const INTERRUPT_PIN = 25;
/** GIC: GPIO pins 0..27 (SPI 113). */
const GPIO_INTERRUPT = 145;

// Where `jailhouse cell load` puts the parts (guest addresses).
const IMAGE_ADDRESS = 0x0;
const COMMAND_LINE_ADDRESS = 0x1000;
const RULES_ADDRESS = 0x100000;

/** What the cell says after a trap. */
const TRAP_LINE = /stopped by a fault/;

/** Name of the cell's frames in the log of the bus. */
export const CELL_SENDER = 'canwarden';

/** What can be wrong with a board, for tests of what the cell says about it. */
export interface BoardFaults extends SiliconOptions {
  /** No chip answers: MISO reads this byte. */
  readonly missingChipByte?: 0x00 | 0xff;
  /** Revision of the communication region, if not the hypervisor's own. */
  readonly communicationRevision?: number;
  /** The cell has no ivshmem device at all. */
  readonly withoutIvshmem?: boolean;
  /** The cell has no control device: no status page, no requests. */
  readonly withoutControl?: boolean;
}

/** Built files. `image` is needed by the image engine, `cellWasm` by the wasm engine. */
export interface BoardFiles {
  readonly image?: Uint8Array;
  /** Where a step of the image's loop begins, as loaded: for whoever watches its steps. */
  readonly imageStepAddress?: number;
  readonly cellWasm?: Uint8Array<ArrayBuffer>;
  readonly bridgeWasm?: Uint8Array<ArrayBuffer>;
  /** The compiled rule table; without it the memory there stays stale. */
  readonly rules?: Uint8Array;
}

/** What whoever plays the AGL side gets. */
export interface PeerSurroundings {
  readonly clock: VirtualClock;
  readonly endpoint: IvshmemEndpoint;
  readonly link: IvshmemLink;
  /** The R/W section. */
  readonly section: Buffer;
  /** The end of the link that AGL plays, as its class code says. */
  readonly protocol: number;
  /** A frame reached the CAN interface of the AGL side. */
  readonly onFrame: (frame: CanFrame, nanos: number) => void;
  /** An error message of the controller's reached it. */
  readonly onErrorMessage: (message: ErrorMessage, nanos: number) => void;
}

/** Output sections of the control link: each side writes its own, and can only read the other. */
export interface ControlSections {
  /** Root's, read by the cell. */
  readonly requests: Buffer;
  /** The cell's: the status page. */
  readonly status: Buffer;
}

/** Memory of the links that a process outside has mapped as well. */
export interface SharedMemories {
  readonly stateTable: Buffer;
  readonly section: Buffer;
  readonly control: ControlSections;
}

export interface BoardOptions {
  readonly engine: EngineName;
  readonly cell: Cell;
  readonly system: System;
  readonly files: BoardFiles;
  readonly bitrate: number;
  readonly oscillatorHertz: number;
  /** What `-s` gives to the cell. */
  readonly commandLine: string;
  /** Plays the AGL side instead of the built bridge. */
  readonly makePeer?: (surroundings: PeerSurroundings) => AglPeer;
  /** Memory of the link that a process outside shares; without it the twin has its own. */
  readonly shared?: SharedMemories;
  readonly tap?: SpiTap;
  readonly onInterruptLine?: (low: boolean, nanos: number) => void;
  readonly onAglFrame?: (frame: CanFrame, nanos: number) => void;
  readonly onAglErrorMessage?: (message: ErrorMessage, nanos: number) => void;
  readonly onConsoleLine?: (line: ConsoleLine) => void;
  readonly faults?: BoardFaults;
  /** What the cell's acts cost on another machine than the modelled board. */
  readonly timing?: TimingModel;
  /** The core clock that SCLK is divided from, if it is not the 500 MHz that config.txt fixes. */
  readonly coreClockHertz?: number;
  /** Where SPI0 differs from the silicon, as other emulations of it do. */
  readonly spi0?: Partial<Spi0Behaviour>;
  /** A trap of the cell, which then starts anew, ends no run. */
  readonly trapsExpected?: boolean;
}

export interface Board {
  readonly clock: VirtualClock;
  readonly bus: CanBus;
  readonly chip: Mcp2515;
  /** Between the chip's INT and the GPIO: can be held at a level by a test. */
  readonly interruptWire: InterruptWire;
  /** Shared with Linux, which a test may play. */
  readonly gpio: Gpio;
  readonly sender: LogNode;
  readonly console: ConsoleLog;
  readonly communication: CommunicationRegion;
  readonly cell: Cell;
  readonly machine: CellMachine;
  readonly engine: Engine;
  /** The cell's end of the link, if it has one. */
  readonly cellEndpoint: IvshmemEndpoint | undefined;
  readonly link: IvshmemLink;
  /** The R/W section of the link. */
  readonly section: Buffer;
  /** The control link's one-way memory; undefined if the machine's configuration has none. */
  readonly control: ControlSections | undefined;
  /** AGL's side, if build/bridge.wasm was given; not started yet. */
  readonly bridge: AglPeer | undefined;
  /** Why the bridge ended by itself, if it did. */
  bridgeFailure: string | undefined;
  /** The cell's words about its first trap, unless traps are expected: it goes on, the run must not. */
  readonly unexpectedTrap: string | undefined;
}

/** `jailhouse cell create`, `load` and `start`: the engine stands at its first instruction. */
export async function createBoard(options: BoardOptions): Promise<Board> {
  const { cell, system, faults } = options;
  const clock = new VirtualClock();
  const bus = new CanBus({ clock, bitrate: options.bitrate });
  let trap: string | undefined;
  const console = new ConsoleLog(
    () => clock.now,
    (line) => {
      if (options.trapsExpected !== true && TRAP_LINE.test(line.text)) trap ??= line.text;
      options.onConsoleLine?.(line);
    },
  );
  const chip = new Mcp2515({
    clock,
    bus,
    name: CELL_SENDER,
    oscillatorHertz: options.oscillatorHertz,
    ...faults,
  });
  const interruptWire = new InterruptWire(options.onInterruptLine);
  const interrupts = new Interrupts(cell, system);
  const gpio = new Gpio();
  gpio.onInterrupt = (high) => interrupts.setLine(GPIO_INTERRUPT, high);
  const uart = new Uart8250(clock, (code) => console.putCharacter(code));
  const devices = wireDevices(options, clock, chip, uart, interruptWire, gpio);

  const physicalMemory = new PhysicalMemory();
  if (options.shared) shareLink(physicalMemory, system, options.shared);
  const space = new AddressSpace(cell, physicalMemory);
  const data = connect(
    physicalMemory,
    system,
    ivshmemDeviceOf(system.rootCell, ...PROTOCOLS_CAN),
    cell,
    faults?.withoutIvshmem,
  );
  const controlLink = connectControl(physicalMemory, options);
  const { link, stateTable, section, cellEndpoint } = data;
  const control = controlLink && controlSections(controlLink);
  if (cellEndpoint) {
    const interrupt = cellEndpoint.interruptOf(cell.virtualPciInterruptBase);
    cellEndpoint.onInterrupt = () => interrupts.pulse(interrupt);
  }
  const { mmconfigBase, mmconfigEndBus } = system.pci;
  const cellEndpoints = [cellEndpoint, controlLink?.cellEndpoint].filter(
    (end) => end !== undefined,
  );
  const pci = new VirtualPci(mmconfigBase, mmconfigEndBus, cellEndpoints);
  const machine = new CellMachine({
    clock,
    timing: options.timing ?? RASPBERRY_PI_4_TIMING,
    cell,
    system,
    space,
    devices,
    pci,
    console,
    uart,
    interrupts,
  });

  loadBlobs(space, blobsOf(options));
  const communication = new CommunicationRegion(space.communicationRegion.bytes);
  communication.fill(cell, system, faults?.communicationRevision);
  const engine = await createEngine(options, machine);
  engine.boot();

  const board: Board = {
    get unexpectedTrap() {
      return trap;
    },
    clock,
    bus,
    chip,
    interruptWire,
    gpio,
    sender: new LogNode({ clock, bus, name: 'log' }),
    console,
    communication,
    cell,
    machine,
    engine,
    cellEndpoint,
    link,
    section,
    control,
    bridge: createPeer(
      options,
      {
        clock,
        endpoint: data.rootEndpoint,
        link,
        section,
        protocol: data.protocol,
        onFrame: (frame, nanos) => options.onAglFrame?.(frame, nanos),
        onErrorMessage: (message, nanos) => options.onAglErrorMessage?.(message, nanos),
      },
      { section, stateTable, control },
      (reason) => {
        board.bridgeFailure = reason;
      },
    ),
    bridgeFailure: undefined,
  };
  return board;
}

/** The AGL side: the built bridge, unless the options bring another. */
function createPeer(
  { files, makePeer }: BoardOptions,
  surroundings: PeerSurroundings,
  memories: BridgeMemories,
  onFailure: (reason: string) => void,
): AglPeer | undefined {
  if (makePeer) return makePeer(surroundings);
  if (!files.bridgeWasm) return undefined;
  const { endpoint, section } = surroundings;
  return new BridgeHost({
    ...surroundings,
    wasm: files.bridgeWasm,
    memory: new BridgeMemory(memories, endpoint),
    sectionBytes: section.length,
    onFailure,
  });
}

function wireDevices(
  options: BoardOptions,
  clock: VirtualClock,
  chip: Mcp2515,
  uart: Uart8250,
  interruptWire: InterruptWire,
  gpio: Gpio,
): DeviceWindow[] {
  const missing = options.faults?.missingChipByte;
  const spi0 = new Spi0({
    clock,
    coreClockHertz: options.coreClockHertz ?? CORE_CLOCK_HERTZ,
    behaviour: options.spi0,
    ...(missing === undefined ? { device: chip } : { missingDeviceByte: missing }),
  });
  if (options.tap) spi0.tap = options.tap;
  interruptWire.onLevel = (low) => gpio.setLevel(INTERRUPT_PIN, !low);
  interruptWire.hold(undefined);
  chip.onInterruptChange = (low, nanos) => interruptWire.chipChanged(low, nanos);
  const page = (name: string, physicalStart: number, device: DeviceWindow['device']) => ({
    name,
    physicalStart,
    size: REGISTER_PAGE,
    device,
  });
  return [
    page('SPI0', SPI0_BASE, wordRegisters('SPI0', spi0)),
    page('GPIO', GPIO_BASE, wordRegisters('GPIO', gpio)),
    { name: 'UART', physicalStart: UART_BASE, size: UART_BYTES, device: uart },
  ];
}

function blobsOf({ files, commandLine, engine }: BoardOptions): LoadBlob[] {
  const blobs: LoadBlob[] = [];
  if (engine === 'image' && files.image) {
    blobs.push({ name: 'canwarden.bin', address: IMAGE_ADDRESS, bytes: files.image });
  }
  if (files.rules) blobs.push({ name: 'rules.bin', address: RULES_ADDRESS, bytes: files.rules });
  const commandLineBytes = Buffer.from(`${commandLine}\0`, 'latin1');
  blobs.push({ name: 'command line', address: COMMAND_LINE_ADDRESS, bytes: commandLineBytes });
  return blobs;
}

async function createEngine(options: BoardOptions, machine: CellMachine): Promise<Engine> {
  if (options.engine === 'wasm') {
    if (!options.files.cellWasm) throw new Error('the wasm engine needs build/cell.wasm');
    return new WasmEngine(machine, options.files.cellWasm);
  }
  if (!options.files.image) throw new Error('the image engine needs build/canwarden.bin');
  // Loaded only when wanted: it needs the emulator library of the distribution.
  const { ImageEngine } = await import('../engine/image.ts');
  return new ImageEngine(machine, options.files.imageStepAddress);
}

function connectControl(
  physicalMemory: PhysicalMemory,
  { system, cell, faults }: BoardOptions,
): BoardLink | undefined {
  const device = ivshmemDevice(system.rootCell, PROTOCOL_CONTROL);
  const isCut = faults?.withoutIvshmem === true || faults?.withoutControl === true;
  return device && connect(physicalMemory, system, device, cell, isCut);
}

function controlSections({ outputs }: BoardLink): ControlSections {
  return { requests: outputs[ROOT_PEER], status: outputs[CELL_PEER] };
}

/** Puts memory from outside where the links' state table and sections are. */
function shareLink(
  physicalMemory: PhysicalMemory,
  { rootCell }: System,
  shared: SharedMemories,
): void {
  const { stateTable, section } = linkRegions(
    rootCell,
    ivshmemDeviceOf(rootCell, ...PROTOCOLS_CAN),
  );
  physicalMemory.provide(stateTable.physicalStart, shared.stateTable);
  physicalMemory.provide(section.physicalStart, shared.section);
  const control = ivshmemDevice(rootCell, PROTOCOL_CONTROL);
  if (!control) return;
  const { outputs } = linkRegions(rootCell, control);
  physicalMemory.provide(outputs[ROOT_PEER].physicalStart, shared.control.requests);
  physicalMemory.provide(outputs[CELL_PEER].physicalStart, shared.control.status);
}
