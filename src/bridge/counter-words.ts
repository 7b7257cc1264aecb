/**
 * The names of the counters, as people and programs on the AGL side read them.
 */
import { Counter } from '../rt/counters';
import { PAGE_LINK_COUNTERS_FIRST } from '../page/layout';

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
    case Counter.SystemErrors:
      return 'system_errors';
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
    case Counter.AnsweredNotForwarded:
      return 'answered_not_forwarded';
    case Counter.ForwardDroppedOwnRing:
      return 'forward_dropped_own_ring';
    case Counter.ForwardDroppedUnsupported:
      return 'forward_dropped_unsupported';
    case Counter.ForwardDroppedFault:
      return 'forward_dropped_fault';
    case Counter.ReceiveBroken:
      return 'receive_broken';
    case Counter.ErrorMessagesForwarded:
      return 'error_messages_forwarded';
    case Counter.FromAglTaken:
      return 'from_agl_taken';
    case Counter.FromAglMalformed:
      return 'from_agl_malformed';
    case Counter.FromAglErrorMessages:
      return 'from_agl_error_messages';
    case Counter.FromAglStopped:
      return 'from_agl_stopped';
    case Counter.FromAglListenOnly:
      return 'from_agl_listen_only';
    case Counter.FromAglFaulted:
      return 'from_agl_faulted';
    case Counter.FromAglSent:
      return 'from_agl_sent';
    case Counter.FromAglTimedOut:
      return 'from_agl_timed_out';
    case Counter.FromAglWithdrawn:
      return 'from_agl_withdrawn';
    case Counter.FromAglBusOff:
      return 'from_agl_bus_off';
    case Counter.FromAglChipReset:
      return 'from_agl_chip_reset';
    case Counter.FromAglLostArbitration:
      return 'from_agl_lost_arbitration';
    case Counter.FromAglErrors:
      return 'from_agl_errors';
    case Counter.AnswersSent:
      return 'answers_sent';
    case Counter.AnswersTimedOut:
      return 'answers_timed_out';
    case Counter.AnswersWithdrawn:
      return 'answers_withdrawn';
    case Counter.AnswersBusOff:
      return 'answers_bus_off';
    case Counter.AnswersChipReset:
      return 'answers_chip_reset';
    case Counter.AnswersLostArbitration:
      return 'answers_lost_arbitration';
    case Counter.AnswersErrors:
      return 'answers_errors';
    case Counter.AnswersListenOnly:
      return 'answers_listen_only';
    case Counter.AnswersFaulted:
      return 'answers_faulted';
    default:
      return linkCounterName((index as u32) - PAGE_LINK_COUNTERS_FIRST);
  }
}

/** The name of a counter of the link to AGL, in the order of LinkCounters. */
function linkCounterName(index: u32): string {
  switch (index) {
    case 0:
      return 'link_sent';
    case 1:
      return 'link_received';
    case 2:
      return 'link_dropped_no_peer';
    case 3:
      return 'link_dropped_full';
    case 4:
      return 'link_dropped_unsupported';
    case 5:
      return 'link_transmitted';
    case 6:
      return 'link_refused';
    case 7:
      return 'link_malformed';
    case 8:
      return 'link_violations';
    case 9:
      return 'link_connected';
    case 10:
      return 'link_lost';
    case 11:
      return 'link_lost_in_flight';
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
