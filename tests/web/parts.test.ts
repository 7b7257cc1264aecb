// SPDX-License-Identifier: MIT
/** The parts of the page that need no browser: places in YAML, completion, links, frames, latencies. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { join } from 'node:path';
import { PROJECT_ROOT } from '../../lab/rig/firmware.ts';
import { compileText } from '../../rules/compile-text.ts';
import { RuleOracle } from '../../rules/oracle/oracle.ts';
import { rulesSchema } from '../../rules/schema.ts';
import { formatFrame } from '../../twin/logs/candump/write.ts';
import { bucketOf, BUCKETS, bucketStartNanos } from '../../web/latency-buckets.ts';
import { completionsAt, type Schema } from '../../web/page/completion.ts';
import { exampleRequests } from '../../web/page/example-request.ts';
import { parseFrame } from '../../web/page/frame-text.ts';
import { packState, unpackState } from '../../web/page/share.ts';
import { placeAt } from '../../web/page/yaml-place.ts';
import { Ring } from '../../web/board/ring.ts';

/** The path and key at the bar in a text. */
function place(text: string) {
  const found = placeAt(text.replace('|', ''), text.indexOf('|'));
  return found && { path: found.path, key: found.key };
}

function offered(text: string): string[] {
  const found = placeAt(text.replace('|', ''), text.indexOf('|'));
  return found === undefined
    ? []
    : completionsAt(rulesSchema() as Schema, found).map(({ label }) => label);
}

describe('a place in rules that are being written', () => {
  const places: readonly (readonly [string, readonly string[], string | undefined])[] = [
    ['ver|', [], undefined],
    ['default: |', [], 'default'],
    ['rules:\n  - na|', ['rules'], undefined],
    ['rules:\n  - name: a\n    ma|', ['rules'], undefined],
    ['rules:\n  - name: a\n    match: { i|', ['rules', 'match'], undefined],
    ['rules:\n  - name: a\n    match: { id: 1, remote: t|', ['rules', 'match'], 'remote'],
    ['rules:\n  - name: a\n    answer:\n      id: 1\n      da|', ['rules', 'answer'], undefined],
    ['rules:\n  - name: a\n    answer:\n      id: 1\n    fo|', ['rules'], undefined],
    [
      'rules:\n  - name: a\n    answer:\n      copy: [{ fr|',
      ['rules', 'answer', 'copy'],
      undefined,
    ],
    ['rules:\n  - match: { id: 1 }\n    answer:\n      |', ['rules', 'answer'], undefined],
  ];
  for (const [text, path, key] of places) {
    it(`is known in ${JSON.stringify(text.slice(-32))}`, () => {
      assert.deepEqual(place(text), { path, key });
    });
  }

  it('is none in a comment', () => {
    assert.equal(place('rules: # na|'), undefined);
  });
});

describe('the completion', () => {
  it('offers the keys of the table, of a rule, of a match and of an answer', () => {
    // docs/rules.md.
    assert.ok(offered('|').includes('receive'));
    assert.ok(offered('rules:\n  - na|').includes('deadline'));
    assert.ok(offered('rules:\n  - match: { |').includes('extended'));
    assert.ok(offered('rules:\n  - answer:\n      |').includes('checksum'));
  });

  it('does not offer a key twice', () => {
    assert.ok(!offered('rules:\n  - match: { id: 1, |').includes('id'));
  });

  it('offers the words of a value', () => {
    assert.deepEqual(offered('default: |'), ['forward', 'drop']);
    assert.deepEqual(offered('rules:\n  - forward: |'), ['true', 'false']);
    assert.ok(offered('rules:\n  - match: { remote: |').includes('any'));
  });
});

describe('a link', () => {
  const state = {
    ...{ rules: 'version: 1\n# ü – "x"\nrules: []\n'.repeat(50), bitrate: 250_000, load: 40 },
    ...{ flood: true, linux: false, wire: true, speed: 0.01, frame: '1A0#01' },
  };

  it('brings the whole state back, and is short', async () => {
    const hash = await packState(state);
    assert.match(hash, /^#s=[\w-]+$/);
    assert.ok(hash.length < state.rules.length, `${hash.length} characters`);
    assert.deepEqual(await unpackState(hash), state);
  });

  it('that is damaged or foreign is no state', async () => {
    const hash = await packState(state);
    for (const bad of ['', '#top', '#s=', '#s=!!!', `${hash.slice(0, 40)}AAAA`]) {
      assert.equal(await unpackState(bad), undefined, bad);
    }
  });

  it('loses what has another type', async () => {
    const hash = await packState({ ...state, load: '40' as unknown as number });
    assert.equal((await unpackState(hash))?.load, undefined);
  });
});

describe('a typed frame', () => {
  for (const text of [
    '1A0#01',
    '18DA10F1#0322F190',
    '3C0#R',
    '3C0#R4',
    '7DF#',
    '001#0102030405060708',
  ]) {
    it(`${text} is read as candump writes it`, () => {
      assert.equal(formatFrame(parseFrame(text)), text);
    });
  }

  for (const text of [
    '',
    '1A0',
    '1A0#1',
    '1A00#01',
    '800#00',
    '1A0#010203040506070809',
    '1A0#R9',
  ]) {
    it(`"${text}" is refused`, () => {
      assert.throws(() => parseFrame(text), RangeError);
    });
  }
});

it('the requests that the page offers are answered by the rules that they are of', () => {
  const text = readFileSync(join(PROJECT_ROOT, 'rules.yaml'), 'utf8');
  const { table } = compileText(text, 'rules.yaml');
  const examples = exampleRequests(table);
  // Each rule of rules.yaml that has an answer; the sixth drops.
  assert.deepEqual(
    examples.map(({ ruleName }) => ruleName),
    table.rules.slice(0, 5).map(({ name }) => name),
  );
  for (const { frame, ruleName } of examples) {
    assert.equal(new RuleOracle(table).feed(frame).rule?.name, ruleName);
  }
});

describe('the buckets of the histogram', () => {
  it('begin at 1 us and double in four', () => {
    assert.equal(bucketStartNanos(0), 1_000);
    assert.equal(bucketStartNanos(4), 2_000);
    assert.equal(bucketStartNanos(40), 1_024_000);
  });

  it('hold what begins in them', () => {
    for (const nanos of [1_000, 1_500, 6_000, 25_700, 1_000_000]) {
      const bucket = bucketOf(nanos);
      assert.ok(bucketStartNanos(bucket) <= nanos && nanos < bucketStartNanos(bucket + 1));
    }
    assert.equal(bucketOf(0), 0);
    assert.equal(bucketOf(1e12), BUCKETS - 1);
  });
});

it('a ring keeps the last items in order', () => {
  const ring = new Ring<number>(3);
  for (const item of [1, 2]) ring.push(item);
  assert.deepEqual(ring.toArray(), [1, 2]);
  for (const item of [3, 4, 5]) ring.push(item);
  assert.deepEqual(ring.toArray(), [3, 4, 5]);
  ring.clear();
  assert.deepEqual(ring.toArray(), []);
});
