// SPDX-License-Identifier: MIT
/** What the page's worker keeps of the bus: rows to show, latencies, requests without an answer. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileText } from '../../rules/compile-text.ts';
import type { WireRecord } from '../../twin/bus/can-bus.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { Answers } from '../../web/board/answers.ts';
import { Recorder } from '../../web/board/recorder.ts';

const RULES = `
version: 1
rules:
  - { name: first, match: { id: 0x100 }, answer: { id: 0x101, data: [1] } }
`;
const FRAME_NANOS = 100_000;

function record(sender: string, identifier: number, startNanos: number): WireRecord {
  return {
    ...{ frame: makeFrame({ identifier, data: [1] }), sender, startNanos },
    ...{ endNanos: startNanos + FRAME_NANOS, acknowledged: true, bits: 50 },
    ...{ outcome: 'complete', error: undefined },
  };
}

function make(): { recorder: Recorder; answers: Answers } {
  const answers = new Answers(compileText(RULES, 'rules.yaml').table);
  return { recorder: new Recorder('canwarden', answers), answers };
}

describe('the recorder of the page', () => {
  it('joins a request and its answer, with the time from end to start', () => {
    const { recorder, answers } = make();
    recorder.wire(record('ecu', 0x100, 0));
    recorder.wire(record('canwarden', 0x101, FRAME_NANOS + 30_000));
    const [request, answer] = recorder.takeRows().rows;
    assert.deepEqual([request.kind, request.ruleName], ['request', 'first']);
    assert.deepEqual([answer.kind, answer.latencyNanos], ['answer', 30_000]);
    assert.deepEqual([answers.requests, answers.answered, answers.lost], [1, 1, 0]);
    const [{ name, hits, medianNanos, worstNanos }] = answers.rows();
    assert.deepEqual([name, hits, medianNanos, worstNanos], ['first', 1, 30_000, 30_000]);
  });

  it('takes a frame of the cell that nobody asked for as one of Linux', () => {
    const { recorder } = make();
    recorder.wire(record('canwarden', 0x300, 0));
    assert.deepEqual(recorder.takeRows().rows[0].kind, 'agl');
  });

  it('gives a request up after a second', () => {
    const { recorder, answers } = make();
    recorder.wire(record('ecu', 0x100, 0));
    answers.forget(FRAME_NANOS + 1_000_000_000);
    assert.equal(answers.lost, 0);
    answers.forget(FRAME_NANOS + 1_000_000_001);
    assert.equal(answers.lost, 1);
  });

  it('shows the newest of too many frames, and requests and answers before others', () => {
    const { recorder } = make();
    recorder.wire(record('ecu', 0x100, 0));
    for (let index = 1; index <= 200; index += 1) {
      recorder.wire(record('ecu', 0x200 + index, index * FRAME_NANOS));
    }
    const { rows, skipped } = recorder.takeRows();
    assert.equal(rows[0].kind, 'request');
    // 0x200 + 200 is 0x2c8.
    assert.match(rows.at(-1)?.text ?? '', /^2C8#/);
    assert.equal(rows.length + skipped, 201);
    assert.deepEqual(recorder.takeRows(), { rows: [], skipped: 0 });
  });
});
