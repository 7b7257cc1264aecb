// SPDX-License-Identifier: MIT
/**
 * P2: the front of a diagnostic server, by the words of examples/uds-front.
 *
 * Sources: ISO 14229-1 (0x3E TesterPresent, negative response 0x7F, codes 0x11, 0x12, 0x13, 0x78); ISO 15765-2 (a first
 * frame 0x1n, flow control 0x30 within N_As + N_Br: less than 25 ms); SAE J1979 (service 01, PID 00).
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { Rig } from '../../lab/rig/rig.ts';
import { MILLISECOND, onBoth, onWasm, textOf, withRig } from './case.ts';

const RULES = readFileSync('examples/uds-front/rules.yaml', 'utf8');
const PHYSICAL = 0x7e0;
const FUNCTIONAL = 0x7df;
const PADDING = 0xcc;
const FLOW_CONTROL_NANOS = 25 * MILLISECOND;

/** Eight bytes. */
function padded(bytes: readonly number[]): number[] {
  return [...bytes, ...Array.from({ length: 8 - bytes.length }, () => PADDING)];
}

/** What the cell answers. */
function ask(rig: Rig, identifier: number, bytes: readonly number[]): string[] {
  rig.forget();
  rig.send({ identifier, data: padded(bytes) });
  rig.run(MILLISECOND);
  return rig.sentBy('canwarden').map(textOf);
}

function answer(bytes: readonly number[]): string {
  return `7E8#${Buffer.from(padded(bytes)).toString('hex').toUpperCase()}`;
}

onBoth(
  'P2: 3E 00 has 7E 00; an unknown service 7F SID 11; a first frame 30 00 00 in time',
  (engine) =>
    withRig({ engine, rules: RULES }, (rig) => {
      rig.run(MILLISECOND);
      assert.deepEqual(ask(rig, PHYSICAL, [0x02, 0x3e, 0x00]), [answer([0x02, 0x7e, 0x00])]);
      assert.deepEqual(ask(rig, PHYSICAL, [0x02, 0x85, 0xff]), [answer([0x03, 0x7f, 0x85, 0x11])]);
      const first = [0x10, 0x14, 0x2e, 0xf1, 0x90, 0x57, 0x56, 0x30];
      assert.deepEqual(ask(rig, PHYSICAL, first), [answer([0x30, 0x00, 0x00])]);
      const [request, reply] = rig.wire;
      assert.ok(reply.startNanos - request.endNanos < FLOW_CONTROL_NANOS);
      assert.equal(rig.agl.length, 1, 'AGL takes the transfer');
    }),
);

for (const withoutAgl of [false, true]) {
  onWasm(`P2: each answer of the front, ${withoutAgl ? 'without' : 'with'} AGL`, (engine) =>
    withRig({ engine, rules: RULES, withoutAgl }, (rig) => {
      rig.run(MILLISECOND);
      const rows: [number, number[], number[] | undefined][] = [
        [FUNCTIONAL, [0x02, 0x3e, 0x00], [0x02, 0x7e, 0x00]],
        [PHYSICAL, [0x02, 0x3e, 0x80], undefined],
        [PHYSICAL, [0x02, 0x3e, 0x01], [0x03, 0x7f, 0x3e, 0x12]],
        [PHYSICAL, [0x01, 0x3e], [0x03, 0x7f, 0x3e, 0x13]],
        // PIDs 05, 0C and 0D: bits 27, 20 and 19 of 32.
        [FUNCTIONAL, [0x02, 0x01, 0x00], [0x06, 0x41, 0x00, 0x08, 0x18, 0x00, 0x00]],
        [FUNCTIONAL, [0x02, 0x01, 0x05], [0x03, 0x41, 0x05, 0x7b]],
        [PHYSICAL, [0x03, 0x22, 0xf1, 0x8c], [0x07, 0x62, 0xf1, 0x8c, 0x30, 0x31, 0x32, 0x33]],
        [PHYSICAL, [0x04, 0x31, 0x01, 0x02, 0x03], [0x03, 0x7f, 0x31, 0x78]],
        [FUNCTIONAL, [0x02, 0x85, 0xff], undefined],
        [PHYSICAL, [0x02, 0x10, 0x03], undefined],
      ];
      for (const [identifier, request, expected] of rows) {
        const got = ask(rig, identifier, request);
        assert.deepEqual(got, expected === undefined ? [] : [answer(expected)], request.join());
      }
    }),
  );
}

onWasm('P2: the flow control of AGL is kept from the bus, its answers are not', (engine) =>
  withRig({ engine, rules: RULES }, (rig) => {
    rig.run(MILLISECOND);
    rig.sendFromAgl({ identifier: 0x7e8, data: padded([0x30, 0x00, 0x00]) });
    rig.sendFromAgl({ identifier: 0x7e8, data: padded([0x03, 0x6e, 0xf1, 0x90]) });
    rig.run(MILLISECOND);
    assert.deepEqual(rig.sentBy('canwarden').map(textOf), [answer([0x03, 0x6e, 0xf1, 0x90])]);
  }),
);
