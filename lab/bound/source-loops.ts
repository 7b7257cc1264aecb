// SPDX-License-Identifier: MIT
/**
 * The loops of the source, and how often each goes round at most: by its own words where it counts from one constant
 * to another, else as the comment before it says (or full-files.ts).
 *
 *   // loop: at most 16            a number, or a constant of src/
 *   // loop: at most 4, 12 a step  rounds each time, and in a whole step however often it is entered
 *   // loop: at most 12 a step     the second alone
 *   // loop: waits for SPI         what it takes is the time of the bytes on the wire
 *   // loop: a byte of SPI         once for each byte that the task declares
 *   // loop: takes NAME            nanoseconds in all; something else holds them, such as the check of a rule table
 *   // copy: at most 36            before a statement with memory.copy or memory.fill of bytes that are no constant
 *   // path: at most 3 a step, WHY before a function or method: so often a step enters it
 *   // path: not counted, WHY      before a function or method: no step that keeps its bound comes here
 *
 * Does not: believe them. The emulated run counts (counts.ts).
 */
import ts from 'typescript';
import { LOOPS_OF_FULL_FILES } from './full-files.ts';
import type { Place } from './origins.ts';

export type Bound =
  | {
      readonly times: number;
      /** Rounds in a whole step, however often it is entered. */
      readonly aStep?: number;
    }
  | { readonly nanos: number }
  | { readonly by: 'wait' | 'byte' };

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

/** A function or method that a step enters `times` times at most. */
export interface Entered extends Range {
  readonly times: number;
  /** Of the method. */
  readonly className?: string;
}

/** `memory.copy` or `memory.fill`. */
export interface Copy extends Range {
  /** Undefined: not known. */
  readonly bytes?: number;
}

export interface SourceFile {
  readonly loops: readonly SourceLoop[];
  readonly copies: readonly Copy[];
  readonly entered: readonly Entered[];
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
  const copies: Copy[] = [];
  const entered: Entered[] = [];
  const uncounted: Range[] = [];
  const heads = new Set<number>();
  const visit = (node: ts.Node): void => {
    const isMember = ts.isMethodDeclaration(node) || ts.isFunctionDeclaration(node);
    const name = isMember ? node.name?.getText() : undefined;
    const range = { file, from: lineOf(node.getStart()), to: lineOf(node.getEnd()), name };
    const where = `${file}:${range.from}`;
    if (ts.isCallExpression(node) && /^memory\.(copy|fill)$/.test(node.expression.getText())) {
      const statement = ts.findAncestor(node, ts.isStatement) ?? node;
      const { copy } = saidBefore(lines, lineOf(statement.getStart()));
      const bytes = copy === undefined ? undefined : most(copy, where, constants);
      copies.push({ ...range, bytes: bytes ?? valueOf(node.arguments[2], constants) });
    }
    if (ts.isStatement(node) || isMember) {
      const said = saidBefore(lines, range.from);
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
      if (said.path?.startsWith('not counted, ') === true) uncounted.push(range);
      else if (said.path !== undefined && isMember) {
        const owner = ts.isClassDeclaration(node.parent) ? node.parent.name?.text : undefined;
        const words = /^(at most \w+) a step, /.exec(said.path)?.[1] ?? said.path;
        entered.push({ ...range, className: owner, times: most(words, where, constants) });
      }
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
  return { loops, copies, entered, uncounted };
}

/** What the comment lines that end before `line` say, by their first word. */
function saidBefore(lines: readonly string[], line: number): Record<string, string | undefined> {
  const said: Record<string, string | undefined> = {};
  for (let above = line - 2; /^\s*(\/\/|\*|\/\*)/.test(lines[above] ?? ''); above -= 1) {
    const words = /^\s*\/\/ (loop|path|copy): (.*)$/.exec(lines[above]);
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
  const [, each, aStep] = /^(at most \w+)(?:, (\w+))? a step/.exec(words) ?? [undefined, words];
  const times = most(each, where, constants);
  if (each === words) return { times };
  return { times, aStep: aStep === undefined ? times : most(`at most ${aStep}`, where, constants) };
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

/** Bytes of a number. */
const SIZES: Readonly<Record<string, number>> = { u8: 1, u16: 2, u32: 4, u64: 8 };

/** The value of an expression of numbers and constants; the largest of a field. */
export function valueOf(node: ts.Expression, constants: Constants): number | undefined {
  if (ts.isCallExpression(node) && node.expression.getText() === 'sizeof')
    return SIZES[node.typeArguments?.[0].getText() ?? ''];
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
