// SPDX-License-Identifier: MIT
/**
 * The places of AssemblyScript source where one change makes a mutant, by the syntax tree of asc's own parser.
 *
 * A mutant has a name that outlives changes elsewhere in the file: the file, the function, the text and what it
 * becomes, and a number if the function has the same text more than once.
 * Does not: change a condition that tells null from an object (what follows would not compile), an immediate offset
 * of `load` and `store`, an initial value outside functions, or an assignment to a field in a constructor.
 */
import { LiteralKind, Node, NodeKind, Parser, Token } from 'assemblyscript/dist/assemblyscript.js';

/** Each operator, and what it is mistaken for: the neighbour at a bound, the other direction, the other set. */
const OPERATORS = new Map(
  Object.entries({
    '+': '-',
    '-': '+',
    '*': '+',
    '/': '*',
    '%': '/',
    '&': '|',
    '|': '&',
    '^': '|',
    '<<': '>>',
    '>>': '<<',
    '<': '<=',
    '<=': '<',
    '>': '>=',
    '>=': '>',
    '==': '!=',
    '===': '!==',
    '!=': '==',
    '!==': '===',
    '&&': '||',
    '||': '&&',
  }),
);
const TOKENS = {
  ...{
    '+': Token.Plus,
    '-': Token.Minus,
    '*': Token.Asterisk,
    '/': Token.Slash,
    '%': Token.Percent,
  },
  ...{ '&': Token.Ampersand, '|': Token.Bar, '^': Token.Caret },
  ...{ '<<': Token.LessThan_LessThan, '>>': Token.GreaterThan_GreaterThan },
  ...{ '<': Token.LessThan, '<=': Token.LessThan_Equals },
  ...{ '>': Token.GreaterThan, '>=': Token.GreaterThan_Equals },
  ...{ '==': Token.Equals_Equals, '!=': Token.Exclamation_Equals },
  ...{ '===': Token.Equals_Equals_Equals, '!==': Token.Exclamation_Equals_Equals },
  ...{ '&&': Token.Ampersand_Ampersand, '||': Token.Bar_Bar },
};
const WORDS = new Map(Object.entries(TOKENS).map(([word, token]) => [token, word]));
const CONSTANT = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/;
/** Conditions that the compiler itself decides, or that it learns from. */
const KNOWN_TO_COMPILER = /\bnull\b|\binstanceof\b|\bis[A-Z]\w*<|\bASC_/;
/** How many operands of these calls are values; the others must be constant. */
const VALUE_OPERANDS = { load: 1, store: 2 };
/** Their largest value; one more would need a wider type. */
const FULL = new Set([0x7f, 0xff, 0x7fff, 0xffff, 0x7fffffff, 0xffffffff]);

/**
 * Calls `found` for each mutant of a source: with the number that it returns, if any, the mutant is put in. `planted`
 * are further changes, written by hand: where a node of `scope` has the text `from`, it becomes `to`.
 */
export class Places {
  constructor(source, found, planted = []) {
    this.source = source;
    this.found = found;
    this.planted = planted;
    /** The planted ones whose place was found. */
    this.met = new Set();
    this.scope = [];
    this.returnsBool = false;
    this.inConstructor = false;
    this.names = new Map();
  }

  /** Goes through the whole source. */
  run() {
    for (const statement of this.source.statements) this.below(statement, false);
  }

  /** Everything below `node`; `isCode`: in the body of a function. */
  below(node, isCode) {
    const scope = this.enter(node);
    const inside = isCode || scope.isFunction;
    for (const [key, value] of Object.entries(node)) {
      if (this.isPassedBy(node, key, value)) continue;
      if (Array.isArray(value)) this.list(node, key, value, inside);
      else if (value instanceof Node) node[key] = this.visit(value, node, key, inside);
    }
    scope.leave();
  }

  isPassedBy(node, key, value) {
    if (key === 'range' || key === 'source' || value === null) return true;
    // Types, decorators and names are no code.
    if (/[tT]ype|decorators|signature|^name$|^label$/.test(key)) return true;
    if (node.kind === NodeKind.PropertyAccess && key === 'property') return true;
    return (
      node.kind === NodeKind.Call && key === 'expression' && value.kind === NodeKind.Identifier
    );
  }

  list(node, key, values, isCode) {
    const callee = node.kind === NodeKind.Call ? this.text(node.expression) : '';
    const most = (key === 'args' && VALUE_OPERANDS[callee]) || values.length;
    for (let index = 0; index < most; index++) {
      const value = values[index];
      if (value instanceof Node) values[index] = this.visit(value, node, key, isCode);
    }
  }

  visit(node, parent, key, isCode) {
    this.below(node, isCode);
    if (!isCode) return node;
    return this.plant(node, this.mutate(node, parent, key));
  }

  mutate(node, parent, key) {
    if (node.kind === NodeKind.Expression) return this.statement(node);
    let changed = this.expression(node, parent, key);
    if (isCondition(parent, key)) changed = this.condition(node, changed, parent);
    if (parent.kind === NodeKind.Return && this.returnsBool) changed = this.returned(node, changed);
    return changed;
  }

  plant(node, changed) {
    const { range } = node;
    const isStatement = node.kind >= NodeKind.Block && node.kind <= NodeKind.While;
    const row = this.planted.find(
      ({ from, to, scope, number }) =>
        !this.met.has(number) &&
        scope === this.scope.join('.') &&
        from === this.text(node) &&
        (to !== '' || isStatement),
    );
    if (row === undefined) return changed;
    this.met.add(row.number);
    const chosen = call('__chosen', row.number, range);
    const statements = parsed(row.to, range);
    if (isStatement) {
      return Node.createIfStatement(
        chosen,
        Node.createBlockStatement(statements, range),
        changed,
        range,
      );
    }
    const [{ expression }] = statements;
    return parenthesized(Node.createTernaryExpression(chosen, expression, changed, range), range);
  }

  enter(node) {
    const { scope, returnsBool, inConstructor } = this;
    const isFunction =
      node.kind === NodeKind.MethodDeclaration || node.kind === NodeKind.FunctionDeclaration;
    if (isFunction || node.kind === NodeKind.ClassDeclaration) {
      this.scope = [...scope, this.text(node.name)];
    }
    if (isFunction) {
      this.returnsBool = this.text(node.signature.returnType) === 'bool';
      this.inConstructor = this.scope.at(-1) === 'constructor';
    }
    const leave = () => Object.assign(this, { scope, returnsBool, inConstructor });
    return { isFunction, leave };
  }

  statement(node) {
    const { expression, range } = node;
    const text = this.text(node);
    if (expression.kind === NodeKind.Call && text.startsWith('super')) return node;
    const isField = expression.kind === NodeKind.Binary && /^this\.\w+ = /.test(text);
    if (isField && this.inConstructor) return node;
    return this.make(node, node, { kind: 'statement', from: text, to: '' }, (chosen) =>
      Node.createIfStatement(negated(chosen, range), node, null, range),
    );
  }

  /** Another operator or value in place of `node`. */
  expression(node, parent, key) {
    const { range } = node;
    switch (node.kind) {
      case NodeKind.Binary: {
        const word = WORDS.get(node.operator);
        const other = OPERATORS.get(word);
        if (other === undefined || KNOWN_TO_COMPILER.test(this.text(node))) return node;
        const to = `${this.text(node.left)} ${other} ${this.text(node.right)}`;
        const mutated = Node.createBinaryExpression(TOKENS[other], node.left, node.right, range);
        return this.either(node, node, { kind: 'operator', to }, mutated);
      }
      case NodeKind.UnaryPrefix: {
        if (node.operator !== Token.Exclamation && node.operator !== Token.Tilde) return node;
        if (KNOWN_TO_COMPILER.test(this.text(node))) return node;
        const to = this.text(node.operand);
        return this.either(node, node, { kind: 'operator', to }, node.operand);
      }
      case NodeKind.Literal:
        return node.literalKind === LiteralKind.Integer ? this.integer(node) : node;
      case NodeKind.True:
      case NodeKind.False: {
        const [to, make] =
          node.kind === NodeKind.True
            ? ['false', Node.createFalseExpression]
            : ['true', Node.createTrueExpression];
        return this.either(node, node, { kind: 'constant', to }, make(range));
      }
      case NodeKind.Identifier: {
        const isValue = !(parent.kind === NodeKind.PropertyAccess && key === 'expression');
        if (!isValue || !CONSTANT.test(node.text) || node.text.length === 1) return node;
        const one = Node.createIntegerLiteralExpression(globalThis.i64_new(1, 0), range);
        const mutated = Node.createBinaryExpression(Token.Plus, node, one, range);
        return this.either(node, node, { kind: 'constant', to: `${node.text} + 1` }, mutated);
      }
      default:
        return node;
    }
  }

  integer(node) {
    const value = BigInt(this.text(node).replaceAll('_', ''));
    const isFull = value > 0xffffffffn || FULL.has(Number(value));
    const other = isFull ? value - 1n : value + 1n;
    const low = Number(BigInt.asIntN(32, other));
    const high = Number(BigInt.asIntN(32, other >> 32n));
    const mutated = Node.createIntegerLiteralExpression(globalThis.i64_new(low, high), node.range);
    return this.either(node, node, { kind: 'constant', to: `${other}` }, mutated);
  }

  /** The condition always, and never. A loop is not made endless. */
  condition(node, changed, parent) {
    if (KNOWN_TO_COMPILER.test(this.text(node))) return changed;
    if (node.kind === NodeKind.True || node.kind === NodeKind.False) return changed;
    const { range } = node;
    const never = Node.createFalseExpression(range);
    const once = this.either(node, changed, { kind: 'condition', to: 'false' }, never);
    if (parent.kind !== NodeKind.If && parent.kind !== NodeKind.Ternary) return once;
    const always = Node.createTrueExpression(range);
    return this.either(node, once, { kind: 'condition', to: 'true' }, always);
  }

  returned(node, changed) {
    if (node.kind === NodeKind.True || node.kind === NodeKind.False) return changed;
    if (KNOWN_TO_COMPILER.test(this.text(node))) return changed;
    const to = `!(${this.text(node)})`;
    return this.either(node, changed, { kind: 'result', to }, negated(node, node.range));
  }

  /** `chosen ? mutated : original` for an expression, if it is wanted. */
  either(node, original, mutant, mutated) {
    const { range } = node;
    return this.make(node, original, { from: this.text(node), ...mutant }, (chosen) =>
      parenthesized(Node.createTernaryExpression(chosen, mutated, original, range), range),
    );
  }

  make(node, original, { kind, from, to }, build) {
    const { range } = node;
    const file = this.source.normalizedPath;
    const stem = `${file} ${this.scope.join('.')}: ${from} => ${to === '' ? 'nothing' : to}`;
    const count = (this.names.get(stem) ?? 0) + 1;
    this.names.set(stem, count);
    const name = count === 1 ? stem : `${stem} #${count}`;
    const line = this.source.lineAt(range.start);
    const mutant = { name, file, line, kind, start: range.start, end: range.end };
    const number = this.found(mutant);
    if (number === undefined) return original;
    return build(call('__chosen', number, range));
  }

  /** The source text, on one line. */
  text(node) {
    const text = this.source.text.slice(node.range.start, node.range.end);
    return text.replace(/\s+/g, ' ').replace(/;$/, '').trim();
  }
}

/** The statements of a text, as if they stood at `range`: the compiler asks a node for its file. */
function parsed(text, range) {
  const parser = new Parser([], []);
  parser.parseFile(`function planted(): void { ${text} }`, 'planted', false);
  const { body } = parser.sources[0].statements[0];
  const move = (node) => {
    node.range = range;
    for (const value of Object.values(node).flat()) if (value instanceof Node) move(value);
  };
  move(body);
  return body.statements;
}

function isCondition(parent, key) {
  return key === 'condition' && parent.kind !== NodeKind.Switch;
}

function parenthesized(expression, range) {
  return Node.createParenthesizedExpression(expression, range);
}

function negated(expression, range) {
  const operand = parenthesized(expression, range);
  return Node.createUnaryPrefixExpression(Token.Exclamation, operand, range);
}

/** A call of a function of the transform with a number. */
export function call(name, number, range) {
  const place = Node.createIntegerLiteralExpression(globalThis.i64_new(number, 0), range);
  const callee = Node.createIdentifierExpression(name, range);
  return Node.createCallExpression(callee, null, [place], range);
}
