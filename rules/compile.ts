// SPDX-License-Identifier: MIT
/**
 * Rules file to image in one step, with the DBC files that it names read from the disk.
 */
import { type CompiledRules, compileText, RulesError } from './compile-text.ts';
import { readDatabaseText } from './dbc/text.ts';

export { type CompiledRules, RulesError };

/** Compiles the text of a rules file. Throws RulesError with all errors. */
export function compileRules(text: string, file: string): CompiledRules {
  return compileText(text, file, readDatabaseText);
}
