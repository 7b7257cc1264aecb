/**
 * The table of status numbers as C, for the bridge's own words about a refusal.
 *
 * Source: agl/lib/status-numbers.txt, which the board's helper reads too.
 */

const HEAD = `/* Made from agl/lib/status-numbers.txt: what each status number says, and what to do. */
#ifndef CANWARDEN_STATUS_WORDS_H
#define CANWARDEN_STATUS_WORDS_H

#include <stdint.h>

struct status_words {
  uint32_t number;
  const char *name;
  const char *says;
  const char *next;
};

static inline struct status_words status_words_of(uint32_t number) {
  static const struct status_words ALL[] = {
`;

const TAIL = `  };
  for (unsigned index = 0; index < sizeof ALL / sizeof ALL[0]; index++) {
    if (ALL[index].number == number) {
      return ALL[index];
    }
  }
  return (struct status_words){number, "of a newer cell", "not in this bridge's table",
                               "install image and bridge from one release"};
}

#endif
`;

/** Lines \`number|name|says|next\` as a C header. Throws when a line is no such line. */
export function statusWordsHeader(numbers: string): string {
  const rows = numbers
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [number, name, says, next, ...rest] = line.split('|');
      if (!/^\d+$/.test(number) || next === undefined || rest.length > 0) {
        throw new Error(`agl/lib/status-numbers.txt: "${line}" is not number|name|says|next`);
      }
      const words = [name, says, next].map((text) => JSON.stringify(text)).join(', ');
      return `      {${number}, ${words}},\n`;
    });
  return HEAD + rows.join('') + TAIL;
}
