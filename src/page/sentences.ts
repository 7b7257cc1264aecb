// SPDX-License-Identifier: MIT
/**
 * Writes what a record of the trace says, as a sentence. The console and `canwarden trace` use the
 * same sentences, so they always agree.
 *
 * A status has more than one sentence if the cell meets it in more than one situation; `Sentence`
 * tells them apart. The first sentence of a status is that of the start-up.
 * Does not: name the status, begin a line or end it; its caller does.
 */
import { Status } from '../rt/status';
import { TraceEvent } from './trace-event';

/** Receives text: the cell's console, or the text of the bridge. */
export interface Words {
  text(value: string): Words;
  decimal(value: u64): Words;
  hexadecimal(value: u32, digits: u32): Words;
  /** Appends the bytes at `address` up to the first 0, at most `most`. */
  characters(address: usize, most: u32): Words;
}

/** Which sentence of a status it is. */
export enum Sentence {
  /** At start-up. Also the only sentence of a status. */
  First = 0,
  /** The chip does not come back while the cell runs. */
  ChipGone = 1,
  /** AGL stays away. */
  NoSession = 2,
  /** GPIO events: the cell's own event was removed, and was put back. */
  EventTakenOut = 3,
}

/** Why a sleeping chip wakes. */
export enum WakeReason {
  Bus = 0,
  Agl = 1,
  Late = 2,
  Timer = 3,
}

/** Bytes of a task's name in its row. */
const TASK_NAME_BYTES: u32 = 16;

// The value of `BusOnlyErrors`: the bit rate, one bit for each crystal that could make it, and one
// bit if the crystal in use misses it by more than half a percent.
export const TRY_8_MHZ: u32 = 1 << 20;
export const TRY_12_MHZ: u32 = 1 << 21;
export const TRY_16_MHZ: u32 = 1 << 22;
export const RATE_DOUBTFUL: u32 = 1 << 23;
const BITRATE_MASK: u32 = (1 << 20) - 1;

// The value of `NotAcknowledged`: TEC in the low byte, the bit rate above it.
const BITRATE_SHIFT: u32 = 8;

// The value of `StepLate`: the task's number, its longest step in microseconds, its late steps.
// Each is limited to its field.
const LATE_TASK_BITS: u32 = 5;
const LATE_MICROS_BITS: u32 = 14;
const LATE_MICROS_MAXIMUM: u32 = (1 << 14) - 1;
const LATE_COUNT_MAXIMUM: u32 = (1 << 13) - 1;

/**
 * Makes the value of `StepLate`. A number that is too large for its field becomes the field's
 * maximum.
 */
export function lateValue(task: u32, micros: u32, count: u32): u32 {
  const shownMicros = min<u32>(micros, LATE_MICROS_MAXIMUM);
  const shownCount = min<u32>(count, LATE_COUNT_MAXIMUM);
  const upper = (shownCount << LATE_MICROS_BITS) | shownMicros;
  return (upper << LATE_TASK_BITS) | task;
}

/** The number of the task in the value of `StepLate`. */
export function lateTask(value: u32): u32 {
  return value & ((1 << LATE_TASK_BITS) - 1);
}

/**
 * Appends the sentence of a record. Returns false if it has none. `taskName`: address of the
 * TASK_NAME_BYTES bytes of the name of the task that `StepLate` is about; 0: not known.
 */
export function appendSentence<Out extends Words>(
  out: Out,
  event: TraceEvent,
  a: u32,
  b: u32,
  taskName: usize,
): bool {
  switch (event) {
    case TraceEvent.StatusSaid:
      return appendStatus<Out>(out, (a & 0xff) as Status, (a >> 8) as Sentence, b, taskName);
    case TraceEvent.SessionBegun:
      out.text('AGL connected');
      if (b !== 0) out.text(', frames for it lost since it last was: ').decimal(b);
      return true;
    case TraceEvent.SessionLost:
      out.text('AGL gone');
      if (a !== 0) out.text(', given up by the cell');
      return true;
    case TraceEvent.Restarted:
      out.text('back on the bus');
      return true;
    case TraceEvent.ChipBack:
      out.text('the MCP2515 is back on the bus, counters kept');
      return true;
    case TraceEvent.RateFound:
      out
        .text('on the bus at ')
        .decimal(b)
        .text(' bit/s, sample point ')
        .decimal(a / 10);
      out
        .text('.')
        .decimal(a % 10)
        .text(' %');
      return true;
    case TraceEvent.Asleep:
      out.text('asleep: nothing on the bus for ').decimal(b).text(' s');
      return true;
    case TraceEvent.Awake:
      out.text('awake: ').text(wakeWords(a as WakeReason));
      return true;
    case TraceEvent.RulesSwapped:
      out.text('new rules in force, asked for by AGL: ').decimal(a);
      return true;
    case TraceEvent.RulesKept:
      out.decimal(a).text(' of ').decimal(b).text(' rules go on with their counter and rate, ');
      out.text('the others begin anew');
      return true;
    case TraceEvent.RulesWaiting:
      out.text("rules that the chip's filters serve only after a restart of the cell: ").decimal(a);
      return true;
    case TraceEvent.RequestRefused:
      out.text("a request of AGL's refused");
      if (b >> 16 !== 0) out.text(' at rule ').decimal(b >> 16);
      out.text(': nothing has changed');
      return true;
    case TraceEvent.ShutDown:
      out.text('shut down on request');
      if (a !== 0) out.text('; the CAN controller did not stop');
      return true;
    default:
      return false;
  }
}

/** The status at the end of a record's sentence; 0: none. */
export function statusOf(event: TraceEvent, a: u32): u32 {
  if (event === TraceEvent.StatusSaid) return a & 0xff;
  const hasReason =
    event === TraceEvent.RequestRefused ||
    event === TraceEvent.SessionLost ||
    event === TraceEvent.ShutDown;
  return hasReason ? a : 0;
}

function wakeWords(reason: WakeReason): string {
  if (reason === WakeReason.Bus) return 'a frame on the bus, which is lost by that';
  if (reason === WakeReason.Agl) return 'AGL has a frame for the bus';
  if (reason === WakeReason.Timer) return 'a frame of the table is due';
  return 'a frame came while the chip went to sleep';
}

function appendStatus<Out extends Words>(
  out: Out,
  status: Status,
  sentence: Sentence,
  value: u32,
  taskName: usize,
): bool {
  if (sentence === Sentence.ChipGone) {
    out.text('the MCP2515 does not come back; tried again every 100 ms');
    return true;
  }
  if (sentence === Sentence.NoSession) {
    out.text('no session with AGL for 2 s; urgent frames are answered, others are not forwarded.');
    out.text(' Is canwarden-bridge running?');
    return true;
  }
  switch (status) {
    case Status.BitRateSought:
      out.text('bitrate=auto: the cell listens until it has found the bit rate');
      return true;
    case Status.CrystalUnmeasured:
      out.text(
        'the crystal cannot be measured by frames in loopback mode. Set osc= to what stands on it',
      );
      return true;
    case Status.CrystalUnusual:
      out.text('the crystal measures ').decimal(value);
      out.text(
        ' Hz, not within 2 % of 8, 10, 12, 16, 20, 25 or 40 MHz. Set osc= to what stands on it',
      );
      return true;
    case Status.CrystalDiffers:
      out.text('the crystal measures about ').decimal(value);
      out.text(' Hz, and osc= says another one, which is kept. Set osc=auto');
      return true;
    case Status.BusOnlyErrors:
      appendOnlyErrors<Out>(out, value);
      return true;
    case Status.NotAcknowledged:
      out.text('nobody acknowledges what the cell sends (TEC ').decimal(value & 0xff);
      out.text('). Is another node on the bus, at ').decimal(value >> BITRATE_SHIFT);
      out.text(' bit/s?');
      return true;
    case Status.BusOff:
      out.text('bus-off: too many errors while sending. ');
      if (value === 0) out.text('The cell stays off the bus until it is started again');
      else out.text('Back in ').decimal(value).text(' ms');
      return true;
    case Status.SystemErrorPending:
      out.text('the core has a system error pending (SError): an access to memory or to a');
      out.text(' device has failed. Results may be wrong from now on');
      return true;
    case Status.PeerSilent:
      out.text("the bridge's heartbeat stands still: Linux hangs, or has panicked");
      return true;
    case Status.ChipLostSettings:
      out.text('the MCP2515 has lost its settings; a drop of its supply? It is set up again');
      return true;
    case Status.InterruptSilent:
      out.text('INT is not asserted though a frame waits: status is read over SPI from now on.');
      out.text(' Is INT wired to the pin of the cell?');
      return true;
    case Status.InterruptStuck:
      out.text('INT is asserted though nothing waits: status is read over SPI from now on.');
      out.text(' Is INT shorted, or another device on that pin?');
      return true;
    case Status.RequestLineDisturbed:
      out.text('INT was low ').decimal(value);
      out.text(' times without a request, and an answer was sent. RX STATUS is asked first now');
      return true;
    case Status.ReceiveOverflow:
      out.text('frames lost in the controller ').decimal(value);
      out.text(' times: they were not read in time');
      return true;
    case Status.TransmitTimeout:
      out.text('a frame was not sent within ').decimal(value).text(' ms and was taken back');
      return true;
    case Status.AnswerDropped:
      out.text('urgent answers dropped ').decimal(value);
      out.text(' times: as many waited already as may');
      return true;
    case Status.StepLate:
      appendLate<Out>(out, value, taskName);
      return true;
    case Status.TrapMemory:
    case Status.TrapArithmetic:
    case Status.TrapUnreachable:
    case Status.TrapException:
    case Status.TrapInterrupt:
      out.text('stopped by a fault at ').hexadecimal(value, 8).text(', and started anew');
      return true;
    case Status.IdleDisturbed:
      if (sentence === Sentence.EventTakenOut) {
        out.text('Linux took GPIO ').decimal(value);
        out.text(' out of GPLEN0; put back. A frame may have waited up to 1 ms');
      } else {
        out.text('another pin holds the interrupt of GPIO 0 to 27, GPEDS0 ').hexadecimal(value, 8);
        out.text(': the cell polls');
      }
      return true;
    default:
      return false;
  }
}

function appendOnlyErrors<Out extends Words>(out: Out, value: u32): void {
  out.text('only errors on the bus, no frame at ').decimal(value & BITRATE_MASK);
  out.text(' bit/s with this crystal');
  if ((value & RATE_DOUBTFUL) !== 0) out.text(', which makes it only to within more than 0.5 %');
  const isOther = (value & (TRY_8_MHZ | TRY_12_MHZ | TRY_16_MHZ)) !== 0;
  out.text(isOther ? '. Read the crystal on the HAT, and try' : '. Try');
  if ((value & TRY_8_MHZ) !== 0) out.text(' osc=8000000');
  if ((value & TRY_12_MHZ) !== 0) out.text(' osc=12000000');
  if ((value & TRY_16_MHZ) !== 0) out.text(' osc=16000000');
  if (isOther) out.text(', or');
  out.text(' another bitrate=');
}

function appendLate<Out extends Words>(out: Out, value: u32, taskName: usize): void {
  const rest = value >> LATE_TASK_BITS;
  out.text('a step of ');
  if (taskName !== 0) out.text('"').characters(taskName, TASK_NAME_BYTES).text('"');
  else out.text('task ').decimal(lateTask(value));
  out.text(' took up to ').decimal(rest & LATE_MICROS_MAXIMUM);
  out.text(' us, longer than its bound; late steps of it since the last such line: ');
  out.decimal(rest >> LATE_MICROS_BITS);
}
