// SPDX-License-Identifier: MIT
/**
 * Selects the frames of the logs that are played, and words the notes about the others.
 *
 * The bus gets the frames that other nodes sent. A frame that the recorder's own side sent is
 * AGL's. An answer of the cell is left out, because the cell will answer again.
 * Does not: know a format (twin/logs), or shift times (log-input.ts).
 */
import { InputError } from '../../cell-config/input-error.ts';
import { counted } from '../../cell-config/plural.ts';
import { inOrder } from '../../twin/logs/order.ts';
import type { LogEntry, LogReading } from '../../twin/logs/read.ts';
import type { LeftOut } from '../../twin/logs/record.ts';

/** Frames to play, and lines for the user. */
export interface LogChoice {
  readonly entries: LogEntry[];
  readonly notes: readonly string[];
}

export interface LogWishes {
  /** Play the frames of this interface only. */
  readonly interfaceName?: string;
  /** The names are senders on purpose, and not interfaces that happen to share a file. */
  readonly namesAreSenders?: boolean;
}

/** Number of names that a message lists one by one. */
const LISTED_NAMES = 4;

/**
 * The frames that other nodes sent on the bus. Throws InputError if the interface is not in the
 * log.
 */
export function chooseForBus(path: string, reading: LogReading, wishes: LogWishes): LogChoice {
  const [ofInterface, interfaceNotes] = chooseInterface(path, reading.entries, wishes);
  const entries = ofInterface.filter(({ direction }) => isOfOthers(direction));
  const sent = ofInterface.filter(({ direction }) => direction === 'sent').length;
  const answered = ofInterface.length - entries.length - sent;
  const notPlayed = [
    ...leftOutOf(reading.leftOut),
    ...(sent === 0
      ? []
      : [`${counted(sent, 'frame')} of the recording side (T; --agl plays them)`]),
    ...(answered === 0 ? [] : [`${counted(answered, 'answer')} of the cell (T answered)`]),
  ];
  return { entries, notes: [...notesOf(path, entries, notPlayed), ...interfaceNotes] };
}

/** The frames that AGL sent. If the log has directions they are the frames marked T, else all. */
export function chooseForAgl(path: string, reading: LogReading, wishes: LogWishes): LogChoice {
  const [ofInterface, interfaceNotes] = chooseInterface(path, reading.entries, wishes);
  const sent = ofInterface.filter(({ direction }) => direction === 'sent');
  const marked = ofInterface.some(
    ({ direction }) => direction === 'sent' || direction === 'answered',
  );
  const entries = marked ? sent : ofInterface;
  const others = ofInterface.length - entries.length;
  const notPlayed = [
    ...leftOutOf(reading.leftOut),
    ...(others === 0 ? [] : [`${counted(others, 'frame')} that AGL did not send (no T)`]),
  ];
  return { entries, notes: [...notesOf(path, entries, notPlayed), ...interfaceNotes] };
}

function isOfOthers(direction: LogEntry['direction']): boolean {
  return direction === 'unknown' || direction === 'received';
}

function chooseInterface(
  path: string,
  all: readonly LogEntry[],
  { interfaceName, namesAreSenders = false }: LogWishes,
): [entries: LogEntry[], notes: string[]] {
  const counts = new Map<string, number>();
  for (const entry of all)
    counts.set(entry.interfaceName, (counts.get(entry.interfaceName) ?? 0) + 1);
  if (interfaceName !== undefined) {
    const entries = all.filter((entry) => entry.interfaceName === interfaceName);
    if (entries.length === 0) {
      throw new InputError(
        `${path}: no frame is of the interface ${interfaceName}; there are: ${listed(counts)}`,
      );
    }
    const others = all.length - entries.length;
    const note = `${path}: only ${interfaceName} is played; ${counted(others, 'frame')} of other interfaces left out`;
    return [entries, others === 0 ? [] : [note]];
  }
  const isOne = counts.size < 2 || namesAreSenders;
  const note =
    `${path}: ${counted(counts.size, 'interface')}, all played onto one bus: ${listed(counts)}; ` +
    '--interface NAME plays one alone';
  return [[...all], isOne ? [] : [note]];
}

/** `can0 (3 frames), can1 (1 frame)`. */
export function listed(counts: ReadonlyMap<string, number>): string {
  const names = [...counts].map(([name, count]) => `${name} (${counted(count, 'frame')})`);
  const more = names.length - LISTED_NAMES;
  return names.slice(0, LISTED_NAMES).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

/** Plurals that are not an s at the end. */
const PLURALS: Partial<Record<LeftOut, string>> = {
  'event without a frame': 'events without a frame',
  'request to send that is no frame yet': 'requests to send that are no frames yet',
  'date that is not understood': 'dates that are not understood',
  'note of the recorder that it lost frames': 'notes of the recorder that it lost frames',
  'packet that its recorder cut short': 'packets that their recorder cut short',
  'packet of another network': 'packets of another network',
  'block without a packet': 'blocks without a packet',
};

/** `3 comment lines`, one item for each kind. */
export function leftOutOf(leftOut: ReadonlyMap<LeftOut, number>): string[] {
  return [...leftOut].map(([what, count]) => counted(count, what, PLURALS[what]));
}

function notesOf(path: string, played: readonly LogEntry[], leftOut: readonly string[]): string[] {
  const { count, firstLine } = inOrder(played).timesBack;
  return [
    ...(leftOut.length === 0 ? [] : [`${path}: left out: ${leftOut.join(', ')}`]),
    ...(count === 0
      ? []
      : [
          `${path}: time goes back ${counted(count, 'time')}, first at line ${firstLine}: ` +
            'the order of the file is kept, each frame at least as late as the one before it',
        ]),
  ];
}
