// SPDX-License-Identifier: MIT
/**
 * FaultMonitor: overflow, fault confinement state, error counters, and whether the chip has kept its
 * settings, one register access at a time.
 *
 * Does not: touch the receive flags. READ RX BUFFER clears them; clearing one here could lose the next frame.
 *
 * A round begins with a look and continues while there is something to do about it. It makes one transaction
 * per call, so that a frame never waits for more than one of them:
 *
 *   look           READ CANINTF, EFLG (6 bytes); periodically READ the eight registers from CNF3 to
 *                  CANCTRL (10 bytes), which also shows whether the chip has lost its settings: after a
 *                  brown-out it is in configuration mode
 *   full look      and after a new state READ TEC, REC (6 bytes)
 *   overflow       clear the bits that were seen (4 bytes)
 *   flags          clear MERRF and ERRIF (4 bytes), so that the next look shows whether errors continue
 *                  and whether a short state has come and gone
 *
 * Each READ continues to CANSTAT and CANCTRL, which end every row of registers (table 11-1). The bytes before
 * them are believed only when both are as they were set up. A chip that was reset has other values. When the
 * supply drops in the middle of a READ, the rest is all ones or all zeros, and neither value is that. Then a
 * full look comes next; if it does not show the settings either, they are lost.
 *
 * EFLG shows the present state. ERRIF, which asserts no interrupt here, is set when a state begins and stays
 * set. Set while EFLG shows an unchanged state, it means a state too short to be seen. Section 7.7 does not
 * say whether it can be cleared while a state lasts. So outside the active state it counts only after it was
 * seen clear in that state.
 */
import { FaultState } from '../../can/fault-state';
import { SpiBus } from '../../hal/spi-bus';
import { Counter, Counters } from '../../rt/counters';
import { Status } from '../../rt/status';
import { modifyRegister, readRegisters, registersRead } from './instructions';
import {
  CANCTRL_ABAT,
  CANINTE_RX0IE,
  CANINTE_RX1IE,
  CANINTF,
  CANINTF_ERRIF,
  CANINTF_MERRF,
  CANSTAT_OPMOD_MASK,
  CNF3,
  EFLG,
  EFLG_EWARN,
  EFLG_RX0OVR,
  EFLG_RX1OVR,
  EFLG_RXEP,
  EFLG_TXBO,
  EFLG_TXEP,
  TEC,
} from './registers';

/** Event: the fault confinement state has changed. The counters were read after that. */
export const EVENT_STATE: u32 = 1 << 0;
/** Event: a frame was lost because the receive buffers were full. */
export const EVENT_OVERFLOW: u32 = 1 << 1;
/** Event: the chip has lost its settings, seen twice in a row. */
export const EVENT_CHIP_RESET: u32 = 1 << 2;
/** Event: a frame met an error, received or sent, since the last round. */
export const EVENT_BUS_ERROR: u32 = 1 << 4;
/** Event: a worse state than the present one has begun and ended. Comes with EVENT_STATE. */
export const EVENT_BRIEF_STATE: u32 = 1 << 5;
/** Event: the look was a full one. */
export const EVENT_FULL_LOOK: u32 = 1 << 3;

/** The registers of a full look: CNF3, CNF2, CNF1, CANINTE, CANINTF, EFLG, CANSTAT, CANCTRL. */
const LOOK_REGISTERS: u32 = 8;
/** On SPI: READ, the first register, and the values. */
export const FULL_LOOK_BYTES: u32 = 2 + LOOK_REGISTERS;
const LOOK_FLAGS_SHIFT: u64 = 32;
const LOOK_INTERRUPTS: u64 = 0xff;
/** CANSTAT and CANCTRL, which end a row of registers: the mode, and what is asked for but an abort. */
const MODE_MASK: u32 = CANSTAT_OPMOD_MASK | ((0xff & ~CANCTRL_ABAT) << 8);
const LOOK_MODE_SHIFT: u64 = 48;
/** What must stay as set: timing and interrupt enables, and the mode. */
const LOOK_SETTINGS_MASK: u64 = 0xffffffff | ((MODE_MASK as u64) << LOOK_MODE_SHIFT);
/** CANINTF and EFLG, or TEC and REC, and CANSTAT and CANCTRL behind them. */
const PAIR_REGISTERS: u32 = 4;
const PAIR_MODE_SHIFT: u32 = 16;
/** EFLG alone, and those behind it. */
const SINGLE_REGISTERS: u32 = 3;
const SINGLE_MODE_SHIFT: u32 = 8;

const OVERFLOW_MASK: u32 = EFLG_RX0OVR | EFLG_RX1OVR;
const RECEIVE_FLAGS: u32 = CANINTE_RX0IE | CANINTE_RX1IE;

@final
export class FaultMonitor<Bus extends SpiBus> {
  /** The fault confinement state last read. */
  faultState: FaultState = FaultState.ErrorActive;
  /** EFLG as last read. */
  errorFlags: u32 = 0;
  /** Error counters, read after each full look and change of state. TEC stops at 255 in the chip. */
  transmitErrors: u32 = 0;
  receiveErrors: u32 = 0;
  /** True once an error on the bus was seen, in a received or sent frame (CANINTF.MERRF). */
  busErrorSeen: bool = false;
  /** RXnIF as of the last full look. */
  receiveFlags: u32 = 0;
  /** The last transaction was a full look. */
  receiveFlagsFresh: bool = false;

  /** EVENT_... bits not taken yet. */
  private events: u32 = 0;
  /** Counted overflow bits that must be cleared. */
  private overflowSeen: u32 = 0;
  /** MERRF, ERRIF: seen, must be cleared. */
  private flagsSeen: u32 = 0;
  /** ERRIF was seen clear in the present state. */
  private flagSeenClear: bool = false;
  /** The counters must be read. */
  private countersDue: bool = false;
  /** The state has changed since the counters were read. */
  private stateChanged: bool = false;
  /** The registers of a full look when the chip was set up. 0: unknown. */
  private settings: u64 = 0;
  /** The settings were found lost. The next look must confirm it. */
  private doubted: bool = false;

  constructor(
    private readonly bus: Bus,
    private readonly counters: Counters,
  ) {}

  /** Error counters start again: forgets the current round and what was seen, but not the settings. */
  restart(): void {
    this.faultState = FaultState.ErrorActive;
    this.errorFlags = 0;
    this.transmitErrors = 0;
    this.receiveErrors = 0;
    this.receiveFlags = 0;
    this.busErrorSeen = false;
    this.events = 0;
    this.overflowSeen = 0;
    this.flagsSeen = 0;
    this.flagSeenClear = false;
    this.countersDue = false;
    this.stateChanged = false;
    this.doubted = false;
  }

  /**
   * Records the current settings as those that must stay. One full look (10 bytes).
   * `ChipNotInNormalMode`: the chip is not in `mode`, as CANSTAT.OPMOD has it, so they are not its own.
   */
  rememberSettings(mode: u32): Status {
    const status = readRegisters(this.bus, CNF3, LOOK_REGISTERS);
    if (status !== Status.Ok) return status;
    const settings = registersRead() & LOOK_SETTINGS_MASK;
    const found = ((settings >> LOOK_MODE_SHIFT) as u32) & CANSTAT_OPMOD_MASK;
    if (found !== mode) return Status.ChipNotInNormalMode;
    this.settings = settings;
    this.doubted = false;
    return status;
  }

  /** Stops comparing settings until they are remembered again. */
  forgetSettings(): void {
    this.settings = 0;
    this.doubted = false;
  }

  /**
   * Checks outside of a round whether bus-off lasts: `Busy` while it does. `ChipNotInNormalMode`: the chip
   * has lost its settings, twice in a row. READ (5 bytes).
   */
  checkRecovered(): Status {
    const status = readRegisters(this.bus, EFLG, SINGLE_REGISTERS);
    if (status !== Status.Ok) return status;
    const registers = registersRead() as u32;
    if (!this.isOfSettings(registers >> SINGLE_MODE_SHIFT)) return this.doubt();
    this.doubted = false;
    return (registers & EFLG_TXBO) === 0 ? status : Status.Busy;
  }

  /**
   * Checks outside of a round whether the settings are those recorded. `Busy`: they are not, and another
   * look is to show that too. `ChipNotInNormalMode`: it has. READ (10 bytes).
   */
  confirmSettings(): Status {
    const status = readRegisters(this.bus, CNF3, LOOK_REGISTERS);
    if (status !== Status.Ok) return status;
    if ((registersRead() & LOOK_SETTINGS_MASK) !== this.settings) return this.doubt();
    this.doubted = false;
    return status;
  }

  /** True in the middle of a round. */
  get inProgress(): bool {
    return this.overflowSeen !== 0 || this.flagsSeen !== 0 || this.countersDue || this.doubted;
  }

  /** Takes the EVENT_... bits since the last call. Only between rounds. */
  takeEvents(): u32 {
    const events = this.events;
    this.events = 0;
    return events;
  }

  /**
   * The next transaction of a round, or the first of a new one, which is a full or a short look. `Busy`: the
   * round continues.
   */
  step(full: bool): Status {
    let status: Status;
    this.receiveFlagsFresh = false;
    if (this.countersDue) {
      status = readRegisters(this.bus, TEC, PAIR_REGISTERS);
      if (status === Status.Ok) this.takeCounters(registersRead() as u32);
    } else if (this.overflowSeen !== 0) {
      status = modifyRegister(this.bus, EFLG, this.overflowSeen, 0);
      if (status === Status.Ok) this.overflowSeen = 0;
    } else if (this.flagsSeen !== 0) {
      // After the overflow bits: each overflow sets ERRIF, which must not be taken for a state.
      status = modifyRegister(this.bus, CANINTF, this.flagsSeen, 0);
      if (status === Status.Ok) this.flagsSeen = 0;
    } else if (full || this.doubted) {
      status = readRegisters(this.bus, CNF3, LOOK_REGISTERS);
      if (status === Status.Ok) this.takeFullLook(registersRead());
    } else {
      status = readRegisters(this.bus, CANINTF, PAIR_REGISTERS);
      if (status === Status.Ok) this.takeShortLook(registersRead() as u32);
    }
    if (status === Status.Ok && this.inProgress) return Status.Busy;
    return status;
  }

  private takeFullLook(registers: u64): void {
    if (this.settings !== 0 && (registers & LOOK_SETTINGS_MASK) !== this.settings) {
      if (this.doubted) this.events |= EVENT_CHIP_RESET;
      this.doubted = !this.doubted;
      // The fault flags of a chip that lost its settings say nothing about this bus.
      return;
    }
    this.doubted = false;
    this.events |= EVENT_FULL_LOOK;
    this.receiveFlagsFresh = true;
    this.countersDue = true;
    const flags = (registers >> LOOK_FLAGS_SHIFT) as u32;
    this.receiveFlags = flags & RECEIVE_FLAGS & (((registers >> 24) & LOOK_INTERRUPTS) as u32);
    this.takeFlags(flags);
  }

  private takeShortLook(registers: u32): void {
    if (this.isOfSettings(registers >> PAIR_MODE_SHIFT)) this.takeFlags(registers);
    else this.doubted = true;
  }

  /** CANSTAT in bits 0..7 and CANCTRL in 8..15 are as set up. */
  private isOfSettings(mode: u32): bool {
    const settings = this.settings;
    return settings === 0 || (mode & MODE_MASK) === ((settings >> LOOK_MODE_SHIFT) as u32);
  }

  private doubt(): Status {
    const wasDoubted = this.doubted;
    this.doubted = true;
    return wasDoubted ? Status.ChipNotInNormalMode : Status.Busy;
  }

  /** `registers`: CANINTF in bits 0..7, EFLG in 8..15. */
  private takeFlags(registers: u32): void {
    if ((registers & CANINTF_MERRF) !== 0) {
      this.busErrorSeen = true;
      this.flagsSeen = CANINTF_MERRF;
      this.events |= EVENT_BUS_ERROR;
    }
    const errorFlags = (registers >> 8) & 0xff;
    this.errorFlags = errorFlags;
    this.overflowSeen = errorFlags & OVERFLOW_MASK;
    if (this.overflowSeen !== 0) this.events |= EVENT_OVERFLOW;
    if ((errorFlags & EFLG_RX0OVR) !== 0) this.counters.count(Counter.ReceiveOverflow0);
    if ((errorFlags & EFLG_RX1OVR) !== 0) this.counters.count(Counter.ReceiveOverflow1);

    const state = faultStateOf(errorFlags);
    const isNew = state !== this.faultState;
    this.takeLatch((registers & CANINTF_ERRIF) !== 0, state, isNew);
    if (!isNew) return;
    this.faultState = state;
    this.countersDue = true;
    this.stateChanged = true;
    this.counters.count(Counter.FaultStateChanges);
  }

  /** Handles ERRIF of a look that has shown `state`. */
  private takeLatch(isSet: bool, state: FaultState, isNew: bool): void {
    const isUnexplained = isSet && !isNew && this.overflowSeen === 0 && this.flagSeenClear;
    if (isUnexplained && state < FaultState.ErrorPassive) {
      this.events |= EVENT_BRIEF_STATE;
      this.countersDue = true;
      this.stateChanged = true;
      this.counters.count(Counter.FaultStateChanges);
    }
    const isClearable = isNew || this.flagSeenClear || state === FaultState.ErrorActive;
    if (isSet && isClearable) this.flagsSeen |= CANINTF_ERRIF;
    this.flagSeenClear = !isSet && !isNew;
  }

  private takeCounters(registers: u32): void {
    this.countersDue = false;
    if (!this.isOfSettings(registers >> PAIR_MODE_SHIFT)) {
      // They are read again, after the full look that comes first.
      this.doubted = true;
      return;
    }
    this.transmitErrors = registers & 0xff;
    this.receiveErrors = (registers >> 8) & 0xff;
    if (this.stateChanged) this.events |= EVENT_STATE;
    this.stateChanged = false;
  }
}

/** The fault confinement state that EFLG describes. */
export function faultStateOf(errorFlags: u32): FaultState {
  if ((errorFlags & EFLG_TXBO) !== 0) return FaultState.BusOff;
  if ((errorFlags & (EFLG_TXEP | EFLG_RXEP)) !== 0) return FaultState.ErrorPassive;
  if ((errorFlags & EFLG_EWARN) !== 0) return FaultState.ErrorWarning;
  return FaultState.ErrorActive;
}
