// SPDX-License-Identifier: MIT
/**
 * The emulated board, wired: bus, chip, SPI0, GPIO, the cell's machine, the link, the AGL side.
 */
import type { Cell } from '../../cell-config/format/model.ts';
import type { AglPeer } from '../agl/bridge-host.ts';
import { CanBus } from '../bus/can-bus.ts';
import { LogNode } from '../bus/log-node.ts';
import { Mcp2515 } from '../chip/mcp2515/mcp2515.ts';
import { VirtualClock } from '../clock.ts';
import type { Engine } from '../engine/engine.ts';
import { WasmEngine } from '../engine/wasm.ts';
import { Interrupts } from '../gic/interrupts.ts';
import { CommunicationRegion } from '../hypervisor/communication-region.ts';
import { ConsoleLog } from '../hypervisor/console-log.ts';
import type { IvshmemEndpoint } from '../hypervisor/ivshmem-endpoint.ts';
import type { IvshmemLink } from '../hypervisor/ivshmem-link.ts';
import { connect, ivshmemDeviceOf, PROTOCOLS_CAN } from '../hypervisor/links.ts';
import { VirtualPci } from '../hypervisor/virtual-pci.ts';
import { AddressSpace } from '../machine/address-space.ts';
import { CellMachine } from '../machine/cell-machine.ts';
import { type LoadBlob, loadBlobs } from '../machine/loader.ts';
import { PhysicalMemory } from '../machine/physical-memory.ts';
import { RASPBERRY_PI_4_TIMING } from '../machine/timing-model.ts';
import { Uart8250 } from '../machine/uart-8250.ts';
import { Gpio } from '../soc/gpio.ts';
import { InterruptWire } from '../soc/interrupt-wire.ts';
import { connectControl, controlSections, createPeer, shareLink } from './agl-side.ts';
import type { BoardOptions, ControlSections } from './options.ts';
import { GPIO_INTERRUPT, wireDevices } from './wiring.ts';

// Where `jailhouse cell load` puts the parts (guest addresses).
const IMAGE_ADDRESS = 0x0;
const COMMAND_LINE_ADDRESS = 0x1000;
const RULES_ADDRESS = 0x100000;

/** Console text of the cell after a trap. */
const TRAP_LINE = /stopped by a fault/;

/** Sender name of the cell's frames in the log of the bus. */
export const CELL_SENDER = 'canwarden';

export interface Board {
  readonly clock: VirtualClock;
  readonly bus: CanBus;
  readonly chip: Mcp2515;
  /** Between the chip's INT and the GPIO. A test can hold it at a level. */
  readonly interruptWire: InterruptWire;
  /** Shared with Linux, whose part a test may play. */
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
  /** The one-way memory of the control link. Undefined if the machine's configuration has none. */
  readonly control: ControlSections | undefined;
  /** AGL's side if build/bridge.wasm was given. Not started yet. */
  readonly bridge: AglPeer | undefined;
  /** The reason if the bridge ended by itself. */
  bridgeFailure: string | undefined;
  /**
   * Console line of the cell's first trap, unless traps are expected. The cell restarts, but the run must
   * end.
   */
  readonly unexpectedTrap: string | undefined;
}

/** `jailhouse cell create`, `load` and `start`. The engine stands at its first instruction. */
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
  const devices = wireDevices(options, { clock, chip, uart, interruptWire, gpio });

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
  // Loaded only if needed: it requires the distribution's emulator library.
  const { ImageEngine } = await import('../engine/image.ts');
  return new ImageEngine(machine, options.files.imageStepAddresses);
}
