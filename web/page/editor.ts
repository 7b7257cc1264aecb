// SPDX-License-Identifier: MIT
/**
 * The editor of the rules: CodeMirror with the compiler's errors at their lines, and completion.
 *
 * Does not: give rules to the cell (main.ts).
 */
import { autocompletion } from '@codemirror/autocomplete';
import { yaml } from '@codemirror/lang-yaml';
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { type Diagnostic as Mark, linter, lintGutter } from '@codemirror/lint';
import { type EditorState, StateEffect } from '@codemirror/state';
import { tags } from '@lezer/highlight';
import { basicSetup, EditorView } from 'codemirror';
import type { ViewUpdate } from '@codemirror/view';
import type { ReadText } from '../../rules/language/dbc-files.ts';
import { parseRules, type ParseResult } from '../../rules/language/parse.ts';
import { completionSource, type Schema } from './completion.ts';

const RULES_FILE = 'rules.yaml';
/** Rest of the typing before the text is checked. */
const CHECK_DELAY_MILLIS = 400;
/** A file that the rules name was given: the same text may be right now. */
const CHECK_ANEW = StateEffect.define();

/** What a text of rules is worth. */
export interface Checked {
  readonly text: string;
  readonly result: ParseResult;
}

export class RulesEditor {
  readonly #view: EditorView;

  /** `onChecked` is called after each check, also of the first text. */
  constructor(
    parent: HTMLElement,
    text: string,
    schema: Schema,
    readText: ReadText,
    onChecked: (checked: Checked) => void,
  ) {
    this.#view = new EditorView({
      parent,
      doc: text,
      extensions: [
        basicSetup,
        yaml(),
        syntaxHighlighting(COLOURS),
        THEME,
        EditorView.contentAttributes.of({ 'aria-label': 'Rules, in YAML', tabindex: '0' }),
        autocompletion({ override: [completionSource(schema)] }),
        lintGutter(),
        linter(({ state }) => marksOf(state, readText, onChecked), {
          ...{ delay: CHECK_DELAY_MILLIS, needsRefresh: isCheckedAnew },
        }),
      ],
    });
  }

  get text(): string {
    return this.#view.state.doc.toString();
  }

  /** Checks the text once more, because a file that it names is another now. */
  checkAnew(): void {
    this.#view.dispatch({ effects: CHECK_ANEW.of(null) });
  }

  set text(text: string) {
    const { length } = this.#view.state.doc;
    this.#view.dispatch({ changes: { from: 0, to: length, insert: text } });
  }
}

function isCheckedAnew({ transactions }: ViewUpdate): boolean {
  return transactions.some(({ effects }) => effects.some((effect) => effect.is(CHECK_ANEW)));
}

function marksOf(
  state: EditorState,
  readText: ReadText,
  onChecked: (checked: Checked) => void,
): Mark[] {
  const text = state.doc.toString();
  const result = parseRules(text, RULES_FILE, readText);
  onChecked({ text, result });
  return result.diagnostics.map(({ line, column, severity, reason }) => {
    const { from: start, to: end } = state.doc.line(Math.min(line, state.doc.lines));
    const from = Math.min(start + column - 1, end);
    const word = /^[^\s,:[\]{}]+/.exec(text.slice(from, end))?.[0].length ?? 1;
    const to = Math.min(from + word, end);
    return {
      ...{ from, to: Math.max(from, to), message: reason },
      severity: severity === 'note' ? 'info' : severity,
    };
  });
}

const COLOURS = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--key)' },
  { tag: [tags.number, tags.bool, tags.null, tags.content], color: 'var(--number)' },
  { tag: tags.string, color: 'var(--string)' },
  { tag: [tags.comment, tags.lineComment], color: 'var(--faint)', fontStyle: 'italic' },
  { tag: [tags.punctuation, tags.separator, tags.squareBracket, tags.brace], color: 'var(--ink)' },
]);

const THEME = EditorView.theme({
  '&': { backgroundColor: 'var(--panel)', color: 'var(--ink)', fontSize: '13px' },
  '&.cm-focused': { outline: '3px solid var(--accent)', outlineOffset: '1px' },
  '.cm-content': { caretColor: 'var(--ink)', fontFamily: 'ui-monospace, monospace' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-gutters': { backgroundColor: 'var(--back)', color: 'var(--faint)', border: 'none' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'transparent' },
  '&.cm-focused .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'var(--line) !important',
  },
  '.cm-tooltip, .cm-panels': { backgroundColor: 'var(--panel)', color: 'var(--ink)' },
  '.cm-tooltip-autocomplete ul li[aria-selected]': {
    backgroundColor: 'var(--accent)',
    color: 'var(--on-accent)',
  },
});
