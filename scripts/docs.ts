/**
 * `npm run docs`: the tables of docs/ that are made from formats/, written where they stand.
 *
 * Exit status: 0 done, 2 an option was given.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { DOCUMENTS, withTables } from './build/formats/documents.ts';
import { PROJECT } from './build/command.ts';
import { helpIfAsked } from './help.ts';

helpIfAsked(
  'Usage: npm run docs',
  `Writes the tables that are made from formats/ into ${DOCUMENTS.join(', ')}. There are no options.`,
);
const [unknown] = process.argv.slice(2);
if (unknown !== undefined) {
  console.error(`docs: there are no options, got "${unknown}"`);
  process.exit(2);
}
for (const path of DOCUMENTS) {
  const text = readFileSync(PROJECT + path, 'utf8');
  const made = withTables(text);
  if (made === text) continue;
  writeFileSync(PROJECT + path, made);
  console.log(path);
}
