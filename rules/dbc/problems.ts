// SPDX-License-Identifier: MIT
/**
 * Mistakes in the messages of a DBC file: each is a warning, and the first of a message is the reason why it
 * cannot be used.
 */
import type { Diagnostics } from '../diagnostics.ts';
import type { MessageFields } from './database.ts';

/** Warnings that are told one by one. */
const TOLD_MAXIMUM = 100;

export class Problems {
  readonly #diagnostics: Diagnostics;
  readonly #reasons = new Map<MessageFields, string>();
  #told = 0;

  constructor(diagnostics: Diagnostics) {
    this.#diagnostics = diagnostics;
  }

  /** The message cannot be used, because of what stands at `at`. */
  add(message: MessageFields, at: number, reason: string): void {
    if (!this.#reasons.has(message)) this.#reasons.set(message, reason);
    this.warn(at, `message "${message.name}" cannot be used: ${reason}`);
  }

  /** Something is left out of the database. */
  warn(at: number, reason: string): void {
    this.#told += 1;
    if (this.#told <= TOLD_MAXIMUM) this.#diagnostics.warning(at, reason);
    else if (this.#told === TOLD_MAXIMUM + 1) {
      this.#diagnostics.warning(at, 'there are more warnings; correct those above first');
    }
  }

  /** Why the message cannot be used. Undefined: it can. */
  of(message: MessageFields): string | undefined {
    return this.#reasons.get(message);
  }

  place(at: number): string {
    return this.#diagnostics.place(at);
  }
}
