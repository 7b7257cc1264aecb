// SPDX-License-Identifier: MIT
/** What the page says: the result of the last click, the state of the rules, and the console. */
import { element } from './elements.ts';

const CONSOLE_LINES = 200;

export class Results {
  readonly #first = element('result', HTMLElement);
  readonly #rules = element('rules-state', HTMLElement);
  readonly #console = element('console', HTMLElement);
  readonly #lines: string[] = [];

  first(text: string, isBad = false): void {
    this.#first.textContent = text;
    this.#first.classList.toggle('bad', isBad);
    if (isBad) this.say(text);
  }

  rules(text: string, isBad = false): void {
    this.#rules.textContent = text;
    this.#rules.classList.toggle('bad', isBad);
  }

  say(text: string): void {
    this.#lines.push(text);
    this.#lines.splice(0, this.#lines.length - CONSOLE_LINES);
    this.#console.textContent = this.#lines.join('\n');
    this.#console.scrollTop = this.#console.scrollHeight;
  }
}
