/**
 * The status table of the board's helper, made from the troubleshooting guide.
 *
 * Does not: check the guide against src/rt/status.ts; tests/contract/troubleshooting.test.ts does.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const STATUS_GUIDE = 'docs/troubleshooting.md';
export const STATUS_NUMBERS = 'agl/lib/status-numbers.txt';

const HEAD = `# number|name|what it says|what to do: rows of ${STATUS_GUIDE}, for canwarden doctor.\n`;

/** Rows `| number | name | says | cause | fix |` become lines `number|name|says|fix`. */
export function statusNumbers(guide: string): string {
  const lines = guide
    .split('\n')
    .filter((line) => /^\| \d+ \|/.test(line))
    .map((line) => {
      const [number, name, says, , fix] = line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim().replaceAll('`', "'"));
      return `${number}|${name}|${says}|${fix}\n`;
    });
  return HEAD + lines.join('');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(STATUS_NUMBERS, statusNumbers(readFileSync(STATUS_GUIDE, 'utf8')));
}
