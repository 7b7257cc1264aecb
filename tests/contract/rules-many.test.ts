// SPDX-License-Identifier: MIT
/**
 * 512 rules about the messages of a DBC file: the table is what it should be, and the work to compile it grows
 * with the number of rules, not with its square.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileText } from '../../rules/compile-text.ts';
import { decodeRules } from '../../rules/image/decode.ts';

const MESSAGES = 512;

/** Messages 0x100, 0x101, ... with two signals, and for each an answer's message from 0x400 on. */
function dbc(count: number): string {
  const numbers = Array.from({ length: count }, (_, index) => index);
  return [
    ...numbers.map(
      (index) =>
        `BO_ ${256 + index} Asked${index}: 8 Node\n` +
        ' SG_ Mode : 0|4@1+ (1,0) [0|15] "" Node\n SG_ Level : 15|12@0- (0.5,-10) [-1000|1000] "V" Node',
    ),
    ...numbers.map(
      (index) =>
        `BO_ ${1024 + index} Shown${index}: 4 Node\n SG_ Value : 0|16@1- (0.1,0) [0|0] "V" Node`,
    ),
  ].join('\n');
}

function rules(count: number): string {
  const lines = Array.from(
    { length: count },
    (_, index) =>
      `  - { name: rule-${index}, match: { message: Asked${index}, signals: { Mode: { min: 1, max: 4 } } }, ` +
      `answer: { message: Shown${index}, signals: { Value: { from: Level, scale: 1.8, offset: 32 } } } }`,
  );
  return ['version: 1', 'dbc: car.dbc', 'rules:', ...lines, ''].join('\n');
}

/** CPU time of this process for one compilation, in ms, and the result. */
function compiled(count: number) {
  const [file, text] = [dbc(count), rules(count)];
  const before = process.cpuUsage();
  const result = compileText(text, 'r.yaml', () => file);
  const { user, system } = process.cpuUsage(before);
  return { ...result, millis: (user + system) / 1000 };
}

describe('512 rules with a DBC file', () => {
  it('fit into an image that comes back as the same table', () => {
    const { table, image } = compiled(MESSAGES);
    assert.equal(table.rules.length, MESSAGES);
    assert.ok(image.length <= 0x10000);
    assert.deepEqual(decodeRules(image), table);
  });

  it('take less than in proportion to the square of their number', (context) => {
    // The first one also loads and compiles the code.
    const [, few, many] = [64, 64, MESSAGES].map((count) => compiled(count).millis);
    context.diagnostic(
      `64 rules ${few.toFixed(0)} ms, 512 rules ${many.toFixed(0)} ms of CPU time`,
    );
    // Eight times as many: the square is 64 times.
    assert.ok(many < 24 * few, `${few} and ${many} ms`);
  });
});
