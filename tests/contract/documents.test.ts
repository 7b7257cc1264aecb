// SPDX-License-Identifier: MIT
/** What the documents name exists: files they link to, npm commands, folders of the project. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, it } from 'node:test';
import { listFiles, readSource } from './source-tree.ts';

const DOCUMENTS = listFiles('', (path) => path.endsWith('.md'));
const README = readSource('README.md');

describe('the documents', () => {
  it('link to files that exist', () => {
    const broken = DOCUMENTS.flatMap((path) =>
      [...readSource(path).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
        .map(([, target]) => target)
        .filter((target) => !/^https?:/.test(target))
        .filter((target) => !existsSync(posix.join(posix.dirname(path), target)))
        .map((target) => `${path}: ${target}`),
    );
    assert.deepEqual(broken, []);
  });

  it('name npm commands that exist', () => {
    const manifest = JSON.parse(readSource('package.json')) as { scripts: Record<string, string> };
    const unknown = DOCUMENTS.flatMap((path) =>
      [...readSource(path).matchAll(/npm run ([a-z][a-z0-9:-]*)/g)]
        .filter(([, name]) => !(name in manifest.scripts))
        .map(([command]) => `${path}: ${command}`),
    );
    assert.deepEqual(unknown, []);
  });

  it('name source files that exist', () => {
    const named =
      /`((?:formats|src|bsp|twin|lab|rules|cell-config|scripts|tests|docs)\/[\w./-]+\.[a-zA-Z]+)`/g;
    const missing = DOCUMENTS.flatMap((path) =>
      [...readSource(path).matchAll(named)]
        .filter(([, file]) => !existsSync(file))
        .map(([, file]) => `${path}: ${file}`),
    );
    assert.deepEqual(missing, []);
  });
});

describe('the README', () => {
  it('has each folder of the project in its table', () => {
    const folders = readdirSync('.', { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !/^(\.|node_modules$)/.test(entry.name))
      .map((entry) => entry.name);
    assert.deepEqual(
      folders.filter((name) => !README.includes(`| \`${name}/\` |`)),
      [],
    );
  });

  it('marks its figures as figures of the twin', () => {
    const numbers = README.split('## Numbers')[1]?.split('\n## ')[0] ?? '';
    assert.match(numbers, /\*\*twin\*\*/);
  });
});

describe('docs/sources.md', () => {
  const page = readSource('docs/sources.md');

  it('has every numbered document that is cited', () => {
    const cited = listFiles('', (path) => /\.(ts|c|h|S|md)$/.test(path)).flatMap((path) =>
      [
        ...readSource(path).matchAll(/\b(?:DS\d{5,}[A-Z]?|(?:DDI|IHI) \d{4}B?|ISO \d{4,5}-\d)/g),
      ].map(([name]) => name),
    );
    const names = [...new Set(cited)].filter((name) => !page.includes(name));
    assert.ok(new Set(cited).size > 5);
    assert.deepEqual(names, []);
  });

  it('has every acceptance case that a test carries, and no other', () => {
    const tests = listFiles('tests/cases', (path) => path.endsWith('.test.ts')).map(readSource);
    const carried = tests.flatMap((text) =>
      [...text.matchAll(/['"`]((?:[TFRXEGU]\d{1,2} ?)+)/g)].flatMap(([, cases]) =>
        cases.trim().split(' '),
      ),
    );
    const rows = [...page.matchAll(/^\| ([TFRXEGU]\d+)(?:(?: to |, )([TFRXEGU]\d+))? \|/gm)];
    const listed = rows.flatMap(([, first, last = first]) => {
      const [from, to] = [first, last].map((name) => Number(name.slice(1)));
      return Array.from({ length: to - from + 1 }, (_, index) => `${first[0]}${from + index}`);
    });
    assert.deepEqual([...new Set(carried)].sort(), listed.sort());
  });
});
