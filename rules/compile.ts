// SPDX-License-Identifier: MIT
/**
 * Rules file to image in one step.
 */
import { formatDiagnostic } from './diagnostics.ts';
import type { Diagnostic } from './diagnostics.ts';
import { encodeRules } from './image/encode.ts';
import type { RuleTable } from './model.ts';
import type { Expectation } from './oracle/parse-expect.ts';
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

/** A loadable table, its image, and its warnings. */
export interface CompiledRules {
  readonly table: RuleTable;
  readonly image: Buffer;
  readonly expectations: readonly Expectation[];
  readonly warnings: readonly Diagnostic[];
}

/** Compiles the text of a rules file. Throws RulesError with all errors. */
export function compileRules(text: string, file: string): CompiledRules {
  const { table, expectations, diagnostics } = parseRules(text, file);
  if (table === undefined) throw new RulesError(diagnostics);
  return { table, image: encodeRules(table), expectations, warnings: diagnostics };
}
