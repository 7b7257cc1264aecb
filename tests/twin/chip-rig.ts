// SPDX-License-Identifier: MIT
/**
 * A board in miniature for the chip's tests: a bus, one other node, an MCP2515, and SPI by hand.
 *
 * Register numbers here are the datasheet's (DS20001801J), typed again on purpose: the tests must
 * not take them from the model.
 */
import { CanBus, type WireRecord } from '../../twin/bus/can-bus.ts';
import { makeFrame, type CanFrame } from '../../twin/bus/can-frame.ts';
import { LogNode } from '../../twin/bus/log-node.ts';
import { Mcp2515 } from '../../twin/chip/mcp2515/mcp2515.ts';
import type { SiliconOptions } from '../../twin/chip/mcp2515/options.ts';
import { VirtualClock } from '../../twin/clock.ts';

/** One byte at 10 MHz with nine clocks. */
export const BYTE_NANOS = 900;
export const CANCTRL = 0x0f;
export const CANSTAT = 0x0e;
export const CANINTE = 0x2b;
export const CANINTF = 0x2c;
export const EFLG = 0x2d;
export const TEC = 0x1c;
export const REC = 0x1d;
export const CNF3 = 0x28;

/** CNF3, CNF2, CNF1 for 500 kbit/s with a 16 MHz crystal (facts, table of section 2.3). */
const TIMING_500K_16MHZ = [0x01, 0xb5, 0x00];

export interface Rig {
  readonly clock: VirtualClock;
  readonly bus: CanBus;
  readonly other: LogNode;
  readonly chip: Mcp2515;
  readonly records: WireRecord[];
  /** Nanoseconds of one bit. */
  readonly bit: number;
  /** One chip select with these bytes; returns what came back. */
  spi(...bytes: number[]): number[];
  read(address: number): number;
  write(address: number, ...values: number[]): void;
  modify(address: number, mask: number, value: number): void;
  /** Lets virtual time pass. */
  pass(nanos: number): void;
  /** Reset, 500 kbit/s at 16 MHz, both buffers open, all interrupts but errors on, normal mode. */
  startNormal(): void;
  /** The other node sends a frame now and it goes through. */
  deliver(options: Parameters<typeof makeFrame>[0]): CanFrame;
}

/** What of the board can be chosen. */
type RigOptions = SiliconOptions & { oscillatorHertz?: number };

/** Makes the board. `oscillatorHertz` other than 16 MHz makes the chip's bit rate wrong. */
export function makeRig(options: RigOptions = {}): Rig {
  const clock = new VirtualClock();
  const bus = new CanBus({ clock, bitrate: 500_000 });
  const other = new LogNode({ clock, bus, name: 'other' });
  const chip = new Mcp2515({ clock, bus, name: 'chip', oscillatorHertz: 16e6, ...options });
  const records: WireRecord[] = [];
  bus.onFrame((record) => records.push(record));
  const bit = 2000;
  const rig: Rig = {
    clock,
    bus,
    other,
    chip,
    records,
    bit,
    spi(...bytes) {
      chip.select(clock.now);
      const answer = bytes.map((byte) => {
        clock.advanceTo(clock.now + BYTE_NANOS);
        return chip.exchange(byte, clock.now);
      });
      chip.deselect(clock.now);
      return answer;
    },
    read: (address) => rig.spi(0x03, address, 0)[2],
    write: (address, ...values) => void rig.spi(0x02, address, ...values),
    modify: (address, mask, value) => void rig.spi(0x05, address, mask, value),
    pass: (nanos) => clock.advanceTo(clock.now + nanos),
    startNormal() {
      rig.pass(20_000);
      rig.spi(0xc0);
      rig.pass(20_000);
      rig.write(CNF3, ...TIMING_500K_16MHZ);
      // Masks of zero: every standard frame hits filter 0. Filters: standard but for RXF1 and RXF5.
      rig.write(0x20, 0, 0, 0, 0, 0, 0, 0, 0);
      for (const filter of [0x00, 0x04, 0x08, 0x10, 0x14, 0x18]) {
        rig.write(filter, 0, filter === 0x04 || filter === 0x18 ? 0x08 : 0, 0, 0);
      }
      rig.write(0x60, 0x04);
      rig.write(0x70, 0x00);
      rig.write(CANINTE, 0x1f);
      rig.write(CANCTRL, 0x00);
      rig.pass(11 * bit + 2000);
    },
    deliver(frameOptions) {
      const frame = makeFrame(frameOptions);
      other.enqueue(frame, clock.now, 'other');
      rig.pass(170 * bit);
      return frame;
    },
  };
  return rig;
}

/** Normal mode with interrupts off; the other node acknowledges. */
export function running(options: RigOptions = {}): Rig {
  const rig = makeRig(options);
  rig.startNormal();
  rig.write(CANINTE, 0);
  return rig;
}

/** Loads a standard frame without data into buffer n. */
export function load(rig: Rig, buffer: number, identifier: number): void {
  rig.spi(0x40 + 2 * buffer, identifier >> 3, (identifier & 7) << 5, 0, 0, 0);
}

/**
 * Alternating bits without stuffing: data starts at wire bit 19, and bit 21 is recessive. Inverted, it
 * is a bit error to the sender and, five bits later, a stuff error to the others.
 */
export const ALTERNATING = { identifier: 0x555, data: [0xaa, 0xaa, 0xaa, 0xaa] };
export const FLIP = { kind: 'flip', bit: 21 } as const;

export function loadAlternating(rig: Rig): void {
  rig.spi(0x40, 0xaa, 0xa0, 0, 0, 4, 0xaa, 0xaa, 0xaa, 0xaa);
}

export function control(rig: Rig, buffer: number): number {
  return rig.read(0x30 + 0x10 * buffer);
}
