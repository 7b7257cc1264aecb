// SPDX-License-Identifier: MIT
/**
 * A host for unit tests: every import of src/abi, and a few addresses by which a spec steers it.
 *
 * A spec talks to it through the ABI itself, with mmio_read32 and mmio_write32 on the CONTROL
 * addresses below.
 * Does not: model the board (twin/ does). It remembers, and plays back what it is given.
 *
 * Normal memory (memory_*) is bytes at any address, zero until written. A device register reads
 * what was last written to it; only the SPI0 block does more: bytes written to its FIFO while a
 * transfer is active come back inverted, or as the spec has queued them.
 */

/** Write: empties the log of device writes and hypercalls and the queue of answers. */
const CONTROL_CLEAR = 0xf0000000;
/** Read: how many device writes there were. */
const CONTROL_WRITES = 0xf0000004;
/** Write 1: SPI0 accepts bytes and never finishes; 2: it finishes, and the bytes are gone; 0: works. */
const CONTROL_SPI_STUCK = 0xf0000008;
/** Write: one more byte that SPI0 is to receive, before it falls back to inverted ones. */
const CONTROL_SPI_ANSWER = 0xf000000c;
/** Read: how many hypercalls there were. */
const CONTROL_HYPERCALLS = 0xf0000010;
/** Write: ticks that the counter advances at each read (54 at start: one microsecond). */
const CONTROL_TICKS_PER_READ = 0xf0000014;
/** Write: the value that the next hypercalls return. */
const CONTROL_HYPERCALL_RESULT = 0xf0000018;
/** Write: GPLEV0 goes to zero when this many more bytes have been written to SPI0's FIFO. */
const CONTROL_LINE_LOW_AFTER = 0xf000001c;
/** Read: address (+0) and value (+4) registered by fault_write32. */
const CONTROL_FAULT_WRITE = 0xf0000020;
/** Read: how often the module slept (+0), and the low half of the last deadline (+4). */
const CONTROL_SLEEPS = 0xf0000028;
/** Write: so many reads of SPI0's CS from now on show neither DONE nor a byte received. */
const CONTROL_SPI_READS_TO_DONE = 0xf0000030;
/** Read: 1 while fault_write_late puts that write off. */
const CONTROL_FAULT_LATE = 0xf0000034;
/** Read: device write n at +8n: address, value. */
const CONTROL_WRITE_LOG = 0xf0010000;
/** Read: hypercall n at +16n: code, argument 1, argument 2. */
const CONTROL_HYPERCALL_LOG = 0xf0020000;
const CONTROL_END = 0xf0030000;

const COUNTER_HERTZ = 54_000_000;
const FRAME_BYTES = 16;

const SPI0 = 0xfe204000;
const SPI_CS = SPI0 + 0x00;
const SPI_FIFO = SPI0 + 0x04;
const SPI_CS_CLEAR_RX = 1 << 5;
const SPI_CS_TA = 1 << 7;
const SPI_CS_DONE = 1 << 16;
const SPI_CS_RXD = 1 << 17;
const SPI_CS_TXD = 1 << 18;
const GPLEV0 = 0xfe200034;

/** The SPI0 block, without time: a byte is back as soon as it has been written. */
class FakeSpi {
  stuck = 0;
  readsToDone = 0;
  answers = [];
  #control = 0;
  #received = [];

  read(address) {
    if (address === SPI_FIFO) return this.#received.shift() ?? 0;
    if ((this.#control & SPI_CS_TA) === 0) return this.#control | SPI_CS_TXD;
    if (this.readsToDone > 0) {
      this.readsToDone--;
      return this.#control | SPI_CS_TXD;
    }
    const received = this.#received.length > 0 ? SPI_CS_RXD : 0;
    return this.#control | SPI_CS_TXD | received | (this.stuck === 1 ? 0 : SPI_CS_DONE);
  }

  write(address, value) {
    if (address === SPI_CS) {
      this.#control = value & ~SPI_CS_CLEAR_RX;
      if (value & SPI_CS_CLEAR_RX) this.#received = [];
    } else if (this.#control & SPI_CS_TA && this.stuck === 0) {
      this.#received.push(this.answers.shift() ?? ~value & 0xff);
    }
  }
}

/** Bytes at any address, zero until written. */
class FakeMemory {
  #bytes = new Map();

  read(address, size) {
    let value = 0n;
    for (let index = size - 1; index >= 0; index--) {
      value = (value << 8n) | BigInt(this.#bytes.get((address >>> 0) + index) ?? 0);
    }
    return size === 8 ? BigInt.asIntN(64, value) : Number(value) | 0;
  }

  write(address, size, value) {
    let rest = BigInt.asUintN(64, BigInt(value));
    for (let index = 0; index < size; index++, rest >>= 8n) {
      this.#bytes.set((address >>> 0) + index, Number(rest & 0xffn));
    }
  }
}

/** The devices: a register file, SPI0, and the control addresses. */
class FakeDevices {
  hypercallResult = 0;
  ticksPerRead = 54n;
  writes = [];
  hypercalls = [];
  faultWrite = [0, 0];
  isFaultLate = false;
  sleeps = [0, 0];
  #bytesToLineLow = 0;
  #spi = new FakeSpi();
  #registers = new Map();

  read(address) {
    if (address === SPI_CS || address === SPI_FIFO) return this.#spi.read(address);
    if (address >= CONTROL_CLEAR && address < CONTROL_END) return this.#readControl(address);
    return this.#registers.get(address) ?? 0;
  }

  write(address, value) {
    if (address >= CONTROL_CLEAR && address < CONTROL_END) return this.#control(address, value);
    this.writes.push([address, value]);
    if (address === SPI_FIFO && --this.#bytesToLineLow === 0) this.#registers.set(GPLEV0, 0);
    if (address === SPI_CS || address === SPI_FIFO) return this.#spi.write(address, value);
    this.#registers.set(address, value);
  }

  #readControl(address) {
    if (address >= CONTROL_HYPERCALL_LOG) {
      const offset = address - CONTROL_HYPERCALL_LOG;
      return this.hypercalls[offset >>> 4]?.[(offset & 15) >>> 2] ?? 0;
    }
    if (address >= CONTROL_WRITE_LOG) {
      const offset = address - CONTROL_WRITE_LOG;
      return this.writes[offset >>> 3]?.[(offset & 7) >>> 2] ?? 0;
    }
    if (address === CONTROL_WRITES) return this.writes.length;
    if (address === CONTROL_HYPERCALLS) return this.hypercalls.length;
    if (address === CONTROL_FAULT_WRITE) return this.faultWrite[0];
    if (address === CONTROL_FAULT_WRITE + 4) return this.faultWrite[1];
    if (address === CONTROL_FAULT_LATE) return this.isFaultLate ? 1 : 0;
    if (address === CONTROL_SLEEPS) return this.sleeps[0];
    if (address === CONTROL_SLEEPS + 4) return this.sleeps[1];
    throw new Error(`fake host: 0x${address.toString(16)} is not a control address to read`);
  }

  #control(address, value) {
    if (address === CONTROL_CLEAR) {
      this.writes = [];
      this.hypercalls = [];
      this.#spi.answers = [];
    } else if (address === CONTROL_SPI_STUCK) this.#spi.stuck = value;
    else if (address === CONTROL_SPI_READS_TO_DONE) this.#spi.readsToDone = value;
    else if (address === CONTROL_SPI_ANSWER) this.#spi.answers.push(value & 0xff);
    else if (address === CONTROL_LINE_LOW_AFTER) this.#bytesToLineLow = value;
    else if (address === CONTROL_TICKS_PER_READ) this.ticksPerRead = BigInt(value);
    else if (address === CONTROL_HYPERCALL_RESULT) this.hypercallResult = value;
    else throw new Error(`fake host: 0x${address.toString(16)} is not a control address to write`);
  }
}

/** The imports of one module; `linearMemory` is its own memory, for frames of the socket ABI. */
export function createFakeHost(linearMemory) {
  const memory = new FakeMemory();
  const devices = new FakeDevices();
  let ticks = 0n;
  const nothing = () => {};

  const bsp = {
    mmio_read32: (address) => devices.read(address >>> 0) | 0,
    mmio_write32: (address, value) => void devices.write(address >>> 0, value >>> 0),
    barrier_read: nothing,
    barrier_write: nothing,
    barrier_full: nothing,
    barrier_device: nothing,
    counter_read: () => BigInt.asIntN(64, (ticks += devices.ticksPerRead)),
    counter_hertz: () => COUNTER_HERTZ,
    system_error_pending: () => 0,
    hypercall: (code, argument1, argument2) => {
      devices.hypercalls.push([code >>> 0, argument1 >>> 0, argument2 >>> 0]);
      return devices.hypercallResult | 0;
    },
    idle_until: nothing,
    sleep_until: (deadline) => {
      devices.sleeps = [devices.sleeps[0] + 1, Number(BigInt.asUintN(32, deadline))];
    },
    fault_write_late: (isLate) => {
      devices.isFaultLate = isLate !== 0;
    },
    fault_write32: (address, value) => {
      devices.faultWrite = [address >>> 0, value >>> 0];
    },
  };
  for (const bits of [8, 16, 32, 64]) {
    bsp[`memory_read${bits}`] = (address) => memory.read(address, bits / 8);
    bsp[`memory_write${bits}`] = (address, value) => memory.write(address, bits / 8, value);
  }

  /** Frames sent come back in order. */
  const frames = [];
  const at = (address, index) =>
    new Uint8Array(linearMemory.buffer, (address >>> 0) + FRAME_BYTES * index, FRAME_BYTES);
  const socket = {
    socket_waiting: () => (frames.length > 0 ? 1 : 0),
    socket_receive: (address, limit) => {
      const taken = frames.splice(0, limit);
      taken.forEach((bytes, index) => at(address, index).set(bytes));
      return taken.length;
    },
    socket_send: (address, count) => {
      for (let index = 0; index < count; index += 1) frames.push(at(address, index).slice());
      return count;
    },
  };

  return { imports: { bsp, socket } };
}
