/** Every counter of the firmware has its own name in what the bridge and the twin tell of them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { COUNTER, LINK_COUNTER, namedCounters } from '../../lab/page/counters.ts';

it('the bridge knows every counter by its own name, in snake case', () => {
  const enumeration = readFileSync('src/rt/counters.ts', 'utf8');
  const words = readFileSync('src/bridge/counter-words.ts', 'utf8');
  const [table = ''] = enumeration.split('export enum FrameEnd');
  const members = [...table.matchAll(/^ {2}(\w+) = \d+,$/gm)].map(([, name]) => name);
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

it('the twin knows every counter by the same number and name', () => {
  const enumeration = readFileSync('src/rt/counters.ts', 'utf8');
  const [table = ''] = enumeration.split('export enum FrameEnd');
  const members = [...table.matchAll(/^ {2}(\w+) = (\d+),$/gm)]
    .filter(([, name]) => name !== 'ErrorMessagesFirst')
    .map(([, name, value]): [string, number] => [
      name.replace(/^./, (letter) => letter.toLowerCase()),
      Number(value),
    ]);
  assert.deepEqual(COUNTER, Object.fromEntries(members));
});

it('the counters of the link have the numbers that LinkCounters gives them, behind the others', () => {
  const layout = readFileSync('src/page/layout.ts', 'utf8');
  const first = Number(/PAGE_LINK_COUNTERS_FIRST: u32 = (\d+);/.exec(layout)?.[1]);
  const source = readFileSync('src/virtio/link-counters.ts', 'utf8');
  const members = [...source.matchAll(/case (\d+):\s+return this\.(\w+);/g)];
  const declared = [...source.matchAll(/^ {2}(\w+): u32 = 0;$/gm)].map(([, name]) => name);
  assert.deepEqual(
    declared,
    members.map(([, , name]) => name),
    'the board copies the fields as they lie',
  );
  assert.deepEqual(
    LINK_COUNTER,
    Object.fromEntries(members.map(([, index, name]) => [name, first + Number(index)])),
  );
});

it('the twin tells of the link by the words of the bridge', () => {
  const words = readFileSync('src/bridge/counter-words.ts', 'utf8');
  const told = [...words.matchAll(/return '(link_\w+)';/g)].map(([, word]) => word);
  const counters = Array.from({ length: 128 }, () => 1);
  const named = Object.keys(namedCounters(counters)).filter((name) => name.startsWith('link_'));
  assert.deepEqual(named, told);
});
