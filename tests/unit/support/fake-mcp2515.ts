// SPDX-License-Identifier: MIT
/**
 * A chip to test the driver on: SpiBus, interrupt line and clock in one file.
 *
 * Numbers are from DS20001801J; nothing is imported from the driver.
 * Does not: know time, modes that take time, or the bus. It keeps registers, obeys instructions and
 * writes down every byte the driver sends: `a0 00|90 00 00 00 00 00`, one chip select per `|`.
 */
import { Clock } from '../../../src/hal/clock';
import { InterruptLine } from '../../../src/hal/interrupt-line';
import { SpiBus } from '../../../src/hal/spi-bus';
import { Status } from '../../../src/rt/status';

const RESET: u32 = 0xc0;
const READ: u32 = 0x03;
const WRITE: u32 = 0x02;
const BIT_MODIFY: u32 = 0x05;
const READ_STATUS: u32 = 0xa0;
const RX_STATUS: u32 = 0xb0;

const CANSTAT: u32 = 0x0e;
const CANCTRL: u32 = 0x0f;
const CANINTE: u32 = 0x2b;
const CANINTF: u32 = 0x2c;
const TXB0CTRL: u32 = 0x30;
const RXB0SIDH: u32 = 0x61;
const TEC: u32 = 0x1c;
const REC: u32 = 0x1d;
const EFLG: u32 = 0x2d;

const WAKIF: u32 = 0x40;
const MODE_SLEEP: u32 = 0x20;
const MODE_LOOPBACK: u32 = 0x40;
const MODE_LISTEN_ONLY: u32 = 0x60;
const CNF1: u32 = 0x2a;

/** What the log of a chip holds. */
const LOG_MAXIMUM: i32 = 16_384;
const NEXT: u32 = 0x100;

export class FakeChip extends SpiBus {
  /** Everything sent so far: a byte each, and NEXT where a transaction begins; after LOG_MAXIMUM, afresh. */
  private readonly log: StaticArray<u16> = new StaticArray<u16>(LOG_MAXIMUM);
  private logged: i32 = 0;
  /** Bytes clocked so far. */
  bytes: u32 = 0;
  /** What a chip that does not answer reads as; -1: it answers. */
  silentValue: i32 = -1;
  /** The byte of a transaction from which on it is so. */
  silentFrom: u32 = 0;
  /** Transactions until the block stops working; -1: never. */
  transactionsLeft: i32 = -1;
  /** So many transactions fail then, and the block works again; 0: it does not. */
  transactionsFailing: u32 = 0;
  /** A register that does not take what is written to it; -1: none. */
  brokenRegister: i32 = -1;
  /** The clock at which that register is whole. */
  repairAt: u32 = 0;
  /** A register some bits of which read as ones, whatever is written; -1: none. */
  readOnly: i32 = -1;
  readOnlyBits: u32 = 0;
  /** What `configure` was told the source clock is; and whether it can make a clock of it. */
  configuredFrom: u32 = 0;
  canConfigure: bool = true;
  /** So many WRITE instructions more do nothing. */
  writesIgnored: u32 = 0;
  /** The chip does not leave the mode it is in. */
  modeStuck: bool = false;
  registers: StaticArray<u8> = new StaticArray<u8>(128);
  /** So many transactions more that may be broken off for a frame are. */
  givesWay: u32 = 0;
  /** Each behind so many bytes. */
  bytesBefore: u32 = 0;
  /** The clock of the board, and how far each byte takes it. */
  clock: FakeClock = new FakeClock();
  ticksPerByte: u32 = 0;
  /** The crystal, by which frames in loopback mode take their time; 0: they never end. */
  crystalHertz: f64 = 12_000_000;
  private readonly loopEnds: StaticArray<f64> = new StaticArray<f64>(3);
  /** What RX STATUS says of the frame in RXB0: form in bits 4..3, filter in bits 2..0. */
  formAndFilter: u32 = 0;

  private instruction: u32 = 0;
  private position: u32 = 0;
  private address: u32 = 0;
  private mask: u32 = 0;

  override configure(sourceHertz: u32, wantedHertz: u32): Status {
    if (!this.canConfigure) return Status.SpiClockImpossible;
    this.configuredFrom = sourceHertz;
    this.clockHertz = wantedHertz;
    if (wantedHertz <= this.repairAt) this.brokenRegister = -1;
    return Status.Ok;
  }

  override transfer(buffer: usize, length: u32): Status {
    if (this.yields && this.givesWay > 0) {
      this.givesWay--;
      this.unsent = length + 1;
      if (this.bytesBefore === 0) return Status.Busy;
      // An order whose last byte is through is done.
      const bytes = min<u32>(length, this.bytesBefore);
      this.begin(buffer, bytes);
      this.unsent = length - bytes + 1;
      return bytes === length ? this.end(buffer, 0) : Status.Busy;
    }
    const status = this.begin(buffer, length);
    return status === Status.Ok ? this.end(buffer, 0) : status;
  }

  override send(buffer: usize, length: u32): Status {
    return this.transfer(buffer, length);
  }

  override begin(buffer: usize, length: u32): Status {
    if (this.transactionsLeft === 0) {
      if (this.transactionsFailing > 0 && --this.transactionsFailing === 0) {
        this.transactionsLeft = -1;
      }
      return Status.SpiTimeout;
    }
    if (this.transactionsLeft > 0) this.transactionsLeft--;
    if (this.logged !== 0) this.note(NEXT);
    this.position = 0;
    this.exchangeAll(buffer, length);
    return Status.Ok;
  }

  override settle(): void {}

  override end(buffer: usize, length: u32): Status {
    this.exchangeAll(buffer, length);
    if (this.instruction === WRITE && this.writesIgnored > 0) this.writesIgnored--;
    // Chip select rises: READ RX BUFFER frees its buffer.
    if ((this.instruction & 0xf9) === 0x90) {
      const buffer1 = (this.instruction & 0x04) !== 0;
      this.set(CANINTF, this.get(CANINTF) & ~(buffer1 ? 2 : 1));
    }
    return Status.Ok;
  }

  get(address: u32): u32 {
    return this.registers[placeOf(address)];
  }

  set(address: u32, value: u32): void {
    this.registers[placeOf(address)] = value as u8;
  }

  /** A frame arrives in receive buffer `index`: its 13 registers in hexadecimal. */
  fill(index: u32, registers: string): void {
    for (let byte = 0; byte < 13; byte++) {
      const text = registers.substring(byte * 3, byte * 3 + 2);
      this.set(RXB0SIDH + 16 * index + byte, U32.parseInt(text, 16));
    }
    this.set(CANINTF, this.get(CANINTF) | (1 << index));
  }

  /** The frame in transmit buffer `index` has been sent. */
  finish(index: u32): void {
    const control = TXB0CTRL + 16 * index;
    this.set(control, this.get(control) & ~0x08);
    this.set(CANINTF, this.get(CANINTF) | (4 << index));
  }

  /** The bus wakes a chip that sleeps (section 10.2): listen-only mode, and WAKIF. */
  wake(): void {
    this.set(CANSTAT, MODE_LISTEN_ONLY);
    this.set(CANINTF, this.get(CANINTF) | WAKIF);
  }

  get sent(): string {
    let text = '';
    for (let index = 0; index < this.logged; index++) {
      const entry: u32 = this.log[index];
      if (entry === NEXT) text += '|';
      else text += (text.length === 0 || text.endsWith('|') ? '' : ' ') + hex(entry);
    }
    return text;
  }

  /** Takes what was sent so far and starts afresh. */
  take(): string {
    const sent = this.sent;
    this.logged = 0;
    this.bytes = 0;
    return sent;
  }

  private note(entry: u32): void {
    if (this.logged === LOG_MAXIMUM) this.logged = 0;
    this.log[this.logged++] = entry as u16;
  }

  private exchangeAll(buffer: usize, length: u32): void {
    for (let index: u32 = 0; index < length; index++) {
      const out = load<u8>(buffer + index);
      const isSilent = this.silentValue >= 0 && this.position >= this.silentFrom;
      store<u8>(buffer + index, isSilent ? this.silentValue : this.exchange(out));
      this.note(out);
      this.bytes++;
      this.clock.now += this.ticksPerByte;
    }
  }

  private exchange(out: u32): u32 {
    const position = this.position++;
    if (position === 0) {
      this.instruction = out;
      if (out === RESET) this.reset();
      if ((out & 0xf9) === 0x90) this.address = RXB0SIDH + ((out & 0x04) << 2);
      if ((out & 0xf8) === 0x80) this.request(out & 7);
      if ((out & 0xf8) === 0x40) this.address = 0x31 + ((out & 6) << 3) + ((out & 1) !== 0 ? 5 : 0);
      return 0;
    }
    if (this.instruction === READ_STATUS) return this.status();
    if (this.instruction === RX_STATUS) return this.receiveStatus();
    if ((this.instruction & 0xf9) === 0x90) return this.get(this.address++);
    if ((this.instruction & 0xf8) === 0x40) {
      this.set(this.address++, out);
      return 0;
    }
    if (position === 1) {
      this.address = out;
      return 0;
    }
    if (this.instruction === READ) {
      const fixed = (this.address as i32) === this.readOnly ? this.readOnlyBits : 0;
      return this.get(this.address++) | fixed;
    }
    if (this.instruction === WRITE && this.writesIgnored === 0) this.write(this.address++, out);
    if (this.instruction === BIT_MODIFY) {
      if (position === 2) this.mask = out;
      else this.write(this.address, (this.get(this.address) & ~this.mask) | (out & this.mask));
    }
    return 0;
  }

  private write(address: u32, value: u32): void {
    if ((address as i32) === this.brokenRegister) return;
    this.set(address, value);
    if (address === CANINTF && (value & WAKIF) !== 0 && this.get(CANSTAT) === MODE_SLEEP)
      this.wake();
    if (address === CANCTRL && !this.modeStuck) this.set(CANSTAT, value & 0xe0);
  }

  private reset(): void {
    for (let address: u32 = 0; address < 128; address++) this.set(address, 0xa5);
    this.set(CANSTAT, this.modeStuck ? 0x20 : 0x80);
    this.set(CANCTRL, 0x87);
    this.set(CANINTE, 0);
    this.set(CANINTF, 0);
    this.set(EFLG, 0);
    this.set(TEC, 0);
    this.set(REC, 0);
    for (let index: u32 = 0; index < 3; index++) this.set(TXB0CTRL + 16 * index, 0);
  }

  private request(buffers: u32): void {
    for (let index: u32 = 0; index < 3; index++) {
      if ((buffers & (1 << index)) === 0) continue;
      const control = TXB0CTRL + 16 * index;
      this.set(control, this.get(control) | 0x08);
    }
    if ((this.get(CANSTAT) & 0xe0) === MODE_LOOPBACK && buffers === 7) this.loop();
  }

  /** Section 5 and register 5-1 to 5-3: the bits of three frames, of which TXB2's is short. */
  private loop(): void {
    const cnf2 = this.get(CNF1 - 1);
    const quanta = 1 + (cnf2 & 7) + 1 + ((cnf2 >> 3) & 7) + 1 + (this.get(CNF1 - 2) & 7) + 1;
    const clocks = 2 * ((this.get(CNF1) & 0x3f) + 1) * quanta;
    const ticksPerBit = ((this.clock.ticksPerSecond() * clocks) as f64) / this.crystalHertz;
    this.loopEnds[2] = (this.clock.now as f64) + 68 * ticksPerBit;
    this.loopEnds[1] = this.loopEnds[2] + 131 * ticksPerBit;
    this.loopEnds[0] = this.loopEnds[1] + 131 * ticksPerBit;
  }

  private endLoops(): void {
    for (let index = 0; index < 3; index++) {
      if (this.loopEnds[index] <= (this.clock.now as f64)) this.finish(index);
    }
  }

  /** Figure 12-9: which buffers are full in bits 7..6; form and filter are the test's. */
  private receiveStatus(): u32 {
    return ((this.get(CANINTF) & 3) << 6) | this.formAndFilter;
  }

  /** Figure 12-8: RX0IF, RX1IF, then TXREQ and TXnIF of each transmit buffer. */
  private status(): u32 {
    if ((this.get(CANSTAT) & 0xe0) === MODE_LOOPBACK) this.endLoops();
    const flags = this.get(CANINTF);
    let status = flags & 3;
    for (let index: u32 = 0; index < 3; index++) {
      if ((this.get(TXB0CTRL + 16 * index) & 0x08) !== 0) status |= 4 << (2 * index);
      if ((flags & (4 << index)) !== 0) status |= 8 << (2 * index);
    }
    return status;
  }
}

/** The INT pin of a FakeChip. */
export class FakeLine extends InterruptLine {
  /** How often the pin was read. */
  reads: u32 = 0;
  /** The pin reads as asserted this many more times, whatever the chip says. */
  glitches: u32 = 0;

  /** The pin never reads as asserted. */
  isDead: bool = false;

  constructor(private readonly chip: FakeChip) {
    super();
  }

  override isAsserted(): bool {
    this.reads++;
    if (this.isDead) return false;
    if (this.glitches > 0) {
      this.glitches--;
      return true;
    }
    return (this.chip.get(CANINTF) & this.chip.get(CANINTE)) !== 0;
  }
}

/** A clock that advances 10 microseconds at each look, 1 MHz. */
export class FakeClock extends Clock {
  now: u64 = 0;
  perLook: u64 = 10;
  /** Goes on to the next deadline by itself. */
  skips: bool = false;

  override nowTicks(): u64 {
    this.now += this.perLook;
    return this.now;
  }

  override idleUntil(deadlineTicks: u64): u64 {
    if (!this.skips || deadlineTicks <= this.now || deadlineTicks === u64.MAX_VALUE) return 0;
    const skipped = deadlineTicks - this.now;
    this.now = deadlineTicks;
    return skipped;
  }

  override ticksPerSecond(): u32 {
    return 1_000_000;
  }
}

/** Table 11-1: CANSTAT and CANCTRL end every row of registers. */
function placeOf(address: u32): u32 {
  return (address & 0x0e) === CANSTAT ? address & 0x0f : address;
}

function hex(value: u32): string {
  return value.toString(16).padStart(2, '0');
}
