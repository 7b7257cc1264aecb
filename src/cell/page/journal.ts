// SPDX-License-Identifier: MIT
/**
 * Journal: everything that the running cell tells people.
 *
 * An event goes into the trace. If it has a status, it also goes into the status record. The
 * console gets the sentence only while it speaks.
 *
 * The console serves the start. A character on it can hold the core in the hypervisor for the time
 * that the UART takes to send one (docs/decisions/0011-console-for-start-up.md). So it is silent
 * after "ready" unless `console=on`.
 * Does not: decide what is worth a line, or how often.
 */
import { appendSentence, lateTask, Sentence, statusOf } from '../../page/sentences';
import { TraceEvent } from '../../page/trace-event';
import { CharacterPort } from '../../hal/character-port';
import { Clock } from '../../hal/clock';
import { SharedMemory } from '../../hal/shared-memory';
import { TaskRows } from '../../rt/task-rows';
import { Status } from '../../rt/status';
import { Console } from '../console';
import { Records } from './records';

@final
export class Journal<Memory extends SharedMemory, Time extends Clock, Port extends CharacterPort> {
  /** Sentences go to the console as well. */
  speaks: bool = true;

  constructor(
    private readonly records: Records<Memory, Time>,
    private readonly console: Console<Port>,
    private readonly rows: TaskRows,
  ) {}

  /** Records an event with the present time; `a` and `b` are the values of its trace record. */
  tell(event: TraceEvent, a: u32, b: u32): void {
    this.records.note(event, a, b);
    this.write(event, a, b);
  }

  /** Records a status with the present time; `value` is the value in its sentence. */
  say(status: Status, sentence: Sentence, value: u32): void {
    this.records.said(status, sentence, value);
    this.write(TraceEvent.StatusSaid, (status as u32) | ((sentence as u32) << 8), value);
  }

  /** Only writes the sentence of an event, and only while the console speaks. */
  write(event: TraceEvent, a: u32, b: u32): void {
    if (!this.speaks) return;
    const console = this.console.text('canwarden: ');
    const name = statusOf(event, a) === (Status.StepLate as u32) ? this.rows.at(lateTask(b)) : 0;
    appendSentence<Console<Port>>(console, event, a, b, name);
    const status = statusOf(event, a);
    if (status !== 0) console.text(' (status ').decimal(status).text(')');
    console.endLine();
  }
}
