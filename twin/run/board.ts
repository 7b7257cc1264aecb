/**
 * The emulated board, wired: bus, chip, SPI0, GPIO, the cell's machine, the link, the AGL side.
 *
 * Used by: scenario.ts and the system tests.
 * Does not: decide what is played or what is expected.
 */
import { PCI_TYPE_IVSHMEM } from '../../cell-config/format/constants.ts';
import type { Cell, MemoryRegion, PciDevice, System } from '../../cell-config/format/model.ts';
import type { AglPeer } from '../agl/agl-peer.ts';
import { BridgeHost } from '../agl/bridge-host.ts';
import type { ErrorMessage } from '../agl/can-frame-layout.ts';
import { BridgeMemory } from '../agl/bridge-memory.ts';
import { CanBus } from '../bus/can-bus.ts';
import type { CanFrame } from '../bus/can-frame.ts';
import { LogNode } from '../bus/log-node.ts';
import { Mcp2515 } from '../chip/mcp2515.ts';
import { VirtualClock } from '../clock.ts';
import type { Engine, EngineName } from '../engine/engine.ts';
import { WasmEngine } from '../engine/wasm.ts';
import { CommunicationRegion } from '../hypervisor/communication-region.ts';
import { ConsoleLog, type ConsoleLine } from '../hypervisor/console-log.ts';
import { IvshmemEndpoint } from '../hypervisor/ivshmem-endpoint.ts';
import { IvshmemLink } from '../hypervisor/ivshmem-link.ts';
import { VirtualPci } from '../hypervisor/virtual-pci.ts';
import { AddressSpace } from '../machine/address-space.ts';
import { CellMachine } from '../machine/cell-machine.ts';
import { type DeviceWindow, wordRegisters } from '../machine/device-window.ts';
import { type LoadBlob, loadBlobs } from '../machine/loader.ts';
import { PhysicalMemory } from '../machine/physical-memory.ts';
import { RASPBERRY_PI_4_TIMING } from '../machine/timing-model.ts';
import { Uart8250 } from '../machine/uart-8250.ts';
import { Gpio } from '../soc/gpio.ts';
import { InterruptWire } from '../soc/interrupt-wire.ts';
import { Spi0 } from '../soc/spi0.ts';
import type { SpiTap } from '../soc/spi-device.ts';

// BCM2711 in low-peripheral mode (physical addresses), and the wiring of the CAN HAT.
const GPIO_BASE = 0xfe200000;
const SPI0_BASE = 0xfe204000;
const UART_BASE = 0xfe215040;
const REGISTER_PAGE = 0x1000;
const UART_BYTES = 0x40;
const CORE_CLOCK_HERTZ = 500_000_000;
const INTERRUPT_PIN = 25;

// Where `jailhouse cell load` puts the parts (guest addresses).
const IMAGE_ADDRESS = 0x0;
const COMMAND_LINE_ADDRESS = 0x1000;
const RULES_ADDRESS = 0x100000;

/** Name of the cell's frames in the log of the bus. */
export const CELL_SENDER = 'canwarden';

/** What can be wrong with a board, for tests of what the cell says about it. */
export interface BoardFaults {
  /** No chip answers: MISO reads this byte. */
  readonly missingChipByte?: 0x00 | 0xff;
  /** Revision of the communication region, if not the hypervisor's own. */
  readonly communicationRevision?: number;
  /** The cell has no ivshmem device. */
  readonly withoutIvshmem?: boolean;
  /** Silicon erratum 5 of the chip. */
  readonly erratum5?: boolean;
  /** The chip's filters take frames that do not have the data bytes they look at. */
  readonly missingDataMatches?: boolean;
}

/** Built files. `image` is needed by the image engine, `cellWasm` by the wasm engine. */
export interface BoardFiles {
  readonly image?: Uint8Array;
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
  readonly shared?: { readonly stateTable: Buffer; readonly section: Buffer };
  readonly tap?: SpiTap;
  readonly onInterruptLine?: (low: boolean, nanos: number) => void;
  readonly onAglFrame?: (frame: CanFrame, nanos: number) => void;
  readonly onAglErrorMessage?: (message: ErrorMessage, nanos: number) => void;
  readonly onConsoleLine?: (line: ConsoleLine) => void;
  readonly faults?: BoardFaults;
}

export interface Board {
  readonly clock: VirtualClock;
  readonly bus: CanBus;
  readonly chip: Mcp2515;
  /** Between the chip's INT and the GPIO: can be held at a level by a test. */
  readonly interruptWire: InterruptWire;
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
  /** AGL's side, if build/bridge.wasm was given; not started yet. */
  readonly bridge: AglPeer | undefined;
  /** Why the bridge ended by itself, if it did. */
  bridgeFailure: string | undefined;
}

/** `jailhouse cell create`, `load` and `start`: the engine stands at its first instruction. */
export async function createBoard(options: BoardOptions): Promise<Board> {
  const { cell, system, faults } = options;
  const clock = new VirtualClock();
  const bus = new CanBus({ clock, bitrate: options.bitrate });
  const console = new ConsoleLog(() => clock.now, options.onConsoleLine);
  const chip = new Mcp2515({
    clock,
    bus,
    name: CELL_SENDER,
    oscillatorHertz: options.oscillatorHertz,
    erratum5: faults?.erratum5,
    missingDataMatches: faults?.missingDataMatches,
  });
  const interruptWire = new InterruptWire(options.onInterruptLine);
  const devices = wireDevices(options, clock, chip, console, interruptWire);

  const physicalMemory = new PhysicalMemory();
  if (options.shared) shareLink(physicalMemory, system, options.shared);
  const space = new AddressSpace(cell, physicalMemory);
  const root = ivshmemOf(system.rootCell);
  const { stateTable, section } = sharedMemory(system.rootCell.memoryRegions, root, physicalMemory);
  const link = new IvshmemLink(stateTable, root.shmemPeers);
  const rootEndpoint = new IvshmemEndpoint(link, root, system.rootCell.memoryRegions);
  const cellEndpoint = faults?.withoutIvshmem
    ? undefined
    : new IvshmemEndpoint(link, ivshmemOf(cell), cell.memoryRegions);
  const { mmconfigBase, mmconfigEndBus } = system.pci;
  const pci = new VirtualPci(mmconfigBase, mmconfigEndBus, cellEndpoint ? [cellEndpoint] : []);
  const timing = RASPBERRY_PI_4_TIMING;
  const machine = new CellMachine({ clock, timing, cell, system, space, devices, pci, console });

  loadBlobs(space, blobsOf(options));
  const communication = new CommunicationRegion(space.communicationRegion.bytes);
  communication.fill(cell, system, faults?.communicationRevision);
  const engine = await createEngine(options, machine);
  engine.boot();

  const board: Board = {
    clock,
    bus,
    chip,
    interruptWire,
    sender: new LogNode({ clock, bus, name: 'log' }),
    console,
    communication,
    cell,
    machine,
    engine,
    cellEndpoint,
    link,
    section,
    bridge: createPeer(
      options,
      {
        clock,
        endpoint: rootEndpoint,
        link,
        section,
        protocol: root.shmemProtocol,
        onFrame: (frame, nanos) => options.onAglFrame?.(frame, nanos),
        onErrorMessage: (message, nanos) => options.onAglErrorMessage?.(message, nanos),
      },
      stateTable,
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
  stateTable: Buffer,
  onFailure: (reason: string) => void,
): AglPeer | undefined {
  if (makePeer) return makePeer(surroundings);
  if (!files.bridgeWasm) return undefined;
  const { endpoint, section } = surroundings;
  return new BridgeHost({
    ...surroundings,
    wasm: files.bridgeWasm,
    memory: new BridgeMemory(section, stateTable, endpoint),
    sectionBytes: section.length,
    onFailure,
  });
}

function wireDevices(
  options: BoardOptions,
  clock: VirtualClock,
  chip: Mcp2515,
  console: ConsoleLog,
  interruptWire: InterruptWire,
): DeviceWindow[] {
  const gpio = new Gpio();
  const missing = options.faults?.missingChipByte;
  const spi0 = new Spi0({
    clock,
    coreClockHertz: CORE_CLOCK_HERTZ,
    ...(missing === undefined ? { device: chip } : { missingDeviceByte: missing }),
  });
  if (options.tap) spi0.tap = options.tap;
  interruptWire.onLevel = (low) => gpio.setLevel(INTERRUPT_PIN, !low);
  interruptWire.hold(undefined);
  chip.onInterruptChange = (low, nanos) => interruptWire.chipChanged(low, nanos);
  const uart = new Uart8250((code) => console.putCharacter(code));
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
  return new ImageEngine(machine);
}

function ivshmemOf(cell: Cell): PciDevice {
  const device = cell.pciDevices.find(({ type }) => type === PCI_TYPE_IVSHMEM);
  if (!device) throw new Error(`cell "${cell.name}" has no ivshmem device`);
  return device;
}

/** Puts memory from outside where the link's state table and R/W section are. */
function shareLink(
  physicalMemory: PhysicalMemory,
  { rootCell }: System,
  shared: NonNullable<BoardOptions['shared']>,
): void {
  const start = ivshmemOf(rootCell).shmemRegionsStart;
  const [stateTable, section] = rootCell.memoryRegions.slice(start);
  if (!stateTable || !section) throw new Error('the root cell lacks the memory of the link');
  physicalMemory.provide(stateTable.physicalStart, shared.stateTable);
  physicalMemory.provide(section.physicalStart, shared.section);
}

/** The root cell's view of the link's first two regions. */
function sharedMemory(
  regions: readonly MemoryRegion[],
  device: PciDevice,
  physicalMemory: PhysicalMemory,
): { stateTable: Buffer; section: Buffer } {
  const [stateTable, section] = regions.slice(device.shmemRegionsStart);
  if (!stateTable || !section) throw new Error('the root cell lacks the memory of the link');
  return {
    stateTable: physicalMemory.block(stateTable.physicalStart, stateTable.size),
    section: physicalMemory.block(section.physicalStart, section.size),
  };
}
