/**
 * The tables of status numbers that go with the bridge and with the board's helper.
 *
 * Does not: write files; formats.ts does.
 */
import type { StatusRow } from '../../../formats/statuses.ts';
import { plainText } from '../../../formats/words.ts';

type Statuses = Readonly<Record<string, StatusRow>>;

/** Lines `number|name|what it says|what to do`, for canwarden doctor. */
export function statusNumbers(statuses: Statuses): string {
  const lines = Object.entries(statuses).map(
    ([name, { number, says, next }]) => `${number}|${name}|${plainText(says)}|${plainText(next)}\n`,
  );
  return `# number|name|what it says|what to do: made from formats/statuses.ts\n${lines.join('')}`;
}

/** The same as a C header, for the bridge's own words about a refusal. */
export function statusWordsHeader(statuses: Statuses): string {
  const rows = Object.entries(statuses).map(([name, { number, says, next }]) => {
    const words = [name, plainText(says), plainText(next)]
      .map((text) => JSON.stringify(text))
      .join(', ');
    return `      {${number}, ${words}},\n`;
  });
  return `/* Made from formats/statuses.ts: what each status number says, and what to do. */
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
${rows.join('')}  };
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
}
