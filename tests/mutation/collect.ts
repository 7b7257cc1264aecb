// SPDX-License-Identifier: MIT
/**
 * Stands in for node:test: keeps the tests of a file as functions, to be run as often as one likes.
 *
 * Does not: have hooks beyond those that the cases use, or a test within a test.
 */

type Body = () => unknown;

export interface Collected {
  readonly name: string;
  readonly run: () => Promise<void>;
}

let collected: Collected[] = [];
let afters: Body[] = [];

/** The tests since the last call. */
export function takeCollected(): Collected[] {
  const taken = collected;
  collected = [];
  afters = [];
  return taken;
}

export function it(name: string, ...rest: readonly (Body | { readonly skip?: unknown })[]): void {
  const body = rest.find((one) => typeof one === 'function');
  const options = rest.find((one) => typeof one === 'object');
  if (body === undefined || (options?.skip ?? false) !== false) return;
  const ends = afters;
  const run = async (): Promise<void> => {
    try {
      await body();
    } finally {
      for (const end of ends) await end();
    }
  };
  collected.push({ name, run });
}

export const test = it;

export function describe(_name: string, body: Body): void {
  body();
}

export function afterEach(body: Body): void {
  afters.push(body);
}

export default it;
