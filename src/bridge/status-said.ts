// SPDX-License-Identifier: MIT
/**
 * What the cell has reported of a status, as a sentence, from the reader's copy of the page.
 *
 * It is the sentence with its values, if there is one; else the words of the guide.
 */
import { STATUS_WORD_BYTES, statusWord } from '../../build/generated/status-words';
import { Status } from '../rt/status';
import {
  PAGE_STATUSES_OFFSET,
  PAGE_TASK_BYTES,
  PAGE_TASKS_MAXIMUM,
  PAGE_TASKS_OFFSET,
  STATUS_ENTRY_BYTES,
  STATUS_SENTENCE_SHIFT,
  STATUS_VALUE_OFFSET,
} from '../page/layout';
import { appendSentence, lateTask } from '../page/sentences';
import { TextBuilder } from './text-builder';
import { TraceEvent } from '../page/trace-event';

/**
 * Appends the sentence of `status` (below PAGE_STATUSES) and its number. `copy`: address of the
 * copy of the page.
 */
export function appendStatus(out: TextBuilder, copy: usize, status: u32): void {
  const entry = copy + PAGE_STATUSES_OFFSET + status * STATUS_ENTRY_BYTES;
  const value = load<u32>(entry + STATUS_VALUE_OFFSET);
  const a = status | ((load<u32>(entry) >> STATUS_SENTENCE_SHIFT) << 8);
  const name = status === (Status.StepLate as u32) ? taskName(copy, lateTask(value)) : 0;
  const start = out.length;
  if (!appendSentence<TextBuilder>(out, TraceEvent.StatusSaid, a, value, name)) {
    appendStatusWords(out, status);
  }
  out
    .text(out.length !== start ? ' (status ' : '(status ')
    .decimal(status)
    .text(')');
}

/** Appends the number of a status that is the cause of an event, and its words if it has any. */
export function appendReason(out: TextBuilder, status: u32): void {
  out.decimal(status);
  if (statusWord(status) === 0) return;
  out.text(': ');
  appendStatusWords(out, status);
}

/** Appends the words of a status. Returns false when this bridge does not know it. */
export function appendStatusWords(out: TextBuilder, status: u32): bool {
  const words = statusWord(status);
  if (words !== 0) out.characters(words, STATUS_WORD_BYTES);
  return words !== 0;
}

function taskName(copy: usize, task: u32): usize {
  if (task >= PAGE_TASKS_MAXIMUM) return 0;
  const name = copy + PAGE_TASKS_OFFSET + task * PAGE_TASK_BYTES;
  return load<u8>(name) === 0 ? 0 : name;
}
