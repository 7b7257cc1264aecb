// SPDX-License-Identifier: MIT
/**
 * Journal: everything that the cell tells people once it runs. It goes into the trace and, where it has a
 * status, into the status record; the console gets the sentence only while it speaks.
 *
 * The console is for the start. A character on it can hold the core in the hypervisor for as long as the
 * UART takes to send one (docs/decisions/0011-console-for-start-up.md), so after "ready" it is silent
 * unless `console=on`.
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

  /** Tells an event of now; `a` and `b` as its record has them. */
  tell(event: TraceEvent, a: u32, b: u32): void {
    this.records.note(event, a, b);
    this.write(event, a, b);
  }

  /** Tells a status of now, with the value that its sentence has. */
  say(status: Status, sentence: Sentence, value: u32): void {
    this.records.said(status, sentence, value);
    this.write(TraceEvent.StatusSaid, (status as u32) | ((sentence as u32) << 8), value);
  }

  /** Writes the sentence of an event, and nothing else, while the console speaks. */
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
