// SPDX-License-Identifier: MIT
/**
 * node:test's words, with suites that can be skipped test by test.
 *
 * node:test does not look into a suite that is skipped: it counts as one, however many tests it holds.
 * Here each test of it is skipped with the suite's reason, and its hooks do not run.
 */
import * as runner from 'node:test';

type Options = { readonly skip?: string | boolean; readonly timeout?: number };
type TestBody = (context: runner.TestContext) => void | Promise<void>;
type Hook = () => void | Promise<void>;

let suiteReason: string | boolean = false;

export function describe(name: string, ...rest: [() => void] | [Options, () => void]): void {
  const [options, body]: [Options, () => void] = rest.length === 1 ? [{}, rest[0]] : rest;
  const { skip = false, ...others } = options;
  void runner.describe(name, others, () => {
    const outer = suiteReason;
    suiteReason = outer || skip;
    try {
      body();
    } finally {
      suiteReason = outer;
    }
  });
}

export function it(name: string, ...rest: [TestBody] | [Options, TestBody]): void {
  const [options, body]: [Options, TestBody] = rest.length === 1 ? [{}, rest[0]] : rest;
  const skip = suiteReason || options.skip || false;
  void runner.it(name, { ...options, skip }, body);
}

export function before(hook: Hook): void {
  if (!suiteReason) runner.before(hook);
}

export function after(hook: Hook): void {
  if (!suiteReason) runner.after(hook);
}

export function beforeEach(hook: Hook): void {
  if (!suiteReason) runner.beforeEach(hook);
}

export function afterEach(hook: Hook): void {
  if (!suiteReason) runner.afterEach(hook);
}
