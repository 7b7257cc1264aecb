// SPDX-License-Identifier: MIT
/**
 * The three checksums of the E2E profiles against the sample values that AUTOSAR publishes, worked out by the cell.
 *
 * Source: AUTOSAR SWS CRC Library R20-11, the samples beside each polynomial (7.2.1.2 SAE J1850, 7.2.2.1 0x2F, 7.2.3.1
 * CCITT-FALSE), as the public library torsko/autosar-e2e quotes them (crclib/test/test_data.h at 018551d); the Python
 * library autosar-e2e (zariiii9003, test/test_crc.py) has the same. The document itself was not at hand.
 * The sample of nine bytes does not fit into a frame. CRC-16/ARC, CRC-32 and CRC-32/P4 are in no profile that the cell
 * has (1, 2, 5, 11 and 22).
 */
import assert from 'node:assert/strict';
import { MILLISECOND, onBoth, textOf, withRig } from './case.ts';

/** Sample, CRC8 (0x1D), CRC8H2F (0x2F), CRC16 (0x1021). */
const SAMPLES: readonly (readonly [string, string, string, string])[] = [
  ['00000000', '59', '12', '84C0'],
  ['F20183', '37', 'C2', 'D374'],
  ['0FAA0055', '79', 'C6', '2023'],
  ['00FF5511', 'B8', '77', 'B8F9'],
  ['926B55', '8C', '33', '0745'],
  ['FFFFFFFF', '74', '6C', '1D0F'],
];

const bytesOf = (sample: string): number[] => [...Buffer.from(sample, 'hex')];

/**
 * Sample n: 0x100 + 0x10 n is answered with its data and both checksums of 8 bits. 0x108 + 0x10 n is checked by profile
 * 5, whose CRC16 is over the counter, the data and the data identifier, low byte first: here the sample.
 */
const RULES = `version: 1
receive: shared
default: drop
rules:
${SAMPLES.map(([sample], index) => {
  const length = sample.length / 2;
  const id = 0x100 + 0x10 * index;
  const sums = (['sae-j1850', 'autosar'] as const).map(
    (kind, at) => `{ kind: ${kind}, from: 0, to: ${length - 1}, result: ${length + at} }`,
  );
  const copy = bytesOf(sample).map((_, at) => `{ from: ${at}, to: ${at} }`);
  const dataId = Buffer.from(sample, 'hex').readUInt16LE(length - 2);
  return `  - { name: sum-${index}, match: { id: ${id}, length: ${length} }, answer: { id: ${id + 1}, length: ${length + 2}, copy: [${copy.join(', ')}], checksum: [${sums.join(', ')}] } }
  - { name: check-${index}, match: { id: ${id + 8} }, check: { profile: 5, data-id: ${dataId}, length: ${length} }, forward: true }
`;
}).join('')}`;

onBoth('P1 the checksums of the profiles have the values that AUTOSAR publishes', (engine) =>
  withRig({ engine, rules: RULES }, (rig) => {
    rig.run(2 * MILLISECOND);
    rig.forget();
    const protectedTexts: string[] = [];
    for (const [index, [sample, , , crc16]] of SAMPLES.entries()) {
      const id = 0x100 + 0x10 * index;
      rig.send({ identifier: id, data: bytesOf(sample) });
      // The checksum is sent low byte first; the two bytes of the data identifier are not sent.
      const sum = Buffer.from(crc16, 'hex').reverse().toString('hex').toUpperCase();
      const data = sum + sample.slice(0, -4);
      rig.send({ identifier: id + 8, data: bytesOf(data) });
      protectedTexts.push(`${(id + 8).toString(16).toUpperCase()}#${data}`);
    }
    rig.run(10 * MILLISECOND);
    assert.deepEqual(
      rig.sentBy('canwarden').map(textOf).sort(),
      SAMPLES.map(([sample, crc8, crc8h2f], index) => {
        const id = (0x101 + 0x10 * index).toString(16).toUpperCase();
        return `${id}#${sample}${crc8}${crc8h2f}`;
      }),
    );
    assert.deepEqual(rig.agl.map(({ frame }) => textOf(frame)).sort(), protectedTexts);
  }),
);
