// SPDX-License-Identifier: MIT
/**
 * Splits a command line into words as a shell does, and words into options as getopt does.
 *
 * Does not: substitute anything. `$` and the backquote are refused.
 */

/** An option with its value. A value of '' belongs to an option without one. */
export interface GivenOption {
  readonly letter: string;
  readonly value: string;
}

/** A command line that cannot be read. */
export class CommandError extends Error {}

/** The words of one line. What follows `#` at the begin of a word is a comment. */
export function shellWords(line: string): string[] {
  const words: string[] = [];
  const token = /\s+|#.*|((?:[^\s"'\\$`;&|<>]|\\.|"[^"$`\\]*"|'[^']*')+)|(.)/gy;
  for (const [, word, other] of line.matchAll(token)) {
    if (other !== undefined) throw new CommandError(`${other} is not read here: write it out`);
    if (word === undefined) continue;
    words.push(
      word.replace(/\\(.)|"([^"]*)"|'([^']*)'/g, (_, one?: string, two?: string, three?: string) =>
        String(one ?? two ?? three ?? ''),
      ),
    );
  }
  return words;
}

/** The options. `letters` is getopt's: a colon behind a letter that has a value. */
export function givenOptions(words: readonly string[], letters: string): GivenOption[] {
  const options: GivenOption[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index];
    if (!/^-[^-]/.test(word)) throw new CommandError(`"${word}" is not an option of cangw`);
    for (let place = 1; place < word.length; place += 1) {
      const letter = word[place];
      const at = letter === ':' ? -1 : letters.indexOf(letter);
      if (at < 0) throw new CommandError(`cangw has no option -${letter}`);
      if (letters[at + 1] !== ':') {
        options.push({ letter, value: '' });
        continue;
      }
      const attached = word.slice(place + 1);
      if (attached === '') index += 1;
      const value = attached === '' ? words.at(index) : attached;
      if (value === undefined) throw new CommandError(`-${letter} has no value`);
      options.push({ letter, value });
      break;
    }
  }
  return options;
}
