// SPDX-License-Identifier: MIT
/**
 * Text of rules to image in one step.
 *
 * Does not: read files; the caller says how a DBC file is read.
 */
import { formatDiagnostic } from './diagnostics.ts';
import type { Diagnostic } from './diagnostics.ts';
import { encodeRules, TableSizeError } from './image/encode.ts';
import type { RuleTable } from './model.ts';
import type { Expectation } from './oracle/parse-expect.ts';
import type { ReadText } from './language/dbc-files.ts';
import { parseRules } from './language/parse.ts';

/** A rules file with errors. The message has a line for each, `file:line:column reason`. */
export class RulesError extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map(formatDiagnostic).join('\n'));
    this.name = 'RulesError';
    this.diagnostics = diagnostics;
  }
}

/** A loadable table, its image, its warnings, and what is worth knowing. */
export interface CompiledRules {
  readonly table: RuleTable;
  readonly image: Buffer;
  readonly expectations: readonly Expectation[];
  readonly warnings: readonly Diagnostic[];
  readonly notes: readonly Diagnostic[];
}

/** Compiles the text of a rules file. Throws RulesError with all errors. */
export function compileText(text: string, file: string, readText?: ReadText): CompiledRules {
  const { table, expectations, diagnostics } = parseRules(text, file, readText);
  if (table === undefined) throw new RulesError(diagnostics);
  return {
    ...{ table, image: encode(table, file), expectations },
    warnings: diagnostics.filter(({ severity }) => severity === 'warning'),
    notes: diagnostics.filter(({ severity }) => severity === 'note'),
  };
}

/** What is too large has no place in the file but its beginning. */
function encode(table: RuleTable, file: string): Buffer {
  try {
    return encodeRules(table);
  } catch (error) {
    if (!(error instanceof TableSizeError)) throw error;
    const reason = error.message;
    throw new RulesError([{ file, line: 1, column: 1, severity: 'error', reason }]);
  }
}
