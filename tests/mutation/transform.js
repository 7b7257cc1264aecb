// SPDX-License-Identifier: MIT
/**
 * A transform of asc that puts mutants into the source: all of them in one module, and the host of the module says
 * which one is at work.
 *
 * Each place asks `chosen(number)`: a global of the host says which mutant is at work. Without one (-1) the host is told
 * that the place was reached. Places and rounds of loops count down, so that what a mutant has made endless ends.
 * Does not: touch the compiler's own library, or as-pect.
 */
import { Node, NodeKind, Parser } from 'assemblyscript/dist/assemblyscript.js';
import { Places } from './places.js';

const ASKED = `
  @external("mutation", "mutant") declare let __mutant: i32;
  @external("mutation", "left") declare let __left: i32;
  @external("mutation", "reached") declare function __reached(place: i32): bool;
  @external("mutation", "endless") declare function __endless(): void;
  function __round(): void {
    if (--__left < 0) __endless();
  }
  function __chosen(place: i32): bool {
    __round();
    return __mutant < 0 ? __reached(place) : __mutant === place;
  }`;
export const MUTATED_FOLDERS = ['src/driver', 'src/cell', 'src/virtio', 'src/responder'];
const COUNTED = /^(src|tests)\//;

/** Puts in each mutant whose name `numbers` knows, and the `planted` ones: { file, scope, from, to, number }. */
export class MutationTransform {
  constructor(numbers, planted = []) {
    this.numbers = numbers;
    this.planted = planted;
  }

  afterParse(parser) {
    for (const source of parser.sources) {
      const path = source.normalizedPath;
      if (!COUNTED.test(path)) continue;
      const planted = this.planted.filter((row) => row.file === path);
      const isMutated = MUTATED_FOLDERS.some((folder) => path.startsWith(`${folder}/`));
      if (isMutated || planted.length > 0) {
        new Places(source, ({ name }) => this.numbers.get(name), planted).run();
      }
      countRounds(source);
      const asked = new Parser([], []);
      asked.parseFile(ASKED, path, false);
      source.statements.unshift(...asked.sources[0].statements);
    }
  }
}

function countRounds(node) {
  for (const [key, value] of Object.entries(node)) {
    if (key === 'range' || key === 'source' || value === null) continue;
    if (Array.isArray(value)) value.forEach((item) => item instanceof Node && countRounds(item));
    else if (value instanceof Node) countRounds(value);
  }
  const isLoop = [NodeKind.For, NodeKind.While, NodeKind.Do].includes(node.kind);
  if (!isLoop) return;
  const { range } = node.body;
  const callee = Node.createIdentifierExpression('__round', range);
  const round = Node.createExpressionStatement(Node.createCallExpression(callee, null, [], range));
  node.body = Node.createBlockStatement([round, node.body], range);
}

/** All mutants of the folders, in the order of the files. */
export function listMutants(files) {
  const mutants = [];
  for (const { path, text } of files) {
    const parser = new Parser([], []);
    parser.parseFile(text, path, true);
    new Places(parser.sources[0], (mutant) => void mutants.push(mutant)).run();
  }
  return mutants;
}
