// SPDX-License-Identifier: MIT
/**
 * Short rules files for tests, and what the compiler says about them.
 */
import assert from 'node:assert/strict';
import { formatDiagnostic } from '../../rules/diagnostics.ts';
import type { RuleTable } from '../../rules/model.ts';
import { readDatabaseText } from '../../rules/dbc/text.ts';
import { parseRules } from '../../rules/language/parse.ts';
import { schemaErrors } from './json-schema.ts';

/** A mistake, a file that has it, and the one line that is said about it. */
export type Mistake = readonly [what: string, text: string, said: string];

/** Everything said about `text`, as the command line prints it. */
export function said(text: string): string[] {
  return parseRules(text, 'r.yaml', readDatabaseText).diagnostics.map(formatDiagnostic);
}

/** The table of a file that has no errors, by the JSON Schema neither. */
export function tableOf(text: string): RuleTable {
  const { table, diagnostics } = parseRules(text, 'r.yaml');
  assert.ok(table !== undefined, diagnostics.map(formatDiagnostic).join('\n'));
  assert.equal(schemaErrors(text), undefined, text);
  return table;
}

/** A file with one rule: `lines` follow `- name: a` at line 4. */
export function oneRule(...lines: string[]): string {
  return ['version: 1', 'rules:', '  - name: a', ...lines.map((line) => `    ${line}`)].join('\n');
}

/** A file with one rule that has a good match at line 4, and `lines` from line 5. */
export function answering(...lines: string[]): string {
  return oneRule('match: { id: 0x100 }', ...lines);
}
