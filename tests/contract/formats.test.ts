// SPDX-License-Identifier: MIT
/** formats/ is the one source: the tables of docs/ are made from it, and no number stands for two things. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { STATUSES } from '../../formats/statuses.ts';
import { shownCounters } from '../../formats/words.ts';
import { DOCUMENTS, withTables } from '../../scripts/build/formats/documents.ts';
import { readSource } from './source-tree.ts';

const STATUS_ROWS = Object.entries(STATUSES);

describe('the numbers of formats/', () => {
  it('are never used twice', () => {
    for (const numbers of [
      STATUS_ROWS.map(([, { number }]) => number),
      shownCounters().map(({ number }) => number),
    ]) {
      assert.ok(numbers.length > 60, `only ${numbers.length} rows`);
      assert.equal(new Set(numbers).size, numbers.length);
    }
  });

  it('have a place in the status page: 128 counters, 128 statuses', () => {
    assert.ok(STATUS_ROWS.every(([, { number }]) => number < 128));
    assert.ok(shownCounters().every(({ number }) => number < 128));
  });
});

describe('the status numbers', () => {
  it('say for each what it means, the likely cause and what to do', () => {
    for (const [name, { says, cause, next }] of STATUS_ROWS) {
      for (const text of [says, cause, next]) {
        assert.ok(text.length > 0, name);
        assert.doesNotMatch(text, /\|/, `${name}: a bar ends the cell of a table`);
      }
    }
  });

  it('are all explained in the guide', () => {
    const guide = withTables(readSource('docs/troubleshooting.md'));
    for (const [name, { number }] of STATUS_ROWS) {
      assert.ok(guide.includes(`\n| ${number} | ${name} |`), name);
    }
  });
});

describe('the documents', () => {
  for (const path of DOCUMENTS) {
    it(`have the tables that formats/ makes: ${path}`, () => {
      const text = readSource(path);
      assert.match(text, /<!-- formats: /);
      assert.ok(text === withTables(text), `next: npm run docs, and commit ${path}`);
    });
  }
});
