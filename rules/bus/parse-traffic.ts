// SPDX-License-Identifier: MIT
/**
 * Reads a traffic file: text to traffic. Every error has its `file:line:column`. docs/rules.md
 * describes the file.
 */
import { DATA_BYTES } from '../model.ts';
import type { RuleTable } from '../model.ts';
import { parseIdentifier } from '../language/parse-identifiers.ts';
import type { YamlResult, Root } from '../language/yaml-document.ts';
import { checkVersion, readYaml } from '../language/yaml-document.ts';
import type { Entries, Entry, YamlReader } from '../language/yaml-reader.ts';
import { answerOf } from './answer-of.ts';
import { BITRATE_MAXIMUM, BITRATE_MINIMUM, formatMessage, MESSAGES_MAXIMUM } from './traffic.ts';
import type { Message, Traffic } from './traffic.ts';

const TRAFFIC_KEYS = ['version', 'bitrate', 'errors', 'messages'];
const MESSAGE_KEYS = [
  ...['id', 'extended', 'remote', 'length', 'period', 'jitter', 'from', 'deadline'],
];

/**
 * Reads the text of a traffic file. `file` is used in messages only. `table` holds the cell's own
 * answers.
 */
export function parseTraffic(text: string, file: string, table: RuleTable): YamlResult<Traffic> {
  return readYaml(text, file, 'the traffic file', (reader, root) => read(reader, root, table));
}

function read(reader: YamlReader, root: Root, table: RuleTable): Traffic | undefined {
  const entries = reader.map(root, TRAFFIC_KEYS);
  if (entries === undefined) return undefined;
  checkVersion(reader, reader.required(entries, 'version', root.label));
  const bitrate = parseBitrate(reader, reader.required(entries, 'bitrate', root.label));
  const errorEveryNanos = parseErrors(reader, entries.byKey.get('errors'));
  const messages = parseMessages(reader, entries, root.label, table);
  if (bitrate === undefined) return undefined;
  return { bitrate, messages, ...(errorEveryNanos === undefined ? {} : { errorEveryNanos }) };
}

function parseBitrate(reader: YamlReader, entry: Entry | undefined): number | undefined {
  const bitrate = entry === undefined ? undefined : reader.number(entry, false);
  if (entry === undefined || bitrate === undefined) return undefined;
  if (bitrate >= BITRATE_MINIMUM && bitrate <= BITRATE_MAXIMUM) return bitrate;
  const range = `${BITRATE_MINIMUM} to ${BITRATE_MAXIMUM} bit/s`;
  reader.diagnostics.error(entry.offset, `bitrate ${bitrate} is out of range: ${range}`);
  return undefined;
}

function parseErrors(reader: YamlReader, entry: Entry | undefined): number | undefined {
  const entries = entry === undefined ? undefined : reader.map(entry, ['every']);
  const every = entries === undefined ? undefined : reader.required(entries, 'every', 'errors');
  return every === undefined ? undefined : reader.duration(every, 'above 0');
}

function parseMessages(
  reader: YamlReader,
  entries: Entries,
  where: string,
  table: RuleTable,
): Message[] {
  const entry = reader.required(entries, 'messages', where);
  if (entry === undefined) return [];
  const items = reader.list(entry, 'message', MESSAGES_MAXIMUM, 1) ?? [];
  const firstOf = new Map<string, number>();
  const messages: Message[] = [];
  for (const item of items) {
    const message = parseMessage(reader, item);
    if (message === undefined) continue;
    const known = firstOf.get(formatMessage(message));
    if (known !== undefined) {
      const reason = `${item.label} is ${formatMessage(message)} again; it is stated at ${reader.diagnostics.place(known)}`;
      reader.diagnostics.error(item.offset, reason);
      continue;
    }
    firstOf.set(formatMessage(message), item.offset);
    const rule = answerOf(table, message);
    if (rule !== undefined && !message.fromAgl) {
      const reason = `${item.label}: ${formatMessage(message)} is the answer of rule "${rule.name}", which the cell sends; remove it, or say "from: agl"`;
      reader.diagnostics.error(item.offset, reason);
    }
    messages.push(message);
  }
  return messages;
}

function parseMessage(reader: YamlReader, item: Entry): Message | undefined {
  const entries = reader.map(item, MESSAGE_KEYS);
  if (entries === undefined) return undefined;
  const extended = reader.boolean(entries.byKey.get('extended'), false);
  const remote = reader.boolean(entries.byKey.get('remote'), false);
  const identifier = parseIdentifier(reader, entries, 'id', item.label, extended);
  const length = parseLength(reader, reader.required(entries, 'length', item.label));
  const period = reader.required(entries, 'period', item.label);
  const periodNanos = period === undefined ? undefined : reader.duration(period, 'above 0');
  const jitter = entries.byKey.get('jitter');
  const jitterNanos = jitter === undefined ? 0 : reader.duration(jitter, '0 or more');
  const from = entries.byKey.get('from');
  const fromAgl = from !== undefined && reader.text(from)?.toLowerCase() === 'agl';
  const deadlineNanos = parseDeadline(reader, entries.byKey.get('deadline'), fromAgl);
  if (extended === undefined || remote === undefined || identifier === undefined) return undefined;
  if (length === undefined || periodNanos === undefined || jitterNanos === undefined) {
    return undefined;
  }
  const frame = { identifier, extended, remote, length, periodNanos, jitterNanos, fromAgl };
  return deadlineNanos === undefined ? frame : { ...frame, deadlineNanos };
}

function parseLength(reader: YamlReader, entry: Entry | undefined): number | undefined {
  const length = entry === undefined ? undefined : reader.number(entry, false);
  if (entry === undefined || length === undefined || length <= DATA_BYTES) return length;
  reader.diagnostics.error(entry.offset, `length is ${length}: a CAN frame has at most 8 bytes`);
  return undefined;
}

function parseDeadline(
  reader: YamlReader,
  entry: Entry | undefined,
  fromAgl: boolean,
): number | undefined {
  if (entry === undefined) return undefined;
  if (fromAgl) return reader.duration(entry, 'above 0');
  const reason = 'deadline is for what the cell sends: "from: agl" here, an answer in the rules';
  reader.diagnostics.error(entry.keyOffset, reason);
  return undefined;
}
