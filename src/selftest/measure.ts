// SPDX-License-Identifier: MIT
/**
 * Measures what the twin's model of this board assumes (twin/machine/timing-model.ts): one line for each constant.
 * With it a round of the loop (round.ts) and a doorbell, which follow from the constants if the model is right.
 *
 * An access is timed in loops of four and of eight, so that the loop itself and the two reads of the counter cancel;
 * what is left of it is one instruction, which is subtracted. Values are picoseconds.
 * Does not: tell what Linux does to the caches meanwhile; the helper can load Linux while this runs.
 */
import { counter_read, hypercall, mmio_read32, mmio_write32 } from '../abi/bsp';
import { IdleSetting } from '../cell/command-line';
import { InterruptController, Trigger } from '../chip/gic400/interrupt-controller';
import { VIRTUAL_TIMER_INTERRUPT } from '../chip/gic400/registers';
import { GPLEV0, SPI_DLEN } from '../chip/bcm2711/registers';
import { timedTransaction } from '../driver/mcp2515/instructions';
import { SPI_PART_BYTES_MAXIMUM } from '../hal/spi-bus';
import { IvshmemLink } from '../jailhouse/ivshmem-link';
import { Status } from '../rt/status';
import { TestParts } from './parts';
import { Round } from './round';

const PICOS: u64 = 1_000_000_000_000;
const ROUNDS: u32 = 250;
/** Accesses that the loop of eight has more than that of four. */
const MORE: u64 = 4;
const TRAPPED_ROUNDS: u32 = 50;
/** Each wakes the bridge. */
const DOORBELLS: u32 = 64;
/** Around a doorbell: the target, a barrier, the second read of the counter. */
const DOORBELL_INSTRUCTIONS: u64 = 9;
/** A round of `mix`: three shifted exclusive ors, a count, a branch. */
const MIX_INSTRUCTIONS: u64 = 5;
const MIX_ROUNDS: u32 = 20_000;
/** The clock of the core is looked at so often, over about this time each. */
const CLOCK_LOOKS: u32 = 16;
const CLOCK_PAUSE_MICROS: u32 = 5_000;
const HYPERCALL_PUTC: u32 = 8;
const CHARACTERS: u32 = 64;
const CHARACTER_POINT: u32 = 0x2e;
/** Around a hypercall: its arguments, and the second read of the counter (isb, mrs). */
const HYPERCALL_INSTRUCTIONS: u64 = 7;
const SLEEPS: u32 = 64;
const SLEEP_TICKS: u64 = 2_000;
/** Between the two reads of the counter of a sleep that ends at once. */
const SLEEP_INSTRUCTIONS: u64 = 8;
/** Around the rounds of `mix` behind a wake-up, beside those of a sleep that ends at once. */
const DELAY_INSTRUCTIONS: u64 = 3;
/** Delays behind a wake-up, so that its time does not always end at the same place of a tick. */
const DELAYS: u32 = 16;

enum Kind {
  Load = 0,
  Store = 1,
  Trapped = 2,
  Counter = 3,
}

/** What the last instruction mix has made: a result that must exist. */
let mixed: u64 = 0x9e3779b97f4a7c15;

@final
export class Measurement {
  private instruction: u64 = 0;
  private counter: u64 = 0;
  private readonly round: Round = new Round(this.parts.line);

  constructor(private readonly parts: TestParts) {}

  /** Measures everything and says it. Takes about 0.2 s. */
  run(): void {
    this.clock();
    const instruction = this.instruction;
    const pins = this.parts.pinAddress;
    const spi = this.parts.spiAddress;
    this.say('deviceReadNanos', this.access(Kind.Load, pins + GPLEV0, ROUNDS) - instruction);
    this.say('deviceWriteNanos', this.access(Kind.Store, spi + SPI_DLEN, ROUNDS) - instruction);
    this.counter = this.access(Kind.Counter, 0, ROUNDS) - 2 * instruction;
    this.say('counterReadNanos', this.counter);
    const pci = this.parts.host.region.pciConfigurationBase;
    if (pci !== 0) {
      this.say('trappedAccessNanos', this.access(Kind.Trapped, pci, TRAPPED_ROUNDS) - instruction);
    }
    this.doorbells();
    this.hypercalls();
    this.say('roundNanos', this.picos(this.round.ticks(ROUNDS), ROUNDS));
    if (this.parts.settings.idle !== IdleSetting.Poll) this.sleeps();
    this.spi();
    this.parts.report.console.text('canwarden: measured').endLine().flush();
  }

  /** The shortest and the longest of many looks at the clock of the core; the model takes the longest. */
  private clock(): void {
    let least: u64 = u64.MAX_VALUE;
    let most: u64 = 0;
    mix(MIX_ROUNDS);
    for (let look: u32 = 0; look < CLOCK_LOOKS; look++) {
      const before = counter_read();
      mix(MIX_ROUNDS);
      const took = this.picos(counter_read() - before, MIX_INSTRUCTIONS * MIX_ROUNDS);
      least = min<u64>(least, took);
      most = max<u64>(most, took);
      this.parts.pause(CLOCK_PAUSE_MICROS);
    }
    this.instruction = most;
    this.say('nanosPerInstruction', most);
    this.say('nanosPerInstructionLeast', least);
  }

  /** One access, with its instruction. */
  private access(kind: Kind, address: u32, rounds: u32): u64 {
    const few = accesses(kind, address, rounds, false);
    const many = accesses(kind, address, rounds, true);
    return many < few ? 0 : this.picos(many - few, MORE * rounds);
  }

  /** An interrupt for Linux, which the hypervisor sends. */
  private doorbells(): void {
    if (this.parts.host.openLink() !== Status.Ok) return;
    const ticks = doorbellTicks(this.parts.host.link);
    const around = this.counter + DOORBELL_INSTRUCTIONS * this.instruction;
    this.say('doorbellNanos', this.picos(ticks, DOORBELLS) - around);
  }

  /** A character by the hypervisor, while its UART is at rest. */
  private hypercalls(): void {
    const host = this.parts.host;
    if (!host.region.consoleByHypercall) return;
    let ticks: u64 = 0;
    for (let count: u32 = 0; count < CHARACTERS; count++) {
      const endTicks = this.parts.after(CLOCK_PAUSE_MICROS);
      while (!host.isAtRest() && counter_read() < endTicks) continue;
      const before = counter_read();
      hypercall(HYPERCALL_PUTC, CHARACTER_POINT, 0);
      ticks += counter_read() - before;
    }
    this.parts.report.console.endLine().flush();
    const around = this.counter + HYPERCALL_INSTRUCTIONS * this.instruction;
    this.say('hypercallNanos', this.picos(ticks, CHARACTERS) - around);
  }

  /** An interrupt that is taken at once, then one that ends a sleep. */
  private sleeps(): void {
    const region = this.parts.host.region;
    const clock = this.parts.clock;
    const interrupts = new InterruptController();
    interrupts.place(region.distributorBase, region.cpuInterfaceBase);
    if (!interrupts.enable(VIRTUAL_TIMER_INTERRUPT, Trigger.Level)) return;
    interrupts.open();
    let atOnce: u64 = 0;
    let late: u64 = 0;
    let delays: u64 = 0;
    for (let count: u32 = 0; count < SLEEPS; count++) {
      const before = counter_read();
      clock.sleepUntil(before);
      atOnce += endTicks() - before;
      interrupts.end(interrupts.acknowledge());
      const delay = count % DELAYS;
      const wakeTicks = counter_read() + SLEEP_TICKS;
      clock.sleepUntil(wakeTicks);
      mix(delay + 1);
      late += endTicks() - wakeTicks;
      delays += delay + 1;
      interrupts.end(interrupts.acknowledge());
    }
    interrupts.close();
    interrupts.disable(VIRTUAL_TIMER_INTERRUPT);
    const around = this.counter + SLEEP_INSTRUCTIONS * this.instruction;
    const exit = this.picos(atOnce, SLEEPS) - around;
    this.say('interruptExitNanos', exit);
    // The counter shows the last whole tick: half a one on average.
    const delayed = ((MIX_INSTRUCTIONS * delays) / SLEEPS + DELAY_INSTRUCTIONS) * this.instruction;
    const woken = this.picos(2 * late + SLEEPS, 2 * SLEEPS) - delayed;
    this.say('wakeUpNanos', woken - exit - around);
  }

  /** A byte on the wire at the set clock, and what a transaction takes beside its bytes. */
  private spi(): void {
    this.parts.spi.configure(this.parts.coreHertz, this.parts.settings.spiHertz);
    const whole = this.transaction(SPI_PART_BYTES_MAXIMUM);
    const one = this.transaction(1);
    const byte = (whole - one) / (SPI_PART_BYTES_MAXIMUM - 1);
    this.say('spiByte', byte);
    this.say('spiSelect', one > byte ? one - byte : 0);
  }

  private transaction(bytes: u32): u64 {
    const before = counter_read();
    for (let count: u32 = 0; count < ROUNDS; count++) timedTransaction(this.parts.spi, bytes);
    return this.picos(counter_read() - before, ROUNDS);
  }

  private picos(ticks: u64, count: u64): u64 {
    return (ticks * (PICOS / this.parts.clock.ticksPerSecond())) / count;
  }

  private say(name: string, picos: u64): void {
    const console = this.parts.report.console;
    console.text('canwarden: measure ').text(name).text(' ').decimal(picos).endLine().flush();
  }
}

/** Ticks of DOORBELLS doorbells, each timed alone. */
function doorbellTicks(link: IvshmemLink): u64 {
  let ticks: u64 = 0;
  for (let count: u32 = 0; count < DOORBELLS; count++) {
    const before = counter_read();
    link.notifyPeer();
    ticks += endTicks() - before;
  }
  return ticks;
}

/** Executes MIX_INSTRUCTIONS instructions, `rounds` times. */
function mix(rounds: u32): void {
  let value = mixed;
  do {
    value ^= value << 13;
    value ^= value >> 7;
    value ^= value << 17;
    rounds--;
  } while (rounds !== 0);
  mixed = value;
}

/**
 * The counter at the end of what is timed. A second read follows at once, so that no instruction behind the first
 * is begun, or charged by the twin as part of its block, before it.
 */
function endTicks(): u64 {
  const ticks = counter_read();
  counter_read();
  return ticks;
}

/** Ticks of `rounds` times four accesses, or eight. */
function accesses(kind: Kind, address: u32, rounds: u32, isLong: bool): u64 {
  const before = counter_read();
  if (kind === Kind.Store) {
    for (let round: u32 = 0; round < rounds; round++) {
      fourStores(address);
      if (isLong) fourStores(address);
    }
  } else if (kind === Kind.Counter) {
    for (let round: u32 = 0; round < rounds; round++) {
      fourCounters();
      if (isLong) fourCounters();
    }
  } else {
    for (let round: u32 = 0; round < rounds; round++) {
      fourLoads(address);
      if (isLong) fourLoads(address);
    }
  }
  return counter_read() - before;
}

function fourLoads(address: u32): void {
  mmio_read32(address);
  mmio_read32(address);
  mmio_read32(address);
  mmio_read32(address);
}

function fourStores(address: u32): void {
  mmio_write32(address, 0);
  mmio_write32(address, 0);
  mmio_write32(address, 0);
  mmio_write32(address, 0);
}

function fourCounters(): void {
  counter_read();
  counter_read();
  counter_read();
  counter_read();
}
