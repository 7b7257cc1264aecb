// SPDX-License-Identifier: MIT
/**
 * Takes the traffic of a bus from a DBC file: identifiers, lengths and cycle times.
 *
 * Does not: look at signals. A message whose signals cannot lie where the file puts them is on the bus all
 * the same.
 */
import { InputError } from '../../cell-config/input-error.ts';
import { counted } from '../../cell-config/plural.ts';
import type { Database } from '../dbc/database.ts';
import { DATA_BYTES, EXTENDED_IDENTIFIER_MAXIMUM, STANDARD_IDENTIFIER_MAXIMUM } from '../model.ts';
import type { RuleTable } from '../model.ts';
import { answerOf } from './answer-of.ts';
import { formatMessage, MESSAGES_MAXIMUM } from './traffic.ts';
import type { Message } from './traffic.ts';

/** The messages of a database, and one note for the user for each reason to leave some out. */
export interface DatabaseTraffic {
  readonly messages: readonly Message[];
  readonly notes: readonly string[];
}

/** Reasons to leave a message out. */
const NO_CYCLE = 'without a cycle time (GenMsgCycleTime)';
const TOO_LONG = `of more than ${DATA_BYTES} bytes`;
const OWN = 'with which the cell itself answers';

/**
 * The messages that have a cycle time. One whose sender is called AGL is sent by the cell. Throws InputError
 * if there is none, or an identifier is out of range or stated twice.
 */
export function takeDatabase(database: Database, table: RuleTable): DatabaseTraffic {
  const taken = new Map<string, Message>();
  const leftOut = new Map<string, string[]>([NO_CYCLE, TOO_LONG, OWN].map((why) => [why, []]));
  for (const fields of database.messages) {
    const { name, identifier, extended, length, sender, cycleNanos } = fields;
    const fromAgl = sender.toLowerCase() === 'agl';
    const frame = { identifier, extended, remote: false, length, fromAgl };
    const message = { ...frame, periodNanos: cycleNanos ?? 0, jitterNanos: 0 };
    const place = database.place(fields);
    if (cycleNanos === undefined) leftOut.get(NO_CYCLE)?.push(name);
    else if (length > DATA_BYTES) leftOut.get(TOO_LONG)?.push(name);
    else if (!fromAgl && answerOf(table, message) !== undefined) leftOut.get(OWN)?.push(name);
    else {
      const known = formatMessage(message);
      const most = extended ? EXTENDED_IDENTIFIER_MAXIMUM : STANDARD_IDENTIFIER_MAXIMUM;
      if (identifier > most) {
        throw new InputError(`${place} message "${name}": identifier ${known} is out of range`);
      }
      if (taken.has(known)) {
        const reason = `message "${name}" has the identifier ${known} of another one; remove one`;
        throw new InputError(`${place} ${reason}`);
      }
      taken.set(known, message);
    }
  }
  const notes = [...leftOut].filter(([, names]) => names.length > 0).map(noteOf);
  if (taken.size > 0 && taken.size <= MESSAGES_MAXIMUM)
    return { messages: [...taken.values()], notes };
  const found = taken.size === 0 ? 'no message' : counted(taken.size, 'message');
  const next = 'state the traffic in a file of its own (docs/rules.md)';
  const reason = `${found} with a cycle time (GenMsgCycleTime): 1 to ${MESSAGES_MAXIMUM} are needed`;
  throw new InputError(`${database.file}: ${reason}; ${next}`);
}

function noteOf([why, names]: readonly [string, readonly string[]]): string {
  return `left out: ${counted(names.length, 'message')} ${why}: ${names.join(', ')}`;
}
