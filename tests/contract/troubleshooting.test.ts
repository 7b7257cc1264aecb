/** docs/troubleshooting.md explains every status number the firmware can print. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readConstants } from './constants.ts';
import { readSource } from './source-tree.ts';

const STATUSES = [...readConstants(readSource('src/rt/status.ts'))]
  .filter(([name]) => name.startsWith('Status.'))
  .map(([name, value]) => ({ name: name.slice('Status.'.length), value }));

/** The rows `| number | name | says | cause | fix |` of the guide. */
const ROWS = readSource('docs/troubleshooting.md')
  .split('\n')
  .filter((line) => /^\| \d+ \|/.test(line))
  .map((line) => {
    const [value, name, ...explanations] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    return { name, value: Number(value), explanations };
  });

describe('the troubleshooting guide', () => {
  it('lists each status once, by its number and name, and no other', () => {
    assert.ok(STATUSES.length > 30, `only ${STATUSES.length} statuses were read`);
    const listed = ROWS.map(({ name, value }) => ({ name, value }));
    assert.deepEqual(listed, STATUSES);
  });

  it('says for each what it means, the likely cause and what to do', () => {
    for (const { name, explanations } of ROWS) {
      assert.equal(explanations.length, 3, name);
      for (const text of explanations) assert.ok(text.length > 0, name);
    }
  });
});

describe('what the bridge says of a status', () => {
  const words = [
    ...readSource('src/bridge/status-words.ts').matchAll(
      /case Status\.(\w+):\s+return (?:'([^']*)'|"([^"]*)");/g,
    ),
  ].map(([, name, plain, quoted]) => [name, plain ?? quoted] as const);

  it('are the words of the guide', () => {
    assert.ok(words.length > 40, `only ${words.length} were read`);
    for (const [name, text] of words) {
      const row = ROWS.find((one) => one.name === name);
      assert.equal(text, row?.explanations[0].replaceAll('`', "'"), name);
    }
  });

  it('are not there for a status that always has a sentence of its own', () => {
    const sentences = readSource('src/page/sentences.ts');
    const isTrap = (name: string): boolean => name.startsWith('Trap');
    const dead = words.filter(
      ([name]) => !isTrap(name) && sentences.includes(`case Status.${name}:`),
    );
    assert.deepEqual(dead, []);
  });
});

describe('the status numbers', () => {
  it('are never used twice', () => {
    const values = STATUSES.map(({ value }) => value);
    assert.equal(new Set(values).size, values.length);
  });
});
