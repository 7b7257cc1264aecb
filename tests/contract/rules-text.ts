// SPDX-License-Identifier: MIT
/**
 * Short rules files for tests, and what the compiler says about them.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatDiagnostic } from '../../rules/diagnostics.ts';
import type { RuleTable } from '../../rules/model.ts';
import { readDatabaseText } from '../../rules/dbc/text.ts';
import { parseRules } from '../../rules/language/parse.ts';
import { schemaErrors } from './json-schema.ts';

/** All that is said about a mistake, and the file that has it, or several. */
export type Mistakes = Readonly<Record<string, string | readonly string[]>>;

export const parse = (text: string) => parseRules(text, 'r.yaml', readDatabaseText);

/** Everything said about `text`, as the command line prints it. */
export function said(text: string): string[] {
  return parse(text).diagnostics.map(formatDiagnostic);
}

/** Declares a test for each mistake: just that is said about the file, and after an error there is no table. */
export function refuses(title: string, mistakes: Mistakes, parseText = parse): void {
  describe(title, () => {
    for (const [expected, texts] of Object.entries(mistakes)) {
      it(expected, () => {
        for (const text of [texts].flat()) {
          const { table, diagnostics } = parseText(text);
          assert.deepEqual(diagnostics.map(formatDiagnostic), expected.split('\n'));
          const hasErrors = diagnostics.some(({ severity }) => severity === 'error');
          assert.equal(table === undefined, hasErrors);
        }
      });
    }
  });
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
