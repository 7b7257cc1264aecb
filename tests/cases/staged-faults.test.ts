// SPDX-License-Identifier: MIT
/**
 * Staged answers when something else happens: the number of an answer that is taken back is not used again, that
 * of one which only waited in its buffer is; new live values are in the next answer; the numbers go on in a table
 * that takes the first one's place.
 *
 * Source: DS20001801J, register 3-3: TXB2D0 to TXB2D3 are 0x56 to 0x59.
 */
import assert from 'node:assert/strict';
import { compileRules } from '../../rules/compile.ts';
import { COUNTER } from '../../lab/page/counters.ts';
import { EXCHANGED_ROLES } from '../../lab/rig/roles.ts';
import { settledStatusPage } from '../../lab/verify/status-check.ts';
import { liveValuesRequest, RequestWriter, ruleTableRequest } from '../../lab/page/requests.ts';
import type { Rig } from '../../lab/rig/rig.ts';
import { MICROSECOND, MILLISECOND, onBoth, onWasm, withRig } from './case.ts';
import {
  answersOf,
  ask,
  REQUEST,
  stagedAnswer,
  stagedAnswers,
  stagedRule,
  stagedRules,
} from './staged.ts';

const TXB2D3 = 0x59;
const STRONGER = 0x001;
/** A request of AGL's is looked for once a millisecond, and a step of it follows in each round. */
const REQUEST_NANOS = 1.2 * MILLISECOND;

function writerOf(rig: Rig): RequestWriter {
  const { control } = rig.board;
  assert.ok(control);
  return new RequestWriter(control.requests);
}

/** A request; while it is on the wire, frames that are stronger than its answer come up. */
function requestOnBusyBus(rig: Rig, frames: number): void {
  rig.send({ identifier: REQUEST });
  for (let index = 0; index < frames; index++) {
    rig.send({ identifier: STRONGER, data: [index] }, 40 * MICROSECOND);
  }
}

onBoth('staged: live values set while an answer is pending are in the next one', (engine) =>
  withRig({ engine, rules: stagedRules('single') }, (rig) => {
    const writer = writerOf(rig);
    rig.run(3 * MILLISECOND);
    requestOnBusyBus(rig, 20);
    rig.run(MILLISECOND);
    writer.write(liveValuesRequest(3, [0xcd]));
    rig.run(REQUEST_NANOS);
    assert.deepEqual(answersOf(rig), [], 'the first answer is pending');
    rig.send({ identifier: REQUEST });
    rig.run(10 * MILLISECOND);
    assert.deepEqual(answersOf(rig), [stagedAnswer(0), stagedAnswer(1, 0xcd)]);
    // Without a request: in the buffer within the time of the request, and in the next answer.
    writer.write(liveValuesRequest(3, [0xee]));
    rig.run(REQUEST_NANOS);
    assert.equal(rig.register(TXB2D3), 0xee);
    assert.deepEqual(ask(rig), [stagedAnswer(2, 0xee)]);
  }),
);

onWasm(
  'staged: live values and requests at any distance: the old ones or the new, in order',
  (engine) =>
    withRig({ engine, rules: stagedRules('urgent-first') }, (rig) => {
      const writer = writerOf(rig);
      rig.run(3 * MILLISECOND);
      for (let number = 0; number < 60; number++) {
        rig.forget();
        writer.write(liveValuesRequest(3, [number + 1]));
        rig.send({ identifier: REQUEST }, number * 21 * MICROSECOND);
        rig.run(3 * MILLISECOND);
        const [answer, ...others] = answersOf(rig);
        assert.deepEqual(others, []);
        const either = [stagedAnswer(number, number), stagedAnswer(number, number + 1)];
        assert.ok(either.includes(answer), `${answer} is none of ${either.join(', ')}`);
      }
    }),
);

onWasm('staged: an answer that is taken back in time keeps its number', (engine) =>
  withRig({ engine, settings: 'txtimeout-ms=5', rules: stagedRules('single') }, (rig) => {
    rig.run(3 * MILLISECOND);
    assert.deepEqual(ask(rig), [stagedAnswer(0)]);
    rig.forget();
    requestOnBusyBus(rig, 60);
    rig.run(30 * MILLISECOND);
    assert.deepEqual(answersOf(rig), [], 'number 1 was taken back');
    assert.deepEqual(ask(rig), [stagedAnswer(2)]);
  }),
);

onWasm(
  'staged: one that is displaced by a stronger frame is put back with its number',
  (engine) => {
    const rules = `version: 1
receive: urgent-first
rules:${stagedRule('weak', '0x020', '0x721')}
  - { name: strong, match: { id: 0x010 }, answer: { id: 0x011, data: [1] } }
`;
    return withRig({ engine, settings: 'agl-order=identifier', rules }, (rig) => {
      rig.run(3 * MILLISECOND);
      // Two weak answers are in the chip, and others have the bus, when AGL's frame comes.
      for (let index = 0; index < 30; index++) rig.send({ identifier: 0x100, data: [index] });
      rig.send({ identifier: 0x020 });
      rig.run(MILLISECOND);
      rig.send({ identifier: 0x020 });
      rig.run(MILLISECOND);
      rig.sendFromAgl({ identifier: 0x200 });
      rig.run(MILLISECOND);
      rig.send({ identifier: 0x020 });
      rig.run(20 * MILLISECOND);
      const weak = [0, 1, 2].map((number) => stagedAnswer(number, 0, '721'));
      assert.deepEqual(answersOf(rig), ['200#', ...weak]);
      const resent = settledStatusPage(rig.board)?.counters[COUNTER.answersResent] ?? 0;
      assert.ok(resent > 0, 'an answer was put back');
    });
  },
);

onWasm('staged: the same where the cell is the device', (engine) =>
  withRig({ engine, ...EXCHANGED_ROLES, rules: stagedRules('single') }, (rig) => {
    rig.run(3 * MILLISECOND);
    for (let number = 0; number < 3; number++) assert.deepEqual(ask(rig), [stagedAnswer(number)]);
    for (let index = 0; index < 3; index++) rig.send({ identifier: REQUEST });
    rig.run(6 * MILLISECOND);
    assert.deepEqual(answersOf(rig).slice(1), stagedAnswers(3, 3));
  }),
);

onWasm('staged, one-shot: an answer that loses arbitration keeps its number', (engine) =>
  withRig({ engine, settings: 'oneshot=1', rules: stagedRules('single') }, (rig) => {
    rig.run(3 * MILLISECOND);
    requestOnBusyBus(rig, 1);
    rig.run(3 * MILLISECOND);
    const seen = answersOf(rig);
    assert.deepEqual(ask(rig), [stagedAnswer(1)]);
    assert.deepEqual(seen, []);
  }),
);

onBoth('staged: a chip without its supply loses no number, nor sends one twice', (engine) =>
  withRig({ engine, rules: stagedRules('single') }, (rig) => {
    rig.run(3 * MILLISECOND);
    assert.deepEqual(ask(rig), [stagedAnswer(0)]);
    rig.board.chip.brownOut(rig.now);
    rig.run(40 * MILLISECOND);
    assert.deepEqual(ask(rig), [stagedAnswer(1)], 'it had only waited in its buffer');
    // The next one is pending when the supply drops.
    rig.forget();
    requestOnBusyBus(rig, 6);
    rig.run(500 * MICROSECOND);
    rig.board.chip.brownOut(rig.now);
    rig.run(40 * MILLISECOND);
    assert.deepEqual(answersOf(rig), []);
    assert.deepEqual(ask(rig), [stagedAnswer(3)]);
  }),
);

onWasm('staged: after bus-off the numbers go on behind that of the answer given up', (engine) =>
  withRig({ engine, settings: 'restart-ms=10', rules: stagedRules('single') }, (rig) => {
    rig.run(3 * MILLISECOND);
    let left = 40;
    rig.board.bus.onAttempt((participants) => {
      const sends = participants.some(({ node, offer }) => node === rig.board.chip && offer);
      // A data bit: identifier and length end with bit 18 and the stuff bits among them.
      return sends && left-- > 0 ? [{ kind: 'flip', bit: 30 }] : [];
    });
    rig.send({ identifier: REQUEST });
    rig.run(60 * MILLISECOND);
    left = 0;
    assert.deepEqual(answersOf(rig), [], 'number 0 was given up at bus-off');
    rig.run(60 * MILLISECOND);
    assert.deepEqual(ask(rig), [stagedAnswer(1)]);
  }),
);

onBoth(
  'staged: the numbers go on in a new table with the same rule, and begin anew without',
  (engine) =>
    withRig({ engine, rules: stagedRules('urgent-first') }, (rig) => {
      const writer = writerOf(rig);
      const tables = ['urgent-first', 'shared'].map(
        (receive) => compileRules(stagedRules(receive), 'r').image,
      );
      const renamed = stagedRules('urgent-first').replace('name: state', 'name: other');
      rig.run(3 * MILLISECOND);
      rig.forget();
      // A request each 0.7 ms, and a table each 6 ms.
      let sent = 0;
      for (let swap = 0; swap < 6; swap++) {
        writer.write(ruleTableRequest(tables[swap % 2]));
        for (let index = 0; index < 8; index++, sent++) {
          rig.send({ identifier: REQUEST }, index * 700 * MICROSECOND);
        }
        rig.run(6 * MILLISECOND);
      }
      rig.run(10 * MILLISECOND);
      assert.deepEqual(answersOf(rig), stagedAnswers(sent));
      writer.write(ruleTableRequest(compileRules(renamed, 'r').image));
      rig.run(30 * MILLISECOND);
      assert.deepEqual(ask(rig), [stagedAnswer(0)]);
    }),
);
