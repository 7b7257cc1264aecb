/** Every counter of the firmware has its own name in what the bridge tells of them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';

it('the bridge knows every counter by its own name, in snake case', () => {
  const enumeration = readFileSync('src/rt/counters.ts', 'utf8');
  const words = readFileSync('src/control/counter-words.ts', 'utf8');
  const members = [...enumeration.matchAll(/^ {2}(\w+) = \d+,$/gm)].map(([, name]) => name);
  assert.ok(members.length > 20);
  const named = new Map(
    [...words.matchAll(/case Counter\.(\w+):\s+return '(\w+)';/g)].map(([, name, word]) => [
      name,
      word,
    ]),
  );
  const expected = members
    // One counter for each kind of error message; they are told by their bit number.
    .filter((name) => name !== 'ErrorMessagesFirst')
    .map((name): [string, string] => [
      name,
      name
        .replace(/([a-z])([A-Z0-9])/g, '$1_$2')
        .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
        .toLowerCase(),
    ]);
  assert.deepEqual([...named].sort(), expected.sort());
});
