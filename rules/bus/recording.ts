// SPDX-License-Identifier: MIT
/**
 * Derives the traffic of a bus from a recording: for each identifier the longest frame, the mean
 * period, and the jitter that explains the earliest of its frames.
 *
 * With period T and jitter J, no n frames of the recording are closer together than (n - 1) T - J.
 * J includes the delays of the recorded bus, so it is larger than the sender's jitter.
 * Does not: read a log, or know what did not happen while it was recorded.
 */
import { counted } from '../../cell-config/plural.ts';
import type { RuleTable } from '../model.ts';
import { answerOf } from './answer-of.ts';
import type { FrameShape } from './frame-time.ts';
import { formatMessage } from './traffic.ts';
import type { Message } from './traffic.ts';

/** A frame with its time in the recording, counted from the first frame. Times never decrease. */
export interface RecordedFrame extends FrameShape {
  readonly identifier: number;
  readonly nanos: number;
  /** The recording side sent it. */
  readonly fromAgl: boolean;
  readonly line: number;
}

/** No period can be derived from the recording. `line` is the line that shows it. */
export class RecordingError extends Error {
  readonly line: number;

  constructor(line: number, reason: string) {
    super(reason);
    this.line = line;
  }
}

/** The messages of a recording, and the notes for the user. */
export interface Recording {
  readonly messages: readonly Message[];
  readonly notes: readonly string[];
}

/** Derives the messages from all frames. Throws RecordingError. */
export function takeRecording(frames: readonly RecordedFrame[], table: RuleTable): Recording {
  const groups = new Map<string, RecordedFrame[]>();
  for (const frame of frames) {
    const name = formatMessage(frame);
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [frame]);
    else group.push(frame);
  }
  return takeGroups(frames, groups, table);
}

function takeGroups(
  frames: readonly RecordedFrame[],
  groups: ReadonlyMap<string, readonly RecordedFrame[]>,
  table: RuleTable,
): Recording {
  const last = frames.at(-1);
  if (last === undefined) throw new RecordingError(1, 'no frame: there is no period to take');
  const isOnce = [...groups.values()].every(({ length }) => length === 1);
  const lengthNanos = last.nanos - frames[0].nanos;
  if (isOnce || lengthNanos === 0) {
    const found = frames.length === 1 ? 'one frame' : 'no identifier comes twice at two times';
    throw new RecordingError(
      frames[0].line,
      `${found}: a period needs two frames of an identifier`,
    );
  }
  const messages: Message[] = [];
  const own: string[] = [];
  const once: string[] = [];
  for (const [name, group] of groups) {
    const message = messageOf(group, lengthNanos);
    const rule = answerOf(table, message);
    if (rule !== undefined && !message.fromAgl) {
      own.push(`${name} (${rule.name})`);
      continue;
    }
    if (group.length === 1) once.push(name);
    messages.push(message);
  }
  const seconds = (lengthNanos / 1e9).toFixed(3);
  const notes = [
    ...(own.length === 0
      ? []
      : [`left out, as the cell itself answers with it: ${own.join(', ')}`]),
    ...(once.length === 0
      ? []
      : [
          `${counted(once.length, 'identifier')} seen once, taken as once in ${seconds} s: ${once.join(', ')}`,
        ]),
  ];
  return { messages, notes };
}

function messageOf(group: readonly RecordedFrame[], lengthNanos: number): Message {
  const [first] = group;
  const { identifier, extended, remote, fromAgl } = first;
  const length = group.reduce((most, frame) => Math.max(most, frame.length), 0);
  const spanNanos = (group.at(-1)?.nanos ?? first.nanos) - first.nanos;
  // Rounded down, so that the load is at least the recorded one.
  const periodNanos =
    group.length === 1 ? lengthNanos : Math.max(1, Math.floor(spanNanos / (group.length - 1)));
  let jitterNanos = 0;
  let latest = -Infinity;
  group.forEach(({ nanos }, index) => {
    const ahead = index * periodNanos - nanos;
    latest = Math.max(latest, -ahead);
    jitterNanos = Math.max(jitterNanos, ahead + latest);
  });
  return { identifier, extended, remote, fromAgl, length, periodNanos, jitterNanos };
}
