// SPDX-License-Identifier: MIT
/**
 * JailhouseHost: a cell of Jailhouse as the application's Host: its page, its virtual PCI bus, what was
 * loaded beside the program.
 *
 * Does not: carry frames, or say anything to people; what was refused is kept for those who do.
 */
import { system_error_pending } from '../abi/bsp';
import { Host } from '../hal/host';
import { Status } from '../rt/status';
import { CellMessage, CellState, CommunicationRegion } from './communication-region';
import { ConsoleKind, ConsolePort } from './console-port';
import { ControlDevice } from './control-device';
import { IvshmemDevice, PROTOCOL_CAN_BACK_END } from './ivshmem-device';
import { IvshmemLink } from './ivshmem-link';
import { copyLoadedImage, copyLoadedText } from './loaded-image';
import { PciBus } from './pci';

/** Where a board's cell config puts what a cell is given: guest addresses, sizes in bytes. */
export class CellMap {
  communicationRegion: u32 = 0;
  commandLine: u32 = 0;
  rules: u32 = 0;
  /** Where the link's registers are to be: a page that nothing else uses. */
  linkRegisters: u32 = 0;
  linkStateTable: u32 = 0;
  linkSectionBytes: u32 = 0;
  /** The cell's number on the link. */
  linkIdentity: u32 = 0;
  controlStateTable: u32 = 0;
  controlOutputBytes: u32 = 0;
}

@final
export class JailhouseHost extends Host {
  readonly region: CommunicationRegion;
  private readonly port: ConsolePort = new ConsolePort();
  readonly link: IvshmemLink;
  /** Number of the link's interrupt in the GIC; 0: no link. */
  linkInterrupt: u32 = 0;

  constructor(private readonly map: CellMap) {
    super();
    this.region = new CommunicationRegion(map.communicationRegion);
    this.link = new IvshmemLink(map.linkRegisters, map.linkStateTable);
    this.pageAddress = map.communicationRegion;
    this.rulesAddress = map.rules;
  }

  override open(): Status {
    const status = this.region.check();
    if (status === Status.Ok) {
      this.port.open(this.region);
    } else {
      this.region.setState(CellState.FailedRevision);
      this.refused = this.region.revision;
      // Nothing in the region can be believed, its console neither: the hypercall is tried.
      this.port.kind = ConsoleKind.Hypercall;
    }
    return status;
  }

  override copyCommandLine(destination: usize, bytes: u32): u32 {
    return copyLoadedText(this.map.commandLine, destination, bytes);
  }

  override copyRules(destination: usize, bytes: u32): void {
    copyLoadedImage(this.map.rules, destination, bytes);
  }

  override openLink(): Status {
    const map = this.map;
    const device = new IvshmemDevice(this.pciBus());
    let status = device.open(map.linkRegisters, map.linkStateTable, map.linkSectionBytes);
    this.refused = device.refused;
    if (status !== Status.Ok) return status;
    this.refused = device.sectionBytes;
    if (device.sectionBytes !== map.linkSectionBytes) return Status.IvshmemSectionSize;
    status = this.link.open();
    this.refused = this.link.peers;
    if (status !== Status.Ok) return status;
    this.refused = this.link.ownId;
    if (this.link.ownId !== map.linkIdentity) return Status.IvshmemIdentity;
    this.link.withdrawOnFault();
    this.linkInterrupt = device.interrupt(this.region.virtualPciInterruptBase);
    this.isBackEnd = device.protocol === PROTOCOL_CAN_BACK_END;
    return Status.Ok;
  }

  override openStatusPage(): Status {
    const device = new ControlDevice(this.pciBus());
    const status = device.check(this.map.controlStateTable, this.map.controlOutputBytes);
    this.refused = device.refused;
    return status;
  }

  override shutdownRequested(): bool {
    return this.region.pollMessage() === CellMessage.ShutdownRequest;
  }

  override denyShutdown(): void {
    this.region.denyShutdown();
  }

  override approveShutdown(): void {
    this.region.setState(CellState.ShutDown);
    this.region.approveShutdown();
  }

  override failed(): void {
    this.region.setState(CellState.Failed);
  }

  override systemErrorPending(): bool {
    return system_error_pending() !== 0;
  }

  override wantsCarriageReturn(): bool {
    return this.port.wantsCarriageReturn();
  }

  override isAtRest(): bool {
    return this.port.isAtRest();
  }

  override put(character: u32): void {
    this.port.put(character);
  }

  private pciBus(): PciBus {
    return new PciBus(this.region.pciConfigurationBase);
  }
}
