// SPDX-License-Identifier: MIT
/**
 * BusDiagnosis: recognises a wrong crystal, or a bus without another node, by the errors they
 * cause.
 *
 * Each finding is reported once, until the next frame is received or sent.
 * Does not: change anything.
 */
import { RATE_DOUBTFUL, TRY_12_MHZ, TRY_16_MHZ, TRY_8_MHZ } from '../../page/sentences';
import { BitRate } from '../../driver/mcp2515/bit-rate';
import { BusMode } from '../../driver/mcp2515/modes';
import { EFLG_RXEP, EFLG_RXWAR, EFLG_TXEP } from '../../driver/mcp2515/registers';
import { Counter } from '../../rt/counters';
import { Deadline, microsToTicks } from '../../rt/deadline';
import { Status } from '../../rt/status';
import { AnyParts } from '../parts';
import { FaultReport } from './report';

/** How long there must be errors and no frame before the finding is reported. */
const PATIENCE_MICROS: u32 = 500_000;
/**
 * How long no frame may be acknowledged before the finding is reported. A high TEC alone proves
 * nothing: it stays high for many good frames after a bad time.
 */
const LONELINESS_MICROS: u32 = 50_000;

/** The crystals that HATs with an MCP2515 are sold with. */
const CRYSTAL_8_MHZ: u32 = 8_000_000;
const CRYSTAL_12_MHZ: u32 = 12_000_000;
const CRYSTAL_16_MHZ: u32 = 16_000_000;

@final
export class BusDiagnosis<Parts extends AnyParts> {
  private readonly patience: Deadline = new Deadline();
  private waiting: bool = false;
  private saidOnlyErrors: bool = false;
  private saidNotAcknowledged: bool = false;
  /** Frames received and sent so far. Each was acknowledged, so another node is there. */
  private traffic: u32 = 0;
  /**
   * No frame of the controller is acknowledged. `loneliness` runs from the first look that found
   * this.
   */
  private isAlone: bool = false;
  private readonly loneliness: Deadline = new Deadline();
  /** Tries which crystals could make the bit rate. */
  private readonly trial: BitRate = new BitRate();
  private readonly patienceTicks: u64;
  private readonly lonelinessTicks: u64;

  constructor(
    private readonly parts: Parts,
    private readonly report: FaultReport<Parts>,
  ) {
    this.patienceTicks = microsToTicks(PATIENCE_MICROS, parts.clock.ticksPerSecond());
    this.lonelinessTicks = microsToTicks(LONELINESS_MICROS, parts.clock.ticksPerSecond());
  }

  /** Judges what the last full look has read. Reports at most one finding. */
  look(nowTicks: u64): void {
    this.lookAtAcknowledge(nowTicks);
    if (this.saidOnlyErrors) return;
    if (this.parts.counters.of(Counter.Received) !== 0 || !this.onlyErrors) {
      this.waiting = false;
    } else if (!this.waiting) {
      this.waiting = true;
      this.patience.start(nowTicks, this.patienceTicks);
    } else if (this.patience.reached(nowTicks)) {
      this.saidOnlyErrors = true;
      this.sayOnlyErrors();
    }
  }

  /**
   * Other nodes send, and the cell understands none of it. In listen-only mode the error counters
   * stand still, so CANINTF.MERRF tells.
   */
  private get onlyErrors(): bool {
    const controller = this.parts.controller;
    if (controller.setup.modes.wanted === BusMode.ListenOnly) return controller.faults.busErrorSeen;
    return (controller.faults.errorFlags & (EFLG_RXWAR | EFLG_RXEP)) !== 0;
  }

  private lookAtAcknowledge(nowTicks: u64): void {
    const traffic =
      this.parts.counters.of(Counter.Transmitted) + this.parts.counters.of(Counter.Received);
    if (traffic !== this.traffic) {
      this.traffic = traffic;
      this.isAlone = false;
      this.saidNotAcknowledged = false;
    }
    const controller = this.parts.controller;
    const flags = controller.faults.errorFlags;
    const alone = (flags & EFLG_TXEP) !== 0 && (flags & (EFLG_RXWAR | EFLG_RXEP)) === 0;
    // Aborting a frame that timed out proves nothing. Only traffic, or errors of another kind, show
    // that another node is there.
    if (!alone) {
      this.isAlone = false;
    } else if (!this.isAlone && controller.anyTransmitBusy) {
      this.isAlone = true;
      this.loneliness.start(nowTicks, this.lonelinessTicks);
    }
    if (!this.isAlone || this.saidNotAcknowledged || !this.loneliness.reached(nowTicks)) return;
    this.saidNotAcknowledged = true;
    this.report.notAcknowledged();
  }

  private sayOnlyErrors(): void {
    let crystals: u32 = this.couldBe(CRYSTAL_8_MHZ) ? TRY_8_MHZ : 0;
    if (this.couldBe(CRYSTAL_12_MHZ)) crystals |= TRY_12_MHZ;
    if (this.couldBe(CRYSTAL_16_MHZ)) crystals |= TRY_16_MHZ;
    const doubt = this.parts.controller.rate.isDoubtful ? RATE_DOUBTFUL : 0;
    this.report.onlyErrors(crystals | doubt);
  }

  /** True when this crystal could make the bit rate, differs from the setting, and none was measured. */
  private couldBe(oscillatorHertz: u32): bool {
    const settings = this.parts.settings;
    if (this.parts.crystalHertz !== 0) return false;
    if (oscillatorHertz === settings.oscillatorHertz) return false;
    return this.trial.calculate(oscillatorHertz, settings.bitrate) === Status.Ok;
  }
}
