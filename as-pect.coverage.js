// SPDX-License-Identifier: MIT
/**
 * Coverage of src/cell in unit tests: which lines ran, and which way each decision went.
 *
 * It is a transform of asc: it puts a call before each statement, and one around each condition: of `if`,
 * `while`, `for` and `?:`, and the left side of `&&` and `||`. The calls are imports that the host of the
 * specs offers; all spec files together fill one record, because they run in one process.
 * Does not: touch the firmware, whose build knows no transform; or count cases of a `switch`, which are lines.
 */
import { readdirSync } from 'node:fs';
import { Node, NodeKind, Parser, Token } from 'assemblyscript/dist/assemblyscript.js';

const FOLDER = 'src/cell';
const IMPORTS = `
  @external("coverage", "line") declare function __line(place: i32): void;
  @external("coverage", "decide") declare function __decide(place: i32, isTrue: bool): bool;`;

/** Every file that was compiled. */
const files = new Set();
/** Every place by its number: `file:line`, of a decision `file:line:column`; and 1 for each way that ran. */
const places = [];
const numbers = new Map();

function numberOf(name, isDecision) {
  const key = `${isDecision ? 'if' : 'line'} ${name}`;
  if (!numbers.has(key)) numbers.set(key, places.push({ name, isDecision, ways: [0, 0] }) - 1);
  return numbers.get(key);
}

/** What the specs' modules import. */
export const coverageImports = {
  line: (place) => void (places[place].ways[1] = 1),
  decide: (place, isTrue) => {
    places[place].ways[isTrue ? 1 : 0] = 1;
    return isTrue;
  },
};

/** Statements and conditions of one source file, each with its call. */
class Instrumenter {
  constructor(source) {
    this.source = source;
  }

  /** Goes through everything below `node`, and changes it in place. */
  visit(node) {
    for (const [key, value] of Object.entries(node)) {
      if (key === 'range' || key === 'source' || value === null) continue;
      if (Array.isArray(value)) value.forEach((item) => item instanceof Node && this.visit(item));
      else if (value instanceof Node) this.visit(value);
    }
    this.change(node);
  }

  change(node) {
    switch (node.kind) {
      case NodeKind.Block:
      case NodeKind.SwitchCase:
        node.statements = node.statements.flatMap((one) => this.withLine(one));
        return;
      case NodeKind.If:
        node.ifTrue = this.asBlock(node.ifTrue);
        if (node.ifFalse !== null) node.ifFalse = this.asBlock(node.ifFalse);
        node.condition = this.decided(node.condition);
        return;
      case NodeKind.For:
      case NodeKind.While:
      case NodeKind.Do:
        node.body = this.asBlock(node.body);
        if (node.condition !== null) node.condition = this.decided(node.condition);
        return;
      case NodeKind.Ternary:
        node.condition = this.decided(node.condition);
        return;
      case NodeKind.Binary:
        if (node.operator === Token.Ampersand_Ampersand || node.operator === Token.Bar_Bar) {
          node.left = this.decided(node.left);
        }
    }
  }

  withLine(statement) {
    const { range, kind } = statement;
    if (kind === NodeKind.Block || kind === NodeKind.Empty) return [statement];
    const place = `${this.source.normalizedPath}:${this.source.lineAt(range.start)}`;
    return [
      Node.createExpressionStatement(call('__line', numberOf(place, false), [], range)),
      statement,
    ];
  }

  asBlock(statement) {
    if (statement.kind === NodeKind.Block) return statement;
    return Node.createBlockStatement(this.withLine(statement), statement.range);
  }

  decided(condition) {
    const { range } = condition;
    const line = this.source.lineAt(range.start);
    const place = `${this.source.normalizedPath}:${line}:${this.source.columnAt()}`;
    return call('__decide', numberOf(place, true), [condition], range);
  }
}

function call(name, place, operands, range) {
  const number = Node.createIntegerLiteralExpression(globalThis.i64_new(place, 0), range);
  const callee = Node.createIdentifierExpression(name, range);
  return Node.createCallExpression(callee, null, [number, ...operands], range);
}

/** What asc takes as a transform. */
export default class CoverageTransform {
  afterParse(parser) {
    for (const source of parser.sources) {
      if (!source.normalizedPath.startsWith(`${FOLDER}/`)) continue;
      files.add(source.normalizedPath);
      new Instrumenter(source).visit(source);
      const imports = new Parser([], []);
      imports.parseFile(IMPORTS, source.normalizedPath, false);
      source.statements.unshift(...imports.sources[0].statements);
    }
  }
}

/**
 * What ran and what did not, after all specs. `summary` is one line; `missed` has a line for each line and
 * each way of a decision that did not run, and for each file of the folder that no spec has compiled.
 */
export function coverageReport() {
  const unseen = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .map((name) => `${FOLDER}/${name}`)
    .filter((name) => name.endsWith('.ts') && !files.has(name))
    .map((name) => `${name}: not compiled by any spec`);
  const lines = places.filter((place) => !place.isDecision).map((place) => place.ways[1]);
  const ways = places.filter((place) => place.isDecision).flatMap((place) => place.ways);
  return {
    summary: `${FOLDER}: ${share(lines, 'lines')} run in unit tests, ${share(ways, 'ways of its decisions')}`,
    missed: [...unseen, ...places.flatMap(missedWays)].sort(),
  };
}

function missedWays({ name, isDecision, ways }) {
  if (!isDecision) return ways[1] === 1 ? [] : [name];
  return ['false', 'true'].filter((_, way) => ways[way] === 0).map((way) => `${name} never ${way}`);
}

function share(marks, what) {
  const ran = marks.filter((mark) => mark === 1).length;
  // Rounded down: 100.0 is all of them.
  const percent = (Math.floor((1000 * ran) / Math.max(marks.length, 1)) / 10).toFixed(1);
  return `${percent} % of ${marks.length.toLocaleString('en')} ${what}`;
}
