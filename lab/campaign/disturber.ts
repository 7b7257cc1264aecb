// SPDX-License-Identifier: MIT
/**
 * Disturbs the bus and the chip's surroundings of a running board: each method begins a disturbance and returns how it
 * ends. Several may be at work together.
 *
 * Does not: know the firmware.
 */
import { favourite, type Participant, type WireFault } from '../../twin/bus/attempt.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { LogNode } from '../../twin/bus/log-node.ts';
import type { Rig } from '../rig/rig.ts';
import { Random } from '../random/random.ts';
import { FAULT_RATES, randomFault } from '../random/random-traffic.ts';

const MICROSECOND = 1_000;
// BCM2711 peripherals, chapter 9: control and status of SPI0; TA is bit 7, DONE 16, RXD 17.
const SPI0_CS = 0xfe204000;
const TRANSFER_ACTIVE = 1 << 7;
const DONE = 1 << 16;
const DONE_AND_RXD = (1 << 16) | (1 << 17);
/** Reads of CS after TA that show DONE, as if left from the last transfer. */
const STALE_READS = 2;
/** One byte of so many on SPI has a wrong bit. */
const SPI_ERROR_ONE_IN = 150;
/** A node whose bits are this much shorter sends errors into most frames. */
const WRONG_RATE = 1.25;
const BABBLER_PERIOD_NANOS = 60 * MICROSECOND;
const WRONG_RATE_PERIOD_NANOS = 1_500 * MICROSECOND;

type Disturbance = (participants: readonly Participant[]) => readonly WireFault[];

export class Disturber {
  readonly #rig: Rig;
  readonly #witness: LogNode;
  readonly #babbler: LogNode;
  readonly #wrongNode: LogNode;
  readonly #disturbances = new Set<Disturbance>();
  #misoErrors: Random | undefined;
  #mosiErrors: Random | undefined;
  #staleLeft = 0;
  #isDoneStale = false;
  #stops: 'no' | 'next' | 'now' = 'no';
  #isStopped = false;

  constructor(rig: Rig) {
    const { clock, bus } = rig.board;
    this.#rig = rig;
    this.#witness = new LogNode({ clock, bus, name: 'witness' });
    this.#babbler = new LogNode({ clock, bus, name: 'babbler' });
    const bitrate = (1e9 / bus.bitNanos) * WRONG_RATE;
    const bitClock = { bitrate, samplePoint: 0.8, jumpWidth: 0.1 };
    this.#wrongNode = new LogNode({ clock, bus, name: 'wrong-rate', bitClock });
    this.#wrongNode.participation = 'absent';
    bus.onAttempt((participants) =>
      [...this.#disturbances].flatMap((each) => each(participants)).slice(0, 1),
    );
    this.#breakIntoSpi();
    this.#breakIntoChip();
  }

  /** Other nodes and the wire misread bits, from rarely to nearly always. */
  flips(value: number): () => void {
    const random = new Random(value);
    const rate = random.pick(FAULT_RATES);
    const { chip, sender } = this.#rig.board;
    const nodes = [chip, sender, this.#witness];
    return this.#disturb((participants) => randomFault(random, rate, participants, nodes));
  }

  /** No receiver acknowledges. */
  unacknowledged(): () => void {
    return this.#disturb(() => [{ kind: 'no-acknowledge' }]);
  }

  /** What the chip sends meets an error each time, which drives it bus-off. */
  failOwnFrames(): () => void {
    const { chip } = this.#rig.board;
    return this.#disturb((participants) => {
      const winner = favourite(participants);
      return winner?.node === chip
        ? [{ kind: 'flip', bit: (winner.offer?.wire.length ?? 30) - 20 }]
        : [];
    });
  }

  /** The wire is dominant whenever somebody begins. */
  stuckDominant(): () => void {
    return this.#disturb(() => [{ kind: 'stuck-dominant', bit: 3, bits: 60 }]);
  }

  /** A node sends `identifier` without a pause. */
  babble(identifier: number): () => void {
    const { clock } = this.#rig.board;
    let isOn = true;
    const next = (nanos: number): void => {
      if (!isOn) return;
      const frame = makeFrame({ identifier, data: [1, 2, 3, 4, 5, 6, 7, 8] });
      if (this.#babbler.pendingCount < 2) this.#babbler.enqueue(frame, nanos, 'babbler');
      clock.schedule(nanos + BABBLER_PERIOD_NANOS, next);
    };
    next(clock.now);
    return () => (isOn = false);
  }

  /** A node with another bit rate is on the bus, and now and then sends. */
  wrongRate(value: number): () => void {
    const { clock, bus } = this.#rig.board;
    const node = this.#wrongNode;
    node.participation = 'active';
    let isOn = true;
    const next = (nanos: number): void => {
      if (!isOn) return;
      const frame = makeFrame({ identifier: 0x400 + (value % 0x100), data: [value & 0xff] });
      if (node.pendingCount < 2) node.enqueue(frame, nanos, 'wrong-rate');
      clock.schedule(nanos + WRONG_RATE_PERIOD_NANOS, next);
    };
    next(clock.now);
    bus.requestStart(clock.now);
    return () => {
      isOn = false;
      node.participation = 'absent';
    };
  }

  /** The chip's bits stand still; SPI goes on. A frame on the wire is the last. */
  stopOscillator(): () => void {
    const { bus, clock } = this.#rig.board;
    this.#isStopped = true;
    return () => {
      this.#isStopped = false;
      bus.requestStart(clock.now);
    };
  }

  /** Single bits of bytes on one of the two lines are wrong. */
  spiErrors(line: 'miso' | 'mosi', value: number): () => void {
    if (line === 'miso') this.#misoErrors = new Random(value);
    else this.#mosiErrors = new Random(value);
    return () => {
      if (line === 'miso') this.#misoErrors = undefined;
      else this.#mosiErrors = undefined;
    };
  }

  /** SPI0 shows DONE of the last transfer in the first looks at the next. */
  staleDone(): () => void {
    this.#isDoneStale = true;
    return () => (this.#isDoneStale = false);
  }

  /** The next transfer does not end. */
  stopTransfer(): () => void {
    this.#stops = 'next';
    return () => {};
  }

  #disturb(disturbance: Disturbance): () => void {
    this.#disturbances.add(disturbance);
    return () => void this.#disturbances.delete(disturbance);
  }

  #breakIntoSpi(): void {
    const { chip, machine } = this.#rig.board;
    const exchange = chip.exchange.bind(chip);
    const select = chip.select.bind(chip);
    const deselect = chip.deselect.bind(chip);
    chip.exchange = (mosi, nanos) =>
      damaged(this.#misoErrors, exchange(damaged(this.#mosiErrors, mosi), nanos));
    chip.select = (nanos) => {
      if (this.#stops === 'next') this.#stops = 'now';
      select(nanos);
    };
    chip.deselect = (nanos) => {
      if (this.#stops === 'now') this.#stops = 'no';
      deselect(nanos);
    };
    const read = machine.readDevice.bind(machine);
    const write = machine.writeDevice.bind(machine);
    machine.readDevice = (address, size) => {
      const value = read(address, size);
      if (address !== SPI0_CS) return value;
      if (this.#stops === 'now') return value & ~DONE_AND_RXD;
      if (this.#staleLeft === 0) return value;
      this.#staleLeft -= 1;
      return value | DONE;
    };
    machine.writeDevice = (address, size, value) => {
      write(address, size, value);
      const begins = address === SPI0_CS && (value & TRANSFER_ACTIVE) !== 0;
      if (begins) this.#staleLeft = this.#isDoneStale ? STALE_READS : 0;
    };
  }

  #breakIntoChip(): void {
    const { chip } = this.#rig.board;
    const prototype = Object.getPrototypeOf(chip) as object;
    const of = (name: 'participation' | 'transmitPending'): (() => unknown) =>
      Object.getOwnPropertyDescriptor(prototype, name)!.get!.bind(chip);
    const [participation, pending] = [of('participation'), of('transmitPending')];
    Object.defineProperty(chip, 'participation', {
      get: () => (this.#isStopped ? 'absent' : participation()),
    });
    Object.defineProperty(chip, 'transmitPending', {
      get: () => (this.#isStopped ? false : pending()),
    });
  }
}

/** A byte of SPI, now and then with a wrong bit. */
function damaged(errors: Random | undefined, byte: number): number {
  return errors?.chance(1 / SPI_ERROR_ONE_IN) === true ? byte ^ (1 << errors.below(8)) : byte;
}
