// SPDX-License-Identifier: MIT
/**
 * MCP2515 stand-alone CAN controller: an SPI slave on one side, a CAN node on the other.
 *
 * This file holds the interrupt line and the registers with effects; the rest is in the files beside it.
 * Source: Microchip DS20001801J; `section` and `register` below refer to it. Does not: model the analogue
 * side, CLKOUT, RXnBF and TXnRTS pins; using the pins throws UnimplementedFeature.
 *
 * Assumptions where the datasheet is silent, none of them seen on hardware:
 * - RTS acts when chip select rises. A request is in time up to the very start of the bit.
 * - INT follows the end of EOF without delay. OPMOD shows a bus mode after 11 recessive bits.
 * - ERRIF marks each overflow and the beginning of a state, so it can be cleared while the state lasts (an
 *   option follows another reading of 7.7). The end of a state changes only EFLG.
 * - Sleep, and a change between normal and listen-only mode, waits for the end of the frame on the bus, as
 *   Microchip says of its ECAN modules and sleep (11 recessive bits).
 * - With WAKIE clear the bus does not wake the chip. WAKIF wakes it at the moment it is set, and not if it
 *   was set before. REQOP still reads sleep afterwards. There is an option for each of the two.
 * - ABAT aborts the frame then on the wire if it fails, even if ABAT is clear again by that time.
 * - With RXM = 11 FILHIT reads 0. A rollover leaves FILHIT0 of RXB0CTRL to the message in RXB0.
 * - A data byte that a frame lacks does not match a filter that compares it. With an option it matches.
 * - SPI is ignored during the oscillator start-up. A register to be read is sampled at the end of the byte
 *   before it.
 * - A wrong bit rate shows as an error in the first misread bit (twin/bus/clock-error.ts).
 */
import type { CanBus } from '../../bus/can-bus.ts';
import type { CanFrame } from '../../bus/can-frame.ts';
import type { BitClock } from '../../bus/clock-error.ts';
import type { BusErrorKind, CanNode, Participation, TransmitOffer } from '../../bus/can-node.ts';
import { FaultConfinement } from '../../bus/fault-confinement.ts';
import { INTERMISSION_BITS } from '../../bus/frame-bits.ts';
import type { ScheduledEvent, VirtualClock } from '../../clock.ts';
import type { SpiDevice } from '../../soc/spi-device.ts';
import { UnimplementedFeature } from '../../unimplemented.ts';
import { throughDefects } from './defects.ts';
import { errorFlagsOf, interruptCode, quickStatus, receiveStatus } from './status.ts';
import { OperatingMode } from './operating-mode.ts';
import type { Mcp2515Options } from './options.ts';
import { refuseDamagedFrame, storeReceived } from './receive-unit.ts';
import { RegisterFile } from './register-file.ts';
import * as R from './registers.ts';
import { SpiPort, type PortTarget } from './spi-port.ts';
import { TransmitUnit, type BufferOffer } from './transmit-unit.ts';

/** MISO while the chip does not take part in SPI. */
const FLOATING_BYTE = 0xff;

/** The chip. `select`, `exchange` and `deselect` are called at wire time by the SPI controller. */
export class Mcp2515 implements SpiDevice, CanNode, PortTarget {
  readonly name: string;
  readonly faults = new FaultConfinement();
  /** Called at each change of the INT line, which is low while an enabled interrupt is pending. */
  onInterruptChange?: (low: boolean, nanos: number) => void;
  /** Called for each good frame lost because no buffer was free. `isFirst`: RXnOVR was clear until then. */
  onOverflow?: (frame: CanFrame, isFirst: boolean) => void;
  readonly #clock: VirtualClock;
  readonly #bus: CanBus;
  readonly #options: Mcp2515Options;
  readonly #file = new RegisterFile();
  readonly #bytes: Uint8Array = this.#file.bytes;
  readonly #port: SpiPort;
  readonly #transmit: TransmitUnit;
  readonly #mode: OperatingMode;
  /** End of the oscillator start-up. */
  #awakeNanos = 0;
  #loopback: ScheduledEvent | undefined;
  /** Message assembly buffer: valid, not stored yet. */
  #assembled: CanFrame | undefined;
  #interruptLow = false;
  #ignored = 0;
  #overflows = 0;
  /** What the chip hears of a transaction: nothing, or only reads, if chip select fell during start-up. */
  #hears: 'all' | 'reads' | 'nothing' = 'all';

  constructor(options: Mcp2515Options) {
    this.name = options.name;
    this.#clock = options.clock;
    this.#bus = options.bus;
    this.#options = options;
    this.#port = new SpiPort(throughDefects(this, options.defects), options.erratum5);
    this.#transmit = new TransmitUnit(this.#bytes, options.name, options.abortClearsRequest);
    this.#mode = new OperatingMode({
      options,
      node: this,
      registers: this.#bytes,
      messagesWait: () => this.#transmit.anyMessage,
      left: () => this.#leaveBus(),
      entered: (mode, nanos) => this.#modeEntered(mode, nanos),
    });
    this.#awakeNanos = options.clock.now + this.#mode.coldStartNanos;
    this.#bus.attach(this);
    this.#bus.onStart((nanos) => this.#busActivity(nanos));
  }

  /** Level of the INT pin. */
  get interruptLow(): boolean {
    return this.#interruptLow;
  }

  /** Transactions without effect because they fell into the oscillator start-up. */
  get ignoredTransactions(): number {
    return this.#ignored;
  }

  /** Good frames for which no buffer was free. */
  get overflowCount(): number {
    return this.#overflows;
  }

  // ---- SPI ----

  select(nanos: number): void {
    const isDeaf = nanos < this.#awakeNanos && this.#mode.current !== R.MODE_SLEEP;
    if (isDeaf) this.#ignored++;
    this.#hears = !isDeaf ? 'all' : this.#options.readableInStartUp ? 'reads' : 'nothing';
    if (this.#hears !== 'nothing') this.#port.select();
  }

  exchange(mosi: number, nanos: number): number {
    return this.#hears === 'nothing' ? FLOATING_BYTE : this.#port.exchange(mosi, nanos);
  }

  get isSelected(): boolean {
    return this.#port.isSelected;
  }

  deselect(nanos: number): void {
    if (this.#hears !== 'nothing') this.#port.deselect(nanos);
    this.#hears = 'all';
  }

  /** RESET instruction, or the pin: everything but the contents of buffers, masks and filters. */
  reset(nanos: number): void {
    if (this.#hears !== 'all') return;
    const { current, coldStartNanos, startUpNanos } = this.#mode;
    this.#mode.reset(nanos);
    this.#file.reset();
    this.faults.reset();
    this.#awakeNanos = nanos + (current === R.MODE_SLEEP ? coldStartNanos : startUpNanos);
    this.#updateInterrupt(nanos);
  }

  /**
   * A supply voltage drop: everything is lost, including the contents of buffers, masks and filters, and the
   * rest of a transaction under way.
   */
  brownOut(nanos: number): void {
    this.#port.abandon();
    this.#hears = 'nothing';
    this.#mode.reset(nanos);
    this.#file.powerOn();
    this.faults.reset();
    this.#awakeNanos = nanos + this.#mode.coldStartNanos;
    this.#updateInterrupt(nanos);
  }

  readRegister(address: number): number {
    if ((address & 0x0f) === R.CANSTAT) return this.#status();
    switch (address) {
      case R.TEC:
        return Math.min(this.faults.transmitErrors, 0xff);
      case R.REC:
        return this.faults.receiveErrors;
      default:
        return this.#file.read(address, this.#mode.current === R.MODE_CONFIGURATION);
    }
  }

  writeRegister(address: number, value: number, nanos: number): void {
    if (this.#hears !== 'all') return;
    const merged = this.#file.merge(address, value, this.#mode.current === R.MODE_CONFIGURATION);
    if (merged === undefined) return;
    const place = address & 0x0f;
    const transmitBuffer = address >= R.TXB0CTRL && address < R.RXB0CTRL;
    if (place === R.CANCTRL) this.#writeControl(merged, nanos);
    else if (transmitBuffer && place === 0) this.#writeTransmitControl(address, merged, nanos);
    else if (transmitBuffer) this.#writeTransmitBuffer(address, merged);
    else this.#writePlain(address, merged, nanos);
  }

  bitModify(address: number, mask: number, value: number, nanos: number): void {
    if (!R.isBitModifiable(address)) return this.writeRegister(address, value, nanos);
    const old = this.readRegister(address);
    this.writeRegister(address, (old & ~mask) | (value & mask), nanos);
  }

  readStatus(): number {
    return quickStatus(this.#bytes);
  }

  receiveStatus(): number {
    return receiveStatus(this.#bytes);
  }

  requestToSend(buffers: number, nanos: number): void {
    if (this.#hears !== 'all') return;
    for (let buffer = 0; buffer < R.TX_BUFFER_COUNT; buffer++) {
      if ((buffers & (1 << buffer)) !== 0) this.#transmit.request(buffer);
    }
    this.#tryToSend(nanos);
  }

  releaseReceiveBuffer(buffer: 0 | 1, nanos: number): void {
    if (this.#hears !== 'all') return;
    this.#bytes[R.CANINTF] &= ~(buffer === 0 ? R.CANINTF_RX0IF : R.CANINTF_RX1IF);
    this.#updateInterrupt(nanos);
  }

  // ---- CAN node ----

  get bitClock(): BitClock | undefined {
    return this.#mode.timing;
  }

  get participation(): Participation {
    return this.#mode.participation;
  }

  get transmitPending(): boolean {
    if (this.#mode.current !== R.MODE_NORMAL || (this.#file.control & R.CANCTRL_ABAT) !== 0)
      return false;
    return this.#transmit.anyRequested;
  }

  offer(): TransmitOffer | undefined {
    return this.#transmit.offer();
  }

  arbitrationLost(offer: TransmitOffer, _bit: number, nanos: number): void {
    this.#transmit.failed((offer as BufferOffer).buffer, 'arbitration', this.#oneShot);
    this.#mode.settle(nanos);
  }

  transmitted(offer: TransmitOffer, nanos: number): void {
    const buffer = (offer as BufferOffer).buffer;
    const repeat = this.#options.erratum5 === true && this.#port.heldAfterRequest(buffer);
    this.#transmit.sent(buffer, repeat);
    this.#bytes[R.CANINTF] |= R.CANINTF_TX0IF << buffer;
    this.#updateInterrupt(nanos);
    this.#mode.settle(nanos);
  }

  transmitFailed(offer: TransmitOffer, _kind: BusErrorKind, nanos: number): void {
    this.#transmit.failed((offer as BufferOffer).buffer, 'error', this.#oneShot);
    this.#bytes[R.CANINTF] |= R.CANINTF_MERRF;
    this.#updateInterrupt(nanos);
    this.#mode.settle(nanos);
  }

  received(frame: CanFrame, nanos: number): void {
    this.#assembled = frame;
    if (this.#options.receiveFlagAt === 'frame-valid') this.#store(nanos);
  }

  attemptEnded(nanos: number): void {
    if (this.#assembled !== undefined) this.#store(nanos);
    this.#mode.settle(nanos);
  }

  receiveFailed(_kind: BusErrorKind, nanos: number): void {
    refuseDamagedFrame(this.#bytes);
    this.#bytes[R.CANINTF] |= R.CANINTF_MERRF;
    this.#updateInterrupt(nanos);
  }

  /** Sets ERRIF when a state begins. The end of a state changes only EFLG (section 7.6). */
  faultsChanged(nanos: number): void {
    const kept = this.#bytes[R.EFLG] & (R.EFLG_RX0OVR | R.EFLG_RX1OVR);
    const flags = kept | errorFlagsOf(this.faults);
    const risen = flags & ~this.#bytes[R.EFLG];
    this.#bytes[R.EFLG] = flags;
    if (risen !== 0) this.#bytes[R.CANINTF] |= R.CANINTF_ERRIF;
    this.#updateInterrupt(nanos);
  }

  // ---- registers with effects ----

  #writePlain(address: number, value: number, nanos: number): void {
    if (address === R.BFPCTRL && value !== 0) {
      throw new UnimplementedFeature('MCP2515', 'the RXnBF pins (BFPCTRL)');
    }
    if (address === R.TXRTSCTRL && value !== 0) {
      throw new UnimplementedFeature('MCP2515', 'the TXnRTS pins (TXRTSCTRL)');
    }
    const before = this.#bytes[address];
    const errorLasts = address === R.CANINTF && this.#options.errorFlagLasts === true;
    this.#bytes[address] =
      errorLasts && this.#bytes[R.EFLG] !== 0 ? value | R.CANINTF_ERRIF : value;
    if (address === R.CANINTE || address === R.CANINTF) this.#updateInterrupt(nanos);
    // The MCU wakes the chip by setting WAKIF itself (section 10.2).
    if (address === R.CANINTF && (value & ~before & R.CANINTF_WAKIF) !== 0) this.#mode.wake(nanos);
  }

  #writeTransmitBuffer(address: number, value: number): void {
    const buffer = (address - R.TXB0CTRL) >> 4;
    if (this.#transmit.isTaken(buffer)) {
      throw new UnimplementedFeature('MCP2515', `writing TXB${buffer} while its message waits`);
    }
    this.#bytes[address] = value;
  }

  #writeTransmitControl(address: number, value: number, nanos: number): void {
    const buffer = (address - R.TXB0CTRL) >> 4;
    const requested = (value & R.TXBCTRL_TXREQ) !== 0;
    const before = this.#bytes[address];
    this.#bytes[address] = (before & ~R.TXBCTRL_TXP_MASK) | (value & R.TXBCTRL_TXP_MASK);
    if (requested) {
      this.#transmit.request(buffer, this.#options.erratum5);
      return this.#tryToSend(nanos);
    }
    this.#transmit.abort(buffer, false);
    this.#mode.settle(nanos);
  }

  #writeControl(value: number, nanos: number): void {
    const before = this.#file.control;
    this.#file.setControl(value);
    if ((value & R.CANCTRL_ABAT) !== 0 && (before & R.CANCTRL_ABAT) === 0) {
      for (let buffer = 0; buffer < R.TX_BUFFER_COUNT; buffer++) this.#transmit.abort(buffer, true);
    }
    this.#mode.request(value >> R.CANCTRL_REQOP_SHIFT, nanos);
    this.#tryToSend(nanos);
  }

  // ---- modes ----

  #leaveBus(): void {
    if (this.#loopback !== undefined) this.#clock.cancel(this.#loopback);
    this.#loopback = undefined;
    this.#transmit.reset();
    this.#assembled = undefined;
  }

  #modeEntered(mode: number, nanos: number): void {
    // Both modes start with error counters of zero (sections 10.1 and 10.3).
    if (mode === R.MODE_CONFIGURATION || mode === R.MODE_LISTEN_ONLY) {
      this.faults.reset();
      this.faultsChanged(nanos);
    }
    this.#tryToSend(nanos);
  }

  #busActivity(nanos: number): void {
    if (this.#mode.current !== R.MODE_SLEEP || (this.#bytes[R.CANINTE] & R.CANINTF_WAKIF) === 0)
      return;
    this.#bytes[R.CANINTF] |= R.CANINTF_WAKIF;
    this.#updateInterrupt(nanos);
    this.#mode.wake(nanos);
  }

  // ---- traffic ----

  get #oneShot(): boolean {
    return (this.#file.control & R.CANCTRL_OSM) !== 0;
  }

  #tryToSend(nanos: number): void {
    if (this.#mode.current === R.MODE_LOOPBACK) this.#sendToItself(nanos);
    else if (this.transmitPending) this.#bus.requestStart(nanos);
  }

  /** Loopback mode: a message takes its time at the chip's own rate and never reaches the wire. */
  #sendToItself(nanos: number): void {
    if (this.#loopback !== undefined || (this.#file.control & R.CANCTRL_ABAT) !== 0) return;
    const offer = this.#transmit.offer();
    if (offer === undefined) return;
    const duration = ((offer.wire.length + INTERMISSION_BITS) * 1e9) / this.#mode.timing!.bitrate;
    this.#loopback = this.#clock.schedule(nanos + Math.round(duration), (end) => {
      this.#loopback = undefined;
      this.#assembled = offer.frame;
      this.#store(end);
      this.transmitted(offer, end);
      this.#tryToSend(end);
    });
  }

  #store(nanos: number): void {
    const frame = this.#assembled!;
    this.#assembled = undefined;
    const flags = this.#bytes[R.EFLG];
    if (storeReceived(this.#bytes, frame, this.#options.missingDataMatches) === 'overflow') {
      this.#overflows++;
      this.onOverflow?.(frame, this.#bytes[R.EFLG] !== flags);
    }
    this.#updateInterrupt(nanos);
  }

  // ---- status ----

  #status(): number {
    const code = interruptCode(this.#bytes[R.CANINTF] & this.#bytes[R.CANINTE]);
    return (this.#mode.current << R.CANSTAT_OPMOD_SHIFT) | (code << R.CANSTAT_ICOD_SHIFT);
  }

  #updateInterrupt(nanos: number): void {
    const low = (this.#bytes[R.CANINTF] & this.#bytes[R.CANINTE]) !== 0;
    if (low === this.#interruptLow) return;
    this.#interruptLow = low;
    this.onInterruptChange?.(low, nanos);
  }
}
