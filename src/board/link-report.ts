/**
 * LinkReport: says on the console when AGL comes, goes, or stays away.
 *
 * Used by: upkeep-tasks.ts, about once a millisecond.
 * Does not: act on it; the cell answers urgent frames either way.
 */
import { FaultState } from '../can/fault-state';
import { TraceEvent } from '../control/trace-event';
import { count, Counter, countOf } from '../rt/counters';
import { Deadline, microsToTicks } from '../rt/deadline';
import { Status } from '../rt/status';
import { CellParts } from './cell-parts';

/** How long AGL may stay away before a line says so. */
const ABSENT_MICROS: u32 = 2_000_000;

@final
export class LinkReport {
  private wasRunning: bool = false;
  private started: bool = false;
  /** `framesLost` when the last session began. */
  private lostBefore: u32 = 0;
  private readonly absent: Deadline = new Deadline();
  private readonly absentTicks: u64;

  constructor(private readonly parts: CellParts) {
    this.absentTicks = microsToTicks(ABSENT_MICROS, parts.clock.ticksPerSecond());
  }

  /** Compares with the last call and writes at most one line. */
  update(nowTicks: u64): void {
    const parts = this.parts;
    if (!parts.linkUsable) return;
    if (!this.started) {
      this.started = true;
      this.absent.start(nowTicks, this.absentTicks);
    }
    const isBusOff = parts.controller.faultState() === FaultState.BusOff;
    parts.agl.noteBusOff(isBusOff, parts.settings.restartMillis === 0);
    const running = parts.agl.running;
    if (running !== this.wasRunning) {
      this.wasRunning = running;
      if (running) this.absent.cancel();
      else this.absent.start(nowTicks, this.absentTicks);
      if (running) this.sayConnected();
      else this.sayGone();
    } else if (this.absent.reached(nowTicks)) {
      this.absent.cancel();
      this.sayAbsent();
    }
  }

  private sayGone(): void {
    const parts = this.parts;
    count(Counter.PeerLost);
    parts.control.note(TraceEvent.SessionLost, parts.agl.lastFault, 0);
    parts.console.text('canwarden: AGL gone').endLine();
  }

  private sayConnected(): void {
    count(Counter.PeerConnected);
    this.parts.control.note(TraceEvent.SessionBegun, 0, 0);
    const lost = this.framesLost;
    const console = this.parts.console.text('canwarden: AGL connected');
    if (lost !== this.lostBefore) {
      console.text(', frames for it lost since it last was: ').decimal(lost - this.lostBefore);
    }
    console.endLine();
    this.lostBefore = lost;
  }

  /** Frames that were to reach AGL and will not: no room, nobody there, or under way at the end. */
  private get framesLost(): u32 {
    return (
      countOf(Counter.ForwardDroppedFull) +
      countOf(Counter.ForwardDroppedNoPeer) +
      countOf(Counter.ForwardDroppedOwnRing) +
      countOf(Counter.ForwardDroppedFault) +
      this.parts.agl.counters.lostInFlight
    );
  }

  private sayAbsent(): void {
    const fault = this.parts.agl.lastFault;
    const status: Status = fault === Status.Ok ? Status.PeerNotReady : fault;
    this.parts.control.said(status);
    this.parts.console
      .text('canwarden: no session with AGL for 2 s; urgent frames are answered, others are not')
      .text(' forwarded. Is canwarden-bridge running? (status ')
      .decimal(status)
      .text(')')
      .endLine();
  }
}
