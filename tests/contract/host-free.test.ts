// SPDX-License-Identifier: MIT
/**
 * The parts that the web page runs need no host: what they import is of the project, or one of a few packages
 * that run in a browser, and nothing of Node.
 *
 * What is imported only when it is needed is not followed: the engine of the ARM64 image needs a library.
 */
import assert from 'node:assert/strict';
import { posix } from 'node:path';
import { describe, it } from 'node:test';
import ts from 'typescript';
import { crc32 } from '../../cell-config/crc32.ts';
import { pathBeside } from '../../rules/language/file-path.ts';
import { listFiles, readSource } from './source-tree.ts';

/** What the page starts from, outside its own folder. */
const ENTRIES = [
  'twin/index.ts',
  'lab/rig/assemble-rig.ts',
  'lab/play/log-choice.ts',
  'lab/play/log-input.ts',
  'lab/page/status-page.ts',
  'lab/page/requests.ts',
  'lab/demo/demo-traffic.ts',
  'rules/compile-text.ts',
  'rules/oracle/oracle.ts',
];
/** The page itself, and its worker. */
const PAGE = ['web/main.ts', 'web/board/worker.ts'];
const PACKAGES = ['yaml'];
const PAGE_PACKAGES = [
  ...PACKAGES,
  'buffer',
  'codemirror',
  'uplot',
  'uplot/dist/uPlot.min.css',
  ...['autocomplete', 'lang-yaml', 'language', 'lint', 'state'].map(
    (name) => `@codemirror/${name}`,
  ),
  '@lezer/highlight',
];

/** What a module loads when it is loaded. `import type` is erased. */
function loadedBy(path: string): string[] {
  const file = ts.createSourceFile(path, readSource(path), ts.ScriptTarget.Latest);
  return file.statements.flatMap((statement) => {
    const isImport = ts.isImportDeclaration(statement);
    if (!isImport && !ts.isExportDeclaration(statement)) return [];
    const isType = isImport ? statement.importClause?.isTypeOnly : statement.isTypeOnly;
    const from = statement.moduleSpecifier;
    return isType === true || from === undefined ? [] : [(from as ts.StringLiteral).text];
  });
}

/** `path: specifier` of each import that no browser has, from `entries` on. */
function hostImports(entries: readonly string[], packages: readonly string[]): string[] {
  const waiting = [...entries];
  const seen = new Set(waiting);
  const found: string[] = [];
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    for (const specifier of loadedBy(path)) {
      if (!specifier.startsWith('.')) {
        if (!packages.includes(specifier)) found.push(`${path}: ${specifier}`);
        continue;
      }
      const target = posix.join(posix.dirname(path), specifier);
      if (seen.has(target) || !target.endsWith('.ts')) continue;
      seen.add(target);
      waiting.push(target);
    }
  }
  assert.ok(seen.size > entries.length, 'no import was followed');
  return found;
}

describe('the parts that the web page runs', () => {
  it('load nothing of Node', () => {
    assert.deepEqual(hostImports(ENTRIES, PACKAGES), []);
  });

  it('load nothing of Node from the page on', () => {
    assert.deepEqual(hostImports(PAGE, PAGE_PACKAGES), []);
  });

  it('are told from those that do', () => {
    const found = hostImports(['lab/rig/open-rig.ts'], PACKAGES);
    assert.ok(found.includes('lab/rig/firmware.ts: node:fs'), found.join('\n'));
  });

  it('are all there', () => {
    const files = listFiles('', (path) => path.endsWith('.ts'));
    assert.deepEqual(
      [...ENTRIES, ...PAGE].filter((path) => !files.includes(path)),
      [],
    );
  });
});

describe('what they have instead of Node', () => {
  it('is the CRC-32 of IEEE 802.3, by its check value', () => {
    // The check value of CRC-32/ISO-HDLC in the catalogue of CRC algorithms.
    assert.equal(crc32(new TextEncoder().encode('123456789')), 0xcbf43926);
    assert.equal(crc32(new Uint8Array()), 0);
  });

  it('is the path of a file beside another, as Node makes it', () => {
    const named = ['a.dbc', './a.dbc', '../a.dbc', 'b/../a.dbc', '../../a.dbc', '/x/a.dbc', 'b//a'];
    for (const rules of ['r.yaml', 'car/r.yaml', '/car/r.yaml', './car/r.yaml', '../r.yaml']) {
      for (const name of named) {
        const expected = posix.isAbsolute(name) ? name : posix.join(posix.dirname(rules), name);
        assert.equal(pathBeside(rules, name), expected, `${name} beside ${rules}`);
      }
    }
  });
});
