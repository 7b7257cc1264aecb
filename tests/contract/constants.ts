// SPDX-License-Identifier: MIT
/**
 * Reads named number constants out of source texts, without running them.
 *
 * Understands what the register and layout files use: numbers, names defined before, casts, and the
 * integer operators. Leaves out what it does not understand.
 */
import ts from 'typescript';

type Evaluate = (node: ts.Expression) => number | undefined;

const OPERATORS: Partial<Record<ts.SyntaxKind, (left: number, right: number) => number>> = {
  [ts.SyntaxKind.BarToken]: (left, right) => (left | right) >>> 0,
  [ts.SyntaxKind.AmpersandToken]: (left, right) => (left & right) >>> 0,
  [ts.SyntaxKind.LessThanLessThanToken]: (left, right) => (left << right) >>> 0,
  [ts.SyntaxKind.PlusToken]: (left, right) => left + right,
  [ts.SyntaxKind.MinusToken]: (left, right) => left - right,
  [ts.SyntaxKind.AsteriskToken]: (left, right) => left * right,
};

function evaluator(known: ReadonlyMap<string, number>): Evaluate {
  const evaluate: Evaluate = (node) => {
    if (ts.isNumericLiteral(node)) return Number(node.text);
    if (ts.isIdentifier(node)) return known.get(node.text);
    if (ts.isParenthesizedExpression(node) || ts.isAsExpression(node))
      return evaluate(node.expression);
    if (ts.isTypeAssertionExpression(node)) return evaluate(node.expression);
    if (ts.isPropertyAccessExpression(node)) return known.get(node.getText());
    if (!ts.isBinaryExpression(node)) return undefined;
    const operator = OPERATORS[node.operatorToken.kind];
    const left = evaluate(node.left);
    const right = evaluate(node.right);
    if (operator === undefined || left === undefined || right === undefined) return undefined;
    return operator(left, right);
  };
  return evaluate;
}

/**
 * The module-level constants of a TypeScript or AssemblyScript text, exported or not. Members of a
 * constant object are named `OBJECT.member`, those of an enum `Enum.Member`.
 */
export function readConstants(text: string): Map<string, number> {
  const source = ts.createSourceFile('constants.ts', text, ts.ScriptTarget.Latest, true);
  const known = new Map<string, number>();
  const evaluate = evaluator(known);
  const add = (name: string, node: ts.Expression | undefined) => {
    const inner = node !== undefined && ts.isAsExpression(node) ? node.expression : node;
    if (inner !== undefined && ts.isObjectLiteralExpression(inner)) {
      for (const property of inner.properties) {
        if (ts.isPropertyAssignment(property)) {
          add(`${name}.${property.name.getText()}`, property.initializer);
        }
      }
      return;
    }
    const value = inner === undefined ? undefined : evaluate(inner);
    if (value !== undefined) known.set(name, value);
  };
  for (const statement of source.statements) {
    if (ts.isVariableStatement(statement)) {
      for (const { name, initializer } of statement.declarationList.declarations) {
        add(name.getText(), initializer);
      }
    }
    if (ts.isEnumDeclaration(statement)) {
      for (const member of statement.members) {
        add(`${statement.name.text}.${member.name.getText()}`, member.initializer);
      }
    }
  }
  return known;
}
