// SPDX-License-Identifier: MIT
/**
 * Writes a record of the cell's trace as a line: `(seconds.micros) answered        rule 3, 1A0`.
 *
 * The events are those of trace-event.ts. A number without a word is shown as a number.
 */
import { IDENTIFIER_EXTENDED } from '../can/frame';
import { Status } from '../rt/status';
import { faultStateWord, refusalWord } from './page-words';
import { appendSentence, lateTask, statusOf } from '../page/sentences';
import { appendReason, appendStatusWords } from './status-said';
import { TaskNames } from './task-names';
import { TextBuilder } from './text-builder';
import { TRACE_NO_RULE, TraceEvent } from '../page/trace-event';
import { WallTime } from './wall-time';

const WORD_COLUMN: u32 = 18;

/**
 * Appends the line of the record (16 bytes) at `record`. `tasks` gives the names for late steps.
 */
export function appendTraceRecord(
  out: TextBuilder,
  record: usize,
  wall: WallTime,
  tasks: TaskNames,
): void {
  const event = load<u16>(record, 8) as u32 as TraceEvent;
  const a: u32 = load<u16>(record, 10);
  const b = load<u32>(record, 12);
  out
    .text('(')
    .seconds(wall.microsAt(load<u64>(record)))
    .text(') ');
  const start = out.length;
  const word = traceWord(event);
  if (word.length !== 0) out.text(word);
  else out.text('event ').decimal(event as u32);
  out.padFrom(start, WORD_COLUMN);
  appendWords(out, event, a, b, tasks);
  out.endLine();
}

function traceWord(event: TraceEvent): string {
  switch (event) {
    case TraceEvent.Started:
      return 'started';
    case TraceEvent.Answered:
      return 'answered';
    case TraceEvent.Dropped:
      return 'dropped';
    case TraceEvent.FaultState:
      return 'bus state';
    case TraceEvent.BusOff:
      return 'bus-off';
    case TraceEvent.Restarted:
      return 'back on the bus';
    case TraceEvent.ChipReset:
      return 'chip reset';
    case TraceEvent.ChipBack:
      return 'chip back';
    case TraceEvent.SessionBegun:
      return 'session begun';
    case TraceEvent.SessionLost:
      return 'session lost';
    case TraceEvent.RulesSwapped:
      return 'rules swapped';
    case TraceEvent.RequestRefused:
      return 'request refused';
    case TraceEvent.LiveValuesSet:
      return 'live values set';
    case TraceEvent.LateStep:
      return 'late step';
    case TraceEvent.ShutDown:
      return 'shut down';
    case TraceEvent.StatusSaid:
      return 'status said';
    case TraceEvent.Fault:
      return 'fault';
    case TraceEvent.AnswerDropped:
      return 'answer dropped';
    case TraceEvent.Asleep:
      return 'chip asleep';
    case TraceEvent.Awake:
      return 'chip awake';
    case TraceEvent.RateFound:
      return 'bit rate found';
    case TraceEvent.RulesKept:
      return 'rules kept';
    case TraceEvent.RulesWaiting:
      return 'rules waiting';
    case TraceEvent.AglRefused:
      return 'frame refused';
    case TraceEvent.SafeState:
      return 'safe state';
    case TraceEvent.MessageMissing:
      return 'frame missing';
    case TraceEvent.MessageReturned:
      return 'frame returned';
    case TraceEvent.CountEnded:
      return 'count ended';
    default:
      return '';
  }
}

/**
 * Appends the sentence of the record, with its status at the end. The status is in words where it
 * is the cause of an event. A status without a sentence gives its words, and any other event its
 * values.
 */
function appendWords(out: TextBuilder, event: TraceEvent, a: u32, b: u32, tasks: TaskNames): void {
  const isLate = statusOf(event, a) === (Status.StepLate as u32);
  const isSaid = appendSentence<TextBuilder>(out, event, a, b, isLate ? tasks.of(lateTask(b)) : 0);
  if (!isSaid) {
    appendValues(out, event, a, b);
    return;
  }
  const status = statusOf(event, a);
  if (status === 0) return;
  out.text(' (status ');
  if (event === TraceEvent.StatusSaid) out.decimal(status);
  else appendReason(out, status);
  out.text(')');
}

function appendValues(out: TextBuilder, event: TraceEvent, a: u32, b: u32): void {
  switch (event) {
    case TraceEvent.Started:
      out.decimal(a).text(' rules, checksum ').hexadecimal(b, 8);
      break;
    case TraceEvent.SafeState:
      out.text(a === 1 ? 'begins' : 'ends');
      if ((b & 1) !== 0) out.text(', no session');
      if ((b & 2) !== 0) out.text(', no beat of the bridge');
      if ((b & 4) !== 0) out.text(', no heartbeat frame');
      break;
    case TraceEvent.AglRefused:
      out.text("AGL's ").hexadecimalCapitals(b & 0x1fffffff, digitsOf(b));
      out.text(', ').text(refusalWord(a));
      break;
    case TraceEvent.Answered:
    case TraceEvent.AnswerDropped:
    case TraceEvent.Dropped:
    case TraceEvent.MessageMissing:
    case TraceEvent.MessageReturned:
    case TraceEvent.CountEnded:
      // The table has no names. The number is the rule's place in its file.
      if (a === TRACE_NO_RULE) out.text('no rule, ');
      else
        out
          .text('rule ')
          .decimal(a + 1)
          .text(', ');
      out.hexadecimalCapitals(b & 0x1fffffff, digitsOf(b));
      if (event !== TraceEvent.AnswerDropped) break;
      out
        .text(' (status ')
        .decimal(Status.AnswerDropped as u32)
        .text(')');
      break;
    case TraceEvent.FaultState:
      out
        .text('error ')
        .text(faultStateWord(a))
        .text(', TEC ')
        .decimal(b & 0xff);
      out
        .text(', REC ')
        .decimal((b >> 8) & 0xff)
        .text(', EFLG ')
        .hexadecimal((b >> 16) & 0xff, 2);
      break;
    case TraceEvent.LiveValuesSet:
      out.decimal(b).text(' from ').decimal(a);
      break;
    case TraceEvent.LateStep:
      out.text('task ').decimal(a).text(', ').decimal(b).text(' ticks');
      break;
    case TraceEvent.StatusSaid:
      appendStatus(out, statusOf(event, a));
      break;
    case TraceEvent.Fault:
      appendStatus(out, a);
      out.text(' at ').hexadecimal(b, 8);
      break;
    default:
      if (a !== 0 || b !== 0) out.decimal(a).text(' ').hexadecimal(b, 8);
  }
}

/** Appends `words (status N)`, or only the number of a status that this bridge does not know. */
function appendStatus(out: TextBuilder, status: u32): void {
  if (appendStatusWords(out, status)) out.text(' (status ').decimal(status).text(')');
  else out.text('status ').decimal(status);
}

/** Digits of an identifier. */
function digitsOf(identifier: u32): u32 {
  return (identifier & IDENTIFIER_EXTENDED) !== 0 ? 8 : 3;
}
