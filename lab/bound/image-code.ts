// SPDX-License-Identifier: MIT
/**
 * The code of the linked image by load address: words, functions, and where a step begins.
 *
 * Does not: know lines (lines.ts).
 */
import { loadedBytes, readElf } from '../../cell-config/image/elf.ts';
import { STEP_SYMBOL, stepAddressesOf } from '../../twin/engine/engine.ts';
import { graphOf, type Code, type FunctionGraph } from './program.ts';

/** Functions that a step runs: generated ones, of the compiler, and the loop. What traps never comes back to the step. */
const FUNCTION_NAME = /^(w2c_|mem|cell_main$)/;

export interface ImageCode extends Code {
  /** Where a step begins, inside cell_main. */
  readonly stepBegins: number;
  readonly graphs: ReadonlyMap<number, FunctionGraph>;
}

/** Reads a linked image. Throws if a step does not begin at one place. */
export function readCode(elf: Uint8Array): ImageCode {
  const image = readElf(elf);
  const [stepBegins, ...copies] = stepAddressesOf(image.symbols);
  if (copies.length > 0) throw new Error('the compiler has copied the place where a step begins');
  const text = image.sections.find(({ name }) => name === '.text');
  if (text === undefined) throw new Error('the image has no section .text');
  const bytes = loadedBytes(
    image,
    0,
    Math.max(...image.segments.map((one) => one.address + one.bytes.length)),
  );
  const symbols = [...image.symbols]
    .filter(
      ([name, at]) =>
        !name.startsWith('$') &&
        !name.startsWith(STEP_SYMBOL) &&
        at >= text.address &&
        at < text.address + text.size,
    )
    .sort(([, left], [, right]) => left - right);
  const functions = symbols.flatMap(([name, start], index) => {
    const end =
      symbols.slice(index + 1).find(([, at]) => at > start)?.[1] ?? text.address + text.size;
    return FUNCTION_NAME.test(name) ? [{ name, start, end }] : [];
  });
  const code: Code = {
    functions,
    word: (at) => bytes.readUInt32LE(at),
    byte: (at) => bytes[at],
    trap: image.symbols.get('wasm_rt_trap'),
  };
  const graphs = new Map(functions.map((one) => [one.start, graphOf(code, one)]));
  return { ...code, stepBegins, graphs };
}
