// SPDX-License-Identifier: MIT
/** The house rules that a machine can check and the linters do not. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { lineAt, listFiles, readSource } from './source-tree.ts';

const LINES_MOST = 400;
const CODE = listFiles('', (path) => /\.(ts|js|c|h|S|ld)$/.test(path));
const TEXT = listFiles('', (path) => /\.(ts|js|json|c|h|S|ld|md|yaml|yml|sh|log)$/.test(path));

/** Places where a pattern stands, as `path:line: text`. */
function findAll(paths: readonly string[], pattern: RegExp): string[] {
  return paths.flatMap((path) => {
    const text = readSource(path);
    return [...text.matchAll(pattern)].map(
      (match) => `${path}:${lineAt(text, match.index)}: ${match[0].trim()}`,
    );
  });
}

describe('the source files', () => {
  it('are found', () => {
    assert.ok(CODE.length > 80, `only ${CODE.length} files`);
  });

  it('begin with their licence and a comment that says what they are', () => {
    const licence = String.raw`(\/\/ SPDX-License-Identifier: MIT|\/\* SPDX-License-Identifier: MIT \*\/)\n`;
    const start = new RegExp(String.raw`^(#!.*\n)?${licence}(\/\/\/ .*\n)?\/\*`);
    const without = CODE.filter((path) => !start.test(readSource(path)));
    assert.deepEqual(without, []);
  });

  it(`have at most ${LINES_MOST} lines after that of the licence`, () => {
    const long = CODE.filter((path) => readSource(path).split('\n').length > LINES_MOST + 2);
    assert.deepEqual(long, []);
  });

  it('are named in kebab-case', () => {
    const names = CODE.map((path) => path.split('/').at(-1) ?? '');
    const odd = names.filter((name) => !/^[a-z0-9-]+(\.[a-z0-9-]+)*\.(ts|js|c|h|S|ld)$/.test(name));
    assert.deepEqual(odd, []);
  });

  it('of src carry no decorator on a function or variable, so that every tool can read them', () => {
    const paths = CODE.filter((path) => path.startsWith('src/') || path.startsWith('tests/unit/'));
    assert.deepEqual(findAll(paths, /^\s*@(?!(unmanaged|final)\b)\w+.*/gm), []);
  });

  it('of host TypeScript hold no syntax that must be compiled away', () => {
    const paths = CODE.filter((path) =>
      /^(formats|twin|lab|web|rules|cell-config|scripts|tests\/(?!unit))/.test(path),
    );
    assert.deepEqual(findAll(paths, /^(export )?(const )?(enum|namespace) \w+.*/gm), []);
  });

  it('of C call setjmp only as one side of a whole condition (C11 7.13.1.1)', () => {
    const paths = CODE.filter((path) => /\.[ch]$/.test(path));
    const calls = findAll(paths, /^(?!\s*\*).*\bsetjmp\(.*/gm);
    assert.ok(calls.length > 0, 'no call found: is the pattern right?');
    const allowed = /: if \(setjmp\(\w+\) [!=]= 0\) \{/;
    assert.deepEqual(
      calls.filter((call) => !allowed.test(call)),
      [],
    );
  });

  it('hold no path of one machine', () => {
    // Written apart, so that this file does not find itself.
    const places = ['/work', '/tmp', '/root', '/home/[a-z]+'].map((place) => `${place}/`);
    const pattern = new RegExp(`(?<![\\w.-])(${places.join('|')})\\w+.*`, 'g');
    assert.deepEqual(findAll(TEXT, pattern), []);
  });
});

describe('the package lock', () => {
  const lock = readSource('package-lock.json');

  it('names no registry host, so that any mirror serves', () => {
    assert.doesNotMatch(lock, /"resolved"/);
    assert.doesNotMatch(lock, /https?:\/\/[^"]*registry/);
  });

  it('belongs to package.json', () => {
    interface Manifest {
      devDependencies: Record<string, string>;
    }
    const { packages } = JSON.parse(lock) as { packages: Record<string, Manifest> };
    const manifest = JSON.parse(readSource('package.json')) as Manifest;
    assert.deepEqual(packages[''].devDependencies, manifest.devDependencies);
  });
});
