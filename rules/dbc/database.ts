// SPDX-License-Identifier: MIT
/**
 * A DBC file as messages and signals that can be looked up by name.
 *
 * A mistake in a message is a warning as long as nobody uses the message. Who looks it up gets the reason
 * instead of the message.
 * Does not: compute values; see codec.ts.
 */
import { LineCounter } from 'yaml';
import { Diagnostics } from '../diagnostics.ts';
import type { Diagnostic } from '../diagnostics.ts';
import { checkMessages, unusableReason } from './check.ts';
import { linkMessages } from './link.ts';
import { suggestion } from './names.ts';
import { parseStatements } from './parse.ts';
import { Problems } from './problems.ts';
import type { Decimal } from './decimal.ts';
import type { Signal } from './statements.ts';

export type { Presence, Signal, ValueRange } from './statements.ts';

/** What was looked up; or one sentence that says why it cannot be used, with the place in the DBC file. */
export type Lookup<Thing> =
  | { readonly found: Thing; readonly refused?: undefined }
  | { readonly found?: undefined; readonly refused: string };

/** The properties of a message, which is the frames of one identifier. */
export interface MessageFields {
  /** Place in the text; see `Database.place`. */
  readonly at: number;
  readonly name: string;
  /** 11 or 29 bits, without the bit 31 of the file. */
  readonly identifier: number;
  readonly extended: boolean;
  /** In bytes. */
  readonly length: number;
  /** The node that sends it. */
  readonly sender: string;
  /** By the attribute GenMsgCycleTime. Absent: it has none, or 0. */
  readonly cycleNanos?: number;
  /** In the order of the file, those included that cannot be used. */
  readonly signals: readonly Signal[];
}

export interface Message extends MessageFields {
  /** The signal of this name. */
  signal(name: string): Lookup<Signal>;
  /** `file:line:column` of a signal. */
  place(signal: Signal): string;
}

/** The messages of a DBC file. */
export interface Database {
  readonly file: string;
  /** In the order of the file, those included that cannot be used. */
  readonly messages: readonly MessageFields[];
  /** By the attribute Baudrate, in bit/s. Undefined: the file does not say. */
  readonly bitrate: number | undefined;
  /** The message of this name. */
  message(name: string): Lookup<Message>;
  /** `file:line:column` of a message or a signal. */
  place(thing: { readonly at: number }): string;
}

/** The database if there were no errors, and all diagnostics in file order. */
export interface DatabaseResult {
  readonly database: Database | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads the text of a DBC file. `file` is used in messages only. */
export function readDatabase(text: string, file: string): DatabaseResult {
  const lines = new LineCounter();
  lines.addNewLine(0);
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) {
    lines.addNewLine(at + 1);
  }
  const diagnostics = new Diagnostics(file, (offset) => lines.linePos(offset));
  const statements = parseStatements(text, diagnostics);
  if (diagnostics.hasErrors) return { database: undefined, diagnostics: diagnostics.list() };

  const problems = new Problems(diagnostics);
  const messages = linkMessages(statements, problems);
  checkMessages(messages, problems);
  const database = new NamedMessages(file, messages, problems, statements.bitrate);
  return { database, diagnostics: diagnostics.list() };
}

class NamedMessages implements Database {
  readonly file: string;
  readonly messages: readonly MessageFields[];
  readonly bitrate: number | undefined;
  readonly #problems: Problems;
  readonly #byName: ReadonlyMap<string, MessageFields>;

  constructor(
    file: string,
    messages: readonly MessageFields[],
    problems: Problems,
    bitrate: Decimal | undefined,
  ) {
    this.file = file;
    this.messages = messages;
    this.bitrate = Number(bitrate ?? 0) || undefined;
    this.#problems = problems;
    this.#byName = new Map(messages.map((message) => [message.name, message]));
  }

  message(name: string): Lookup<Message> {
    const fields = this.#byName.get(name);
    if (fields === undefined) {
      const hint = suggestion(name, [...this.#byName.keys()]);
      return { refused: `${this.file} has no message "${name}"; ${hint}` };
    }
    const where = `message "${name}" (${this.place(fields)})`;
    const problem = this.#problems.of(fields);
    if (problem !== undefined) return { refused: `${where} cannot be used: ${problem}` };
    const byName = new Map(fields.signals.map((signal) => [signal.name, signal]));
    const signal = (of: string) => this.#signal(where, byName, of);
    return { found: { ...fields, signal, place: (of) => this.place(of) } };
  }

  place({ at }: { readonly at: number }): string {
    return this.#problems.place(at);
  }

  #signal(where: string, byName: ReadonlyMap<string, Signal>, name: string): Lookup<Signal> {
    const found = byName.get(name);
    if (found === undefined) {
      const hint = suggestion(name, [...byName.keys()]);
      return { refused: `${where} has no signal "${name}"; ${hint}` };
    }
    const reason = unusableReason(found);
    if (reason === undefined) return { found };
    return { refused: `signal "${name}" (${this.place(found)}) cannot be used: ${reason}` };
  }
}
