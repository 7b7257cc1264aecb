// SPDX-License-Identifier: MIT
/** Gives whoever imports node:test the module beside it instead, which only keeps the tests (collect.ts). */
import { URL } from 'node:url';

const COLLECT = new URL('./collect.ts', import.meta.url).href;

export function resolve(specifier, context, next) {
  if (specifier === 'node:test') return { url: COLLECT, shortCircuit: true };
  return next(specifier, context);
}
