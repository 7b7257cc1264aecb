// SPDX-License-Identifier: MIT
/**
 * Lets Node load TypeScript: `node --import ./scripts/test/typescript/loader.js FILE.ts`.
 *
 * In `npm test` it takes what transpile.ts has made of each file at the start, which costs half the
 * processor time of tsx for each process. Anywhere else it is tsx. It is JavaScript, because nothing
 * has loaded TypeScript before it.
 */
import { register } from 'node:module';
import process from 'node:process';

if (process.env.CANWARDEN_TRANSPILED === undefined) {
  await import('tsx');
} else {
  process.setSourceMapsEnabled(true);
  register('./hooks.js', import.meta.url);
}
