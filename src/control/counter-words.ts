/**
 * The names of the counters, as people and programs on the AGL side read them.
 *
 * Used by: status-text.ts, status-json.ts. tests/contract holds them against src/rt/counters.ts: each
 * counter has its own name in snake case.
 */
import { Counter } from '../rt/counters';

/** The name of counter `index`; empty when nothing is counted there. */
export function counterName(index: Counter): string {
  switch (index) {
    case Counter.Received:
      return 'received';
    case Counter.Transmitted:
      return 'transmitted';
    case Counter.ReceiveOverflow0:
      return 'receive_overflow_0';
    case Counter.ReceiveOverflow1:
      return 'receive_overflow_1';
    case Counter.SpiTimeouts:
      return 'spi_timeouts';
    case Counter.SpuriousInterrupts:
      return 'spurious_interrupts';
    case Counter.FaultStateChanges:
      return 'fault_state_changes';
    case Counter.AnsweredStatic:
      return 'answered_static';
    case Counter.AnsweredComputed:
      return 'answered_computed';
    case Counter.AnswersDropped:
      return 'answers_dropped';
    case Counter.Forwarded:
      return 'forwarded';
    case Counter.ForwardDroppedFull:
      return 'forward_dropped_full';
    case Counter.ForwardDroppedNoPeer:
      return 'forward_dropped_no_peer';
    case Counter.DroppedByRule:
      return 'dropped_by_rule';
    case Counter.FromAgl:
      return 'from_agl';
    case Counter.FromAglRefused:
      return 'from_agl_refused';
    case Counter.PeerConnected:
      return 'peer_connected';
    case Counter.PeerLost:
      return 'peer_lost';
    case Counter.TransmitAborted:
      return 'transmit_aborted';
    case Counter.TransmitLostArbitration:
      return 'transmit_lost_arbitration';
    case Counter.TransmitErrors:
      return 'transmit_errors';
    case Counter.BusOff:
      return 'bus_off';
    case Counter.Restarts:
      return 'restarts';
    case Counter.ChipResets:
      return 'chip_resets';
    case Counter.InterruptsMissed:
      return 'interrupts_missed';
    case Counter.ErrorMessagesDropped:
      return 'error_messages_dropped';
    case Counter.DeadlineMisses:
      return 'deadline_misses';
    case Counter.Sleeps:
      return 'sleeps';
    case Counter.WakesByBus:
      return 'wakes_by_bus';
    case Counter.AnswersDelayed:
      return 'answers_delayed';
    default:
      return '';
  }
}

const ERROR_MESSAGE_KINDS: u32 = 9;

/** Which kind of error message counter `index` counts: its bit number + 1; 0: it counts none. */
export function errorMessageKind(index: u32): u32 {
  const first: u32 = Counter.ErrorMessagesFirst;
  return index >= first && index < first + ERROR_MESSAGE_KINDS ? index - first + 1 : 0;
}
