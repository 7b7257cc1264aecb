// SPDX-License-Identifier: MIT
/**
 * Listener: what a chip in listen-only mode hears at a bit rate that may be wrong: good frames and errors.
 *
 * In that mode no bit of the chip's own is on the bus, no acknowledge either (DS20001801J, section 10.3). Its
 * error counters stand still, so CANINTF.MERRF tells of errors.
 * Does not: take frames. Both receive buffers are given back unread.
 */
import { SpiBus } from '../../hal/spi-bus';
import { Status } from '../../rt/status';
import { modifyRegister, readRegisters, registersRead } from './instructions';
import {
  CANINTE_RX0IE,
  CANINTE_RX1IE,
  CANINTF,
  CANINTF_MERRF,
  CANSTAT_OPMOD_MASK,
  MODE_LISTEN_ONLY,
} from './registers';

/** CANINTF, EFLG, CANSTAT. */
const LISTEN_REGISTERS: u32 = 3;
const MODE_SHIFT: u32 = 16;
const RECEIVED_MASK: u32 = CANINTE_RX0IE | CANINTE_RX1IE;

@final
export class Listener<Bus extends SpiBus> {
  /** Looks since `begin` that found a good frame, and that found an error. */
  frames: u32 = 0;
  errors: u32 = 0;
  /** The chip was in listen-only mode at the last look. */
  hears: bool = false;
  /** Flags that were seen and must be cleared. */
  private seen: u32 = 0;

  constructor(private readonly bus: Bus) {}

  /** Begins anew. */
  begin(): void {
    this.frames = 0;
    this.errors = 0;
    this.hears = false;
    this.seen = 0;
  }

  /** One transaction: a look, READ (5 bytes), or BIT MODIFY (4) to clear what it found: then `Busy` before it. */
  step(): Status {
    if (this.seen !== 0) {
      const status = modifyRegister(this.bus, CANINTF, this.seen, 0);
      if (status === Status.Ok) this.seen = 0;
      return status;
    }
    const status = readRegisters(this.bus, CANINTF, LISTEN_REGISTERS);
    if (status !== Status.Ok) return status;
    const registers = registersRead() as u32;
    this.hears = ((registers >> MODE_SHIFT) & CANSTAT_OPMOD_MASK) === MODE_LISTEN_ONLY;
    this.seen = registers & (RECEIVED_MASK | CANINTF_MERRF);
    if ((registers & RECEIVED_MASK) !== 0) this.frames++;
    if ((registers & CANINTF_MERRF) !== 0) this.errors++;
    return this.seen === 0 ? status : Status.Busy;
  }
}
