// SPDX-License-Identifier: MIT
/**
 * The loops of the source, and how often each goes round at most: by its own words where it counts from one constant
 * to another, else as the comment before it says (or full-files.ts).
 *
 *   // loop: at most 16            a number, or a constant of src/
 *   // loop: waits for SPI         what it takes is the time of the bytes on the wire
 *   // loop: a byte of SPI         once for each byte that the task declares
 *   // loop: takes NAME            nanoseconds in all; something else holds them, such as the check of a rule table
 *   // path: not counted, WHY      before a function or method: no step that keeps its bound comes here
 *
 * Does not: believe them. The emulated run counts (counts.ts).
 */
import ts from 'typescript';
import { LOOPS_OF_FULL_FILES } from './full-files.ts';
import type { Place } from './origins.ts';

export type Bound =
  { readonly times: number } | { readonly nanos: number } | { readonly by: 'wait' | 'byte' };

/** Lines of a file, from 1. */
export interface Range {
  readonly file: string;
  readonly from: number;
  readonly to: number;
  /** Of a function or method. */
  readonly name?: string;
}

export interface SourceLoop extends Range {
  /** Undefined: none is declared. */
  readonly bound?: Bound;
}

export interface SourceFile {
  readonly loops: readonly SourceLoop[];
  /** What is not counted. */
  readonly uncounted: readonly Range[];
}

type Constants = (name: string) => number | undefined;

/** Reads one file. Throws if a comment is none of the above. */
export function readSource(file: string, text: string, constants: Constants): SourceFile {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const lines = text.split('\n');
  const lineOf = (position: number): number =>
    source.getLineAndCharacterOfPosition(position).line + 1;
  const loops: SourceLoop[] = [];
  const uncounted: Range[] = [];
  const heads = new Set<number>();
  const visit = (node: ts.Node): void => {
    const isMember = ts.isMethodDeclaration(node) || ts.isFunctionDeclaration(node);
    const name = isMember ? node.name?.getText() : undefined;
    const range = { file, from: lineOf(node.getStart()), to: lineOf(node.getEnd()), name };
    if (ts.isStatement(node) || isMember) {
      const said = saidBefore(lines, range.from);
      const where = `${file}:${range.from}`;
      if (ts.isIterationStatement(node, false)) {
        loops.push({
          ...range,
          bound:
            declared(
              said.loop ?? LOOPS_OF_FULL_FILES[file]?.[lines[range.from - 1].trim()],
              where,
              constants,
            ) ?? counted(node, constants),
        });
        heads.add(range.from);
      }
      if (said.path?.startsWith('not counted, ')) uncounted.push(range);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  lines.forEach((line, index) => {
    if (!/^\s*\/\/ loop: /.test(line)) return;
    const next = lines.findIndex((one, at) => at > index && !/^\s*\/\//.test(one));
    if (!heads.has(next + 1))
      throw new Error(`${file}:${index + 1}: "loop:" stands before no loop`);
  });
  return { loops, uncounted };
}

/** What the comment lines that end before `line` say, by their first word. */
function saidBefore(lines: readonly string[], line: number): Record<string, string | undefined> {
  const said: Record<string, string | undefined> = {};
  for (let above = line - 2; /^\s*(\/\/|\*|\/\*)/.test(lines[above] ?? ''); above -= 1) {
    const words = /^\s*\/\/ (loop|path): (.*)$/.exec(lines[above]);
    if (words !== null) said[words[1]] = words[2];
  }
  return said;
}

function declared(
  words: string | undefined,
  where: string,
  constants: Constants,
): Bound | undefined {
  if (words === undefined) return undefined;
  if (words.startsWith('waits for SPI')) return { by: 'wait' };
  if (words.startsWith('a byte of SPI')) return { by: 'byte' };
  const taken = /^takes (\w+)/.exec(words)?.[1];
  const nanos = taken === undefined ? undefined : constants(taken);
  if (nanos !== undefined) return { nanos };
  return { times: most(words, where, constants) };
}

function most(words: string, where: string, constants: Constants): number {
  const name = /^at most (\w+)/.exec(words)?.[1] ?? '';
  const times = /^\d/.test(name) ? Number(name) : constants(name);
  if (times === undefined || !Number.isInteger(times)) {
    throw new Error(`${where}: "${words}" is no bound (lab/bound/source-loops.ts)`);
  }
  return times;
}

/** The rounds of `for (let i = A; i < B; i += C)` with constants; undefined for any other loop. */
function counted(node: ts.Node, constants: Constants): Bound | undefined {
  if (!ts.isForStatement(node) || node.condition === undefined || node.incrementor === undefined)
    return undefined;
  const { initializer, condition, incrementor } = node;
  if (initializer === undefined || !ts.isVariableDeclarationList(initializer)) return undefined;
  const [{ name, initializer: first }] = initializer.declarations;
  if (
    first === undefined ||
    !ts.isBinaryExpression(condition) ||
    condition.left.getText() !== name.getText()
  )
    return undefined;
  const from = valueOf(first, constants);
  const to = valueOf(condition.right, constants);
  const by = stepOf(incrementor, constants);
  if (from === undefined || to === undefined || by === undefined) return undefined;
  const span = {
    '<': to - from,
    '<=': to - from + 1,
    '>': from - to,
    '>=': from - to + 1,
    '!==': Math.abs(to - from),
  };
  const size = span[condition.operatorToken.getText() as keyof typeof span];
  return size === undefined || size < 0 ? undefined : { times: Math.ceil(size / by) };
}

function stepOf(node: ts.Expression, constants: Constants): number | undefined {
  if (ts.isPostfixUnaryExpression(node)) return 1;
  return ts.isBinaryExpression(node) ? valueOf(node.right, constants) : undefined;
}

/** Fields of a checked rule that a loop may count to, and the most that the check of a table lets them be. */
const FIELDS: Readonly<Record<string, string>> = {
  actionCount: 'RULE_ACTIONS_MAXIMUM',
  stepCount: 'PROGRAM_STEPS_MAXIMUM',
  steps: 'PROGRAM_STEPS_MAXIMUM',
  conditionCount: 'RULE_CONDITIONS_MAXIMUM',
};

/** The value of an expression of numbers and constants; the largest of a field. */
export function valueOf(node: ts.Expression, constants: Constants): number | undefined {
  if (ts.isNumericLiteral(node)) return Number(node.text);
  if (ts.isIdentifier(node)) return constants(node.text);
  if (ts.isPropertyAccessExpression(node)) return constants(FIELDS[node.name.text] ?? '');
  if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node))
    return valueOf(node.expression, constants);
  if (!ts.isBinaryExpression(node)) return undefined;
  const [left, right] = [valueOf(node.left, constants), valueOf(node.right, constants)];
  if (left === undefined || right === undefined) return undefined;
  const results: Record<string, number> = {
    '+': left + right,
    '-': left - right,
    '*': left * right,
    '/': Math.trunc(left / right),
    '<<': left << right,
    '>>': left >> right,
    '&': left & right,
    '|': left | right,
  };
  return results[node.operatorToken.getText()];
}

/**
 * The constants with a number in `texts`, by file: those of `file` itself, else those that have one value everywhere.
 */
export function constantsOf(texts: ReadonlyMap<string, string>): (file: string) => Constants {
  const found = new Map<string, Map<string, ts.Expression>>();
  for (const [file, text] of texts) {
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
    for (const statement of source.statements) {
      if (!ts.isVariableStatement(statement)) continue;
      for (const { name, initializer } of statement.declarationList.declarations) {
        if (initializer === undefined || !ts.isIdentifier(name)) continue;
        found.set(
          name.text,
          (found.get(name.text) ?? new Map<string, ts.Expression>()).set(file, initializer),
        );
      }
    }
  }
  const of =
    (file: string): Constants =>
    (name) => {
      const places = found.get(name);
      const own = places?.get(file);
      if (own !== undefined) return valueOf(own, of(file));
      const values = new Set(
        [...(places ?? [])].map(([at, expression]) => valueOf(expression, of(at))),
      );
      return values.size === 1 ? [...values][0] : undefined;
    };
  return of;
}

/**
 * The loop of the source that `places` stand in directly: the smallest that has most of them. Undefined: none has any.
 */
export function sourceLoopOf(
  places: readonly Place[],
  loops: ReadonlyMap<string, readonly SourceLoop[]>,
): SourceLoop | undefined {
  const votes = new Map<SourceLoop, number>();
  for (const { file, line } of places) {
    for (const loop of loops.get(file) ?? []) {
      if (line >= loop.from && line <= loop.to) votes.set(loop, (votes.get(loop) ?? 0) + 1);
    }
  }
  const size = (loop: SourceLoop): number => loop.to - loop.from;
  const ranked = [...votes].sort(
    ([left, many], [right, others]) => others - many || size(left) - size(right),
  );
  return ranked[0]?.[0];
}
