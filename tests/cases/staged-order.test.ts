// SPDX-License-Identifier: MIT
/**
 * Staged answers that could be sent too soon: before one that waits in another buffer, or before they are made whole.
 *
 * Source: DS20001801J, 3.3: of two buffers with one priority the one with the higher number is sent first, so
 * an answer in TXB2 would pass the one before it in TXB1 or TXB0.
 */
import assert from 'node:assert/strict';
import { MICROSECOND, MILLISECOND, onWasm, withRig } from './case.ts';
import { answersOf, crcOf, REQUEST, stagedAnswers, stagedRules } from './staged.ts';

const STRONGER = 0x001;
const FAST = { bitrate: 1_000_000, oscillatorHertz: 16_000_000 } as const;

/**
 * On the wire: a request, two stronger frames, a second request, the first answer, a third request. The core stands
 * still from the first answer until about the end of the third request: so the second answer waits in TXB1, and
 * the third is just loaded into TXB2, with no priority of its own yet, when that request is seen.
 */
onWasm('staged: an answer in another buffer is not passed by the next one', async (engine) => {
  for (const receive of ['single', 'urgent-first']) {
    await withRig({ engine, rules: stagedRules(receive) }, (rig) => {
      rig.run(3 * MILLISECOND);
      let number = 0;
      for (let micros = 620; micros < 680; micros += 1) {
        rig.forget();
        const startNanos = rig.now;
        rig.send({ identifier: REQUEST });
        for (let index = 0; index < 2; index++) {
          rig.send({ identifier: STRONGER }, 20 * MICROSECOND);
        }
        rig.send({ identifier: REQUEST }, 20 * MICROSECOND);
        rig.send({ identifier: REQUEST }, 450 * MICROSECOND);
        rig.stall(startNanos + 450 * MICROSECOND, (micros - 450) * MICROSECOND);
        rig.run(3 * MILLISECOND);
        assert.deepEqual(answersOf(rig), stagedAnswers(3, number), `${receive}, ${micros} us`);
        number += 3;
      }
    });
  }
});

/** Four checksums: each is a piece of its own, so that the next answer is long in the making. */
const LONG = (receive: string): string => `version: 1
receive: ${receive}
rules:
  - name: state
    match: { id: ${receive === 'single' ? '0x010, remote: any' : '0x010'} }
    answer:
      id: 0x011
      length: 8
      data: [~, ~, 0x5A]
      counter: { to: 8, count: 8 }
      checksum:
        - { kind: sae-j1850, from: 1, to: 2, result: 7 }
        - { kind: sae-j1850, from: 1, to: 2, result: 6 }
        - { kind: sae-j1850, from: 1, to: 2, result: 5 }
        - { kind: sae-j1850, from: 1, to: 7, result: 0 }
`;

function longAnswer(number: number): string {
  const crc = crcOf([number % 256, 0x5a]);
  const rest = [number % 256, 0x5a, 0, 0, crc, crc, crc];
  const data = Buffer.from([crcOf(rest), ...rest]);
  return `011#${data.toString('hex').toUpperCase()}`;
}

onWasm('staged: no answer is sent before it is whole, whenever the bus is done', async (engine) => {
  for (const receive of ['single', 'urgent-first']) {
    await withRig({ engine, ...FAST, rules: LONG(receive) }, (rig) => {
      rig.run(3 * MILLISECOND);
      let number = 0;
      for (let micros = 60; micros < 300; micros += 5) {
        rig.forget();
        for (const after of [0, micros, micros + 200]) {
          rig.send({ identifier: REQUEST }, after * MICROSECOND);
        }
        rig.run(1.2 * MILLISECOND);
        const wanted = [number, number + 1, number + 2].map(longAnswer);
        assert.deepEqual(answersOf(rig), wanted, `${receive}, ${micros} us`);
        number += 3;
      }
    });
  }
});
