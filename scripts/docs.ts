// SPDX-License-Identifier: MIT
/**
 * `npm run docs`: writes the tables of docs/ that are made from formats/ into their documents.
 *
 * Exit status: 0 done, 2 an option was given.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { DOCUMENTS, withTables } from './build/formats/documents.ts';
import { PROJECT } from './build/command.ts';
import { run, shortCommandLine } from './command-line.ts';

function writeTables(): void {
  for (const path of DOCUMENTS) {
    const text = readFileSync(PROJECT + path, 'utf8');
    const made = withTables(text);
    if (made === text) continue;
    writeFileSync(PROJECT + path, made);
    console.log(path);
  }
}

await run(
  shortCommandLine(
    'docs',
    'npm run docs',
    `Writes the tables that are made from formats/ into ${DOCUMENTS.join(', ')}. There are no options.`,
  ).action(writeTables),
);
