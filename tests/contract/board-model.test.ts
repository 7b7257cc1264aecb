// SPDX-License-Identifier: MIT
/**
 * A board model that is none: one line that names the file and the constant, whatever the file has.
 *
 * A model may leave constants out (docs/self-test.md), but not all of them.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { InputError } from '../../cell-config/files.ts';
import { parseModel } from '../../lab/model/model-file.ts';
import { RASPBERRY_PI_4_TIMING } from '../../twin/machine/timing-model.ts';

const constants = (...members: string[]): string => `{ "constants": { ${members.join(', ')} } }`;
const value = (name: string, number: string): string =>
  constants(`"${name}": { "value": ${number} }`);

const REFUSED: readonly (readonly [text: string, says: RegExp])[] = [
  ['', /is no JSON/],
  ['deviceReadNanos = 3', /is no JSON/],
  [value('deviceReadNanos', 'NaN'), /is no JSON/],
  ...['null', '3', '"text"', '[]', '{}', '{ "constants": null }', '{ "constants": [] }'].map(
    (text) => [text, /"constants" is missing; see lab\/model/] as const,
  ),
  ['{ "constants": "text" }', /"constants" is missing/],
  [constants(), /"constants" has none of nanosPerInstruction/],
  [value('deviceNanos', '3'), /no constant "deviceNanos"; there are/],
  [value('__proto__', '3'), /no constant "__proto__"/],
  // A name is quoted, so that its control characters do not reach the terminal.
  [value('\\u001b[31m', '3'), /no constant "\\u001b\[31m"/],
  ...['null', '5', '{}', '{ "value": "100" }', '{ "value": null }'].map(
    (member) =>
      [constants(`"wakeUpNanos": ${member}`), /wakeUpNanos: "value" is no number/] as const,
  ),
  ...['-3', '-0.4', '1000001', '1e300'].map(
    (number) =>
      [value('deviceReadNanos', number), /deviceReadNanos is .*: give 0 to 1000000/] as const,
  ),
  ...['0', '-1', '1e-300', '1001'].map(
    (number) =>
      [value('nanosPerInstruction', number), /PerInstruction is .*: give 0.01 to 1000/] as const,
  ),
];

for (const [text, says] of REFUSED) {
  it(`refuses ${text === '' ? 'an empty text' : text}`, () => {
    assert.throws(
      () => parseModel(text, 'a.json'),
      (error) =>
        error instanceof InputError &&
        error.message.startsWith('a.json') &&
        says.test(error.message) &&
        // eslint-disable-next-line no-control-regex
        !/[\u0000-\u001f]/.test(error.message),
    );
  });
}

it('takes a model of one constant; the others are the shipped ones', () => {
  const model = parseModel(value('deviceReadNanos', '120.6'), 'a.json');
  assert.deepEqual(model, { ...RASPBERRY_PI_4_TIMING, deviceReadNanos: 121 });
});
