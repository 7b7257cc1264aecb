// SPDX-License-Identifier: MIT
/** The share of real time that the page says: on a board of known speed, and on a clock that the test moves. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it, mock } from 'node:test';
import { Pace } from '../../web/board/pace.ts';
import type { Simulation } from '../../web/board/simulation.ts';
import { paceOf } from '../../web/page/figures.ts';

/** A turn of the worker's loop comes so often when the board is not behind. */
const IDLE_MILLIS = 4;

describe('the pace of the board', () => {
  let wallMillis: number;
  beforeEach(() => {
    wallMillis = 0;
    mock.method(performance, 'now', () => wallMillis);
  });
  afterEach(() => mock.restoreAll());

  /** Runs a board that needs `cost` of the wall's time for each time of its own. */
  function runFor(millis: number, factor: number, cost: number) {
    const pace = new Pace();
    pace.set(factor);
    const rig = { now: 0 };
    const board = {
      rig,
      runTo(nanos: number) {
        wallMillis += ((nanos - rig.now) / 1e6) * cost;
        rig.now = nanos;
      },
    } as unknown as Simulation;
    const startMillis = wallMillis;
    while (wallMillis - startMillis < millis) {
      if (!pace.run(board)) wallMillis += IDLE_MILLIS;
    }
    const [text, isBad] = paceOf({ factor, reached: pace.reached });
    return { text, isBad, share: rig.now / 1e6 / (wallMillis - startMillis) };
  }

  const shares: readonly (readonly [string, number, number, string, boolean])[] = [
    ['keeps real time with a third of a core', 1, 1 / 3, '100 %', false],
    ['says that it reaches 40 % when each second takes 2.5', 1, 2.5, '40 %', true],
    ['keeps a tenth of real time', 0.1, 1, '10 %', false],
    ['says that it does not reach a tenth', 0.1, 20, '5 %', true],
  ];
  for (const [what, factor, cost, text, isBad] of shares) {
    it(what, () => {
      const said = runFor(5_000, factor, cost);
      // What time the board has is the truth; the figure may be of the last second.
      const percent = 100 * Math.min(factor, 1 / cost);
      assert.ok(Math.abs(100 * said.share - percent) < 0.05 * percent, `${said.share}`);
      assert.ok(Math.abs(parseFloat(said.text) - parseFloat(text)) <= 0.03 * parseFloat(text));
      assert.equal(said.isBad, isBad);
    });
  }

  it('says nothing before it knows', () => {
    assert.deepEqual(paceOf({ factor: 1, reached: undefined }), ['…', false]);
    assert.equal(runFor(500, 1, 10).text, '…');
  });

  it('stands still without a reproach', () => {
    assert.deepEqual(paceOf({ factor: 0, reached: 0 }), ['stands still', false]);
  });
});
