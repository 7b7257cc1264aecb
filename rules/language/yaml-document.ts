// SPDX-License-Identifier: MIT
/**
 * Opens a YAML file of the user and reads all of it. Every error has its place, syntax errors
 * included.
 *
 * Does not: know any key.
 */
import { LineCounter, parseDocument } from 'yaml';
import type { YAMLError } from 'yaml';
import { Diagnostics } from '../diagnostics.ts';
import type { Diagnostic } from '../diagnostics.ts';
import { YamlReader } from './yaml-reader.ts';
import type { Entry } from './yaml-reader.ts';

/** The value if there were no errors, and all diagnostics in file order. */
export interface YamlResult<Value> {
  readonly value: Value | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** The outermost value of a file. */
export type Root = Pick<Entry, 'label' | 'offset' | 'node'>;

/**
 * Reads `text` by `read`. `file` is used in messages only. `label` names the outermost value in
 * them.
 */
export function readYaml<Value>(
  text: string,
  file: string,
  label: string,
  read: (reader: YamlReader, root: Root) => Value | undefined,
): YamlResult<Value> {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const diagnostics = new Diagnostics(file, (offset) => lineCounter.linePos(offset));
  for (const problem of [...document.errors, ...document.warnings]) {
    diagnostics.error(problem.pos[0], reasonOf(problem, text));
  }
  if (diagnostics.hasErrors) return { value: undefined, diagnostics: diagnostics.list() };

  const reader = new YamlReader(document, diagnostics);
  const offset = document.contents?.range?.[0] ?? 0;
  const value = read(reader, { label, offset, node: reader.resolve(document.contents) });
  return {
    value: diagnostics.hasErrors ? undefined : value,
    diagnostics: diagnostics.list(),
  };
}

/** What the reader of YAML says, and what to do where that is not plain. */
function reasonOf({ code, message, pos }: YAMLError, text: string): string {
  if (code === 'TAB_AS_INDENT') return 'a tab is no indentation in YAML: use spaces';
  if (code !== 'DUPLICATE_KEY') return message;
  const key = /^["']?([^"':\s]+)/.exec(text.slice(pos[0]))?.[1] ?? '';
  return `key "${key}" is there twice in one map: remove one, or join what both say`;
}

/** Refuses any `version` except 1, the only version of each language so far. */
export function checkVersion(reader: YamlReader, version: Entry | undefined): void {
  if (version === undefined) return;
  const number = reader.number(version, false);
  if (number === undefined || number === LANGUAGE_VERSION) return;
  const reason = `version ${number} is not known: this compiler reads version ${LANGUAGE_VERSION}`;
  reader.diagnostics.error(version.offset, reason);
}

const LANGUAGE_VERSION = 1;
