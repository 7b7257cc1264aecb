// SPDX-License-Identifier: MIT
/**
 * A machine of the canwarden cell without an engine, for tests that act as the guest.
 */
import { RPI4_CANWARDEN } from '../../cell-config/rpi4-canwarden.ts';
import { RPI4_ROOT } from '../../cell-config/rpi4-root.ts';
import type { Cell } from '../../cell-config/format/model.ts';
import { VirtualClock } from '../../twin/clock.ts';
import { Interrupts } from '../../twin/gic/interrupts.ts';
import { CommunicationRegion } from '../../twin/hypervisor/communication-region.ts';
import { ConsoleLog } from '../../twin/hypervisor/console-log.ts';
import { IvshmemEndpoint } from '../../twin/hypervisor/ivshmem-endpoint.ts';
import { IvshmemLink } from '../../twin/hypervisor/ivshmem-link.ts';
import { VirtualPci } from '../../twin/hypervisor/virtual-pci.ts';
import { AddressSpace } from '../../twin/machine/address-space.ts';
import { CellMachine } from '../../twin/machine/cell-machine.ts';
import type { RegisterDevice } from '../../twin/machine/device-window.ts';
import { PhysicalMemory } from '../../twin/machine/physical-memory.ts';
import { RASPBERRY_PI_4_TIMING, type TimingModel } from '../../twin/machine/timing-model.ts';
import { Uart8250 } from '../../twin/machine/uart-8250.ts';

/** A device that remembers its accesses and answers each read with its offset plus one. */
class Recorder implements RegisterDevice {
  readonly accesses: string[] = [];

  read(offset: number, size: number): number {
    this.accesses.push(`read${size * 8} 0x${offset.toString(16)}`);
    return offset + 1;
  }

  write(offset: number, size: number, value: number): void {
    this.accesses.push(`write${size * 8} 0x${offset.toString(16)} = 0x${value.toString(16)}`);
  }
}

/** The cell as built, or another one, with recorders instead of SPI0 and GPIO. */
export function makeFixture(
  cell: Cell = RPI4_CANWARDEN,
  timing: TimingModel = RASPBERRY_PI_4_TIMING,
) {
  const clock = new VirtualClock();
  const console = new ConsoleLog(() => clock.now);
  const physicalMemory = new PhysicalMemory();
  const space = new AddressSpace(cell, physicalMemory);
  const stateTable = physicalMemory.block(0x0aa20000, 0x1000);
  const link = new IvshmemLink(stateTable, 2);
  const { rootCell } = RPI4_ROOT;
  const rootDevice = rootCell.pciDevices.find(({ bdf, type }) => bdf === 0 && type === 3);
  const cellDevice = cell.pciDevices[0];
  if (!rootDevice || !cellDevice) throw new Error('the configurations have no ivshmem device');
  const agl = new IvshmemEndpoint(link, rootDevice, rootCell.memoryRegions);
  const own = new IvshmemEndpoint(link, cellDevice, cell.memoryRegions);
  const uart = new Uart8250(clock, (code) => console.putCharacter(code));
  const spi0 = new Recorder();
  const gpio = new Recorder();
  const interrupts = new Interrupts(cell, RPI4_ROOT);
  const machine = new CellMachine({
    clock,
    timing,
    cell,
    system: RPI4_ROOT,
    space,
    devices: [
      { name: 'SPI0', physicalStart: 0xfe204000, size: 0x1000, device: spi0 },
      { name: 'GPIO', physicalStart: 0xfe200000, size: 0x1000, device: gpio },
      {
        name: 'UART',
        physicalStart: 0xfe215040,
        size: 0x40,
        device: uart,
      },
    ],
    pci: new VirtualPci(RPI4_ROOT.pci.mmconfigBase, RPI4_ROOT.pci.mmconfigEndBus, [own]),
    console,
    uart,
    interrupts,
  });
  const communication = new CommunicationRegion(space.communicationRegion.bytes);
  communication.fill(cell, RPI4_ROOT);
  return {
    clock,
    console,
    space,
    link,
    agl,
    own,
    spi0,
    gpio,
    machine,
    communication,
    stateTable,
    interrupts,
    uart,
  };
}

export type Fixture = ReturnType<typeof makeFixture>;
