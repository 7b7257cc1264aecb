/**
 * ErrorService: overflow and fault state, one register access at a time.
 *
 * Used by: controller.ts.
 * Does not: touch the receive flags; READ RX BUFFER clears those by itself, and clearing one here
 * could lose the next frame.
 *
 * A round is up to three transactions of 4 bytes: read CANINTF and EFLG, clear the overflow bits
 * that were seen, clear ERRIF. One per call, so that a frame never waits for more than one of them.
 */
import { FaultState } from '../../can/fault-state';
import { SpiBus } from '../../hal/spi-bus';
import { count, Counter } from '../../rt/counters';
import { Status } from '../../rt/status';
import { modifyRegister, readRegisters, registersRead } from './instructions';
import {
  CANINTF,
  CANINTF_ERRIF,
  EFLG,
  EFLG_EWARN,
  EFLG_RX0OVR,
  EFLG_RX1OVR,
  EFLG_RXEP,
  EFLG_TXBO,
  EFLG_TXEP,
} from './registers';

@final
export class ErrorService<Bus extends SpiBus> {
  /** The fault confinement state last read. */
  faultState: FaultState = FaultState.ErrorActive;
  /** Overflow bits that were counted and are to be cleared. */
  private overflowSeen: u32 = 0;
  /** CANINTF.ERRIF was seen and is to be cleared. */
  private interruptSeen: bool = false;

  constructor(private readonly bus: Bus) {}

  /** The chip has been reset: forgets a round that was under way. */
  restart(): void {
    this.faultState = FaultState.ErrorActive;
    this.overflowSeen = 0;
    this.interruptSeen = false;
  }

  /** True in the middle of a round. */
  get inProgress(): bool {
    return this.overflowSeen !== 0 || this.interruptSeen;
  }

  /** The next transaction of a round, or the first of a new one. `Busy`: the round goes on. */
  step(): Status {
    let status: Status;
    if (this.overflowSeen !== 0) {
      status = modifyRegister(this.bus, EFLG, this.overflowSeen, 0);
      this.overflowSeen = 0;
    } else if (this.interruptSeen) {
      status = modifyRegister(this.bus, CANINTF, CANINTF_ERRIF, 0);
      this.interruptSeen = false;
    } else {
      status = readRegisters(this.bus, CANINTF, 2);
      if (status === Status.Ok) this.take(registersRead() as u32);
    }
    if (status === Status.Ok && this.inProgress) return Status.Busy;
    return status;
  }

  private take(registers: u32): void {
    const errorFlags = (registers >> 8) & 0xff;
    this.interruptSeen = (registers & CANINTF_ERRIF) !== 0;
    this.overflowSeen = errorFlags & (EFLG_RX0OVR | EFLG_RX1OVR);
    if ((errorFlags & EFLG_RX0OVR) !== 0) count(Counter.ReceiveOverflow0);
    if ((errorFlags & EFLG_RX1OVR) !== 0) count(Counter.ReceiveOverflow1);

    const state = faultStateOf(errorFlags);
    if (state === this.faultState) return;
    this.faultState = state;
    count(Counter.FaultStateChanges);
  }
}

/** The fault confinement state that EFLG describes. */
export function faultStateOf(errorFlags: u32): FaultState {
  if ((errorFlags & EFLG_TXBO) !== 0) return FaultState.BusOff;
  if ((errorFlags & (EFLG_TXEP | EFLG_RXEP)) !== 0) return FaultState.ErrorPassive;
  if ((errorFlags & EFLG_EWARN) !== 0) return FaultState.ErrorWarning;
  return FaultState.ErrorActive;
}
