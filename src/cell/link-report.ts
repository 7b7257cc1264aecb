// SPDX-License-Identifier: MIT
/**
 * LinkReport: reports when AGL comes, goes, or stays away, and ends the session of a dead bridge.
 *
 * Does not: begin sessions. The cell answers urgent frames with or without one.
 */
import { FaultState } from '../can/fault-state';
import { BridgeHeartbeat } from '../page/bridge-heartbeat';
import { Sentence } from '../page/sentences';
import { TraceEvent } from '../page/trace-event';
import { PEER_STATE_READY } from '../hal/peer-link';
import { Counter } from '../rt/counters';
import { Deadline, microsToTicks } from '../rt/deadline';
import { Status } from '../rt/status';
import { AnyParts } from './parts';

/** How long AGL may stay away before a line reports it. */
const ABSENT_MICROS: u32 = 2_000_000;

@final
export class LinkReport<Parts extends AnyParts> {
  private wasRunning: bool = false;
  private started: bool = false;
  /** `framesLost` when the last session began. */
  private lostBefore: u32 = 0;
  private readonly absent: Deadline = new Deadline();
  private readonly absentTicks: u64;
  readonly heartbeat: BridgeHeartbeat;

  constructor(private readonly parts: Parts) {
    this.absentTicks = microsToTicks(ABSENT_MICROS, parts.clock.ticksPerSecond());
    this.heartbeat = new BridgeHeartbeat(parts.clock.ticksPerSecond());
  }

  /** Compares with the last call. Writes at most one line. */
  update(nowTicks: u64): void {
    const parts = this.parts;
    if (!parts.linkUsable) return;
    if (!this.started) {
      this.started = true;
      this.absent.start(nowTicks, this.absentTicks);
    }
    const isBusOff = parts.controller.faultState() === FaultState.BusOff;
    parts.agl.noteBusOff(isBusOff, parts.settings.restartMillis === 0);
    this.lookAtBridge(nowTicks);
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

  /**
   * Watches the bridge's heartbeat. A Linux that has panicked leaves its ivshmem state at READY, so
   * the state does not tell.
   */
  private lookAtBridge(nowTicks: u64): void {
    const parts = this.parts;
    if (!parts.records.on) return;
    const heartbeat = this.heartbeat;
    const requests = parts.records.requests;
    const isPeerReady = parts.link.peerState() === PEER_STATE_READY;
    const wasSilent = heartbeat.isSilent;
    const beat = requests.heartbeat;
    if (heartbeat.look(beat, requests.heartbeatLimitMillis, isPeerReady, nowTicks))
      this.saySilent();
    if (heartbeat.isSilent !== wasSilent) parts.agl.noteSilence(heartbeat.isSilent);
  }

  private saySilent(): void {
    this.parts.journal.say(Status.PeerSilent, Sentence.First, 0);
  }

  private sayGone(): void {
    const parts = this.parts;
    parts.counters.count(Counter.PeerLost);
    parts.journal.tell(TraceEvent.SessionLost, parts.agl.lastFault, 0);
  }

  private sayConnected(): void {
    this.parts.counters.count(Counter.PeerConnected);
    const lost = this.framesLost;
    this.parts.records.statuses.forgetLink();
    this.parts.journal.tell(TraceEvent.SessionBegun, 0, lost - this.lostBefore);
    this.lostBefore = lost;
  }

  /**
   * Frames for AGL that were lost: there was no room, no peer, or the session ended with them under
   * way.
   */
  private get framesLost(): u32 {
    return (
      this.parts.counters.of(Counter.ForwardDroppedFull) +
      this.parts.counters.of(Counter.ForwardDroppedNoPeer) +
      this.parts.counters.of(Counter.ForwardDroppedOwnRing) +
      this.parts.counters.of(Counter.ForwardDroppedFault) +
      this.parts.agl.counters.lostInFlight
    );
  }

  private sayAbsent(): void {
    const fault = this.parts.agl.lastFault;
    const status: Status = fault === Status.Ok ? Status.PeerNotReady : fault;
    this.parts.journal.say(status, Sentence.NoSession, 0);
  }
}
