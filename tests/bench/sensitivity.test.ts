// SPDX-License-Identifier: MIT
/**
 * `npm run bench -- --check` must notice when the fast path gets slower: three ways to spoil it, one that
 * spoils it only when the peer is hostile, and one only while a line goes out on the console.
 *
 * The same goals are held against the same firmware without a fault, so that a miss is the fault's.
 */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { Measured } from '../../lab/measure/bench.ts';
import { measureWithConsole } from '../../lab/measure/console-rows.ts';
import { type Figures, measureLatencies } from '../../lab/measure/figures.ts';
import { checkGoals } from '../../lab/measure/check-goals.ts';
import { measureLooks } from '../../lab/measure/interrupt-looks.ts';
import type { LatencyCase } from '../../lab/measure/latency-case.ts';
import type { TrafficScope } from '../../lab/measure/scope.ts';
import { buildFaultyFirmware, FAULTS, rulesWithFault } from './firmware-variants.ts';

const CASE: LatencyCase = {
  ...{ engine: 'image', answer: 'static', load: 'idle', bitrate: 500_000 },
  ...{ spiHertz: 10_000_000, requests: 30, seed: 1 },
};

const CONSOLE_SCOPE: TrafficScope = {
  ...{ latencyCases: [CASE], layouts: [], losslessCases: [], aglPathCases: [] },
  looks: { answers: [] },
};

/** What of the measured goals is missed. */
function missedOf(figures: Figures): string[] {
  return checkGoals(figures)
    .filter(({ isMet, worst }) => worst !== undefined && !isMet)
    .map(({ goal }) => goal.what);
}

describe('The check of the bench', () => {
  let firmware: Measured;
  before(async () => {
    firmware = await buildFaultyFirmware();
  });

  /** What of the measured goals is missed. */
  async function missed(fault: number): Promise<string[]> {
    const compileRules = (text: string) => rulesWithFault(text, fault);
    const figures: Figures = {};
    await measureLatencies({ ...firmware, compileRules }, [CASE], figures, () => {});
    return missedOf(figures);
  }

  /** The same with a line on the console. */
  async function missedWithConsole(fault: number): Promise<string[]> {
    const compileRules = (text: string) => rulesWithFault(text, fault);
    return missedOf(await measureWithConsole({ ...firmware, compileRules }, CONSOLE_SCOPE));
  }

  it('finds nothing in the firmware as it is', async () => {
    assert.deepEqual(await missed(FAULTS.none), []);
  });

  it('fails when the static answer is not preloaded', async () => {
    const goals = await missed(FAULTS.noPreload);
    assert.ok(goals.includes('static answer: SPI bytes from INT to RTS, idle'), goals.join('\n'));
    assert.ok(goals.includes('static answer: INT to RTS complete, idle, ns'), goals.join('\n'));
  });

  it('fails when each step of the loop takes three microseconds longer', async () => {
    const goals = await missed(FAULTS.slowLoop);
    assert.deepEqual(goals.slice(0, 1), ['static answer: INT to RTS complete, idle, ns']);
  });

  it('fails when one more SPI byte is read', async () => {
    const goals = await missed(FAULTS.oneMoreByte);
    assert.ok(goals.includes('static answer: SPI bytes from INT to RTS, idle'), goals.join('\n'));
  });

  it('fails when a console character does not wait for the UART, and only while there is one', async () => {
    assert.deepEqual(await missedWithConsole(FAULTS.none), []);
    assert.deepEqual(await missed(FAULTS.unpacedConsole), []);
    const goals = await missedWithConsole(FAULTS.unpacedConsole);
    const what = 'with a line on the console: static answer: INT to RTS complete, idle, ns';
    assert.ok(goals.includes(what), goals.join('\n'));
  });

  it('fails when a step is longer for a hostile peer only', async () => {
    const isSame = async (fault: number): Promise<boolean | undefined> => {
      const compileRules = (text: string) => rulesWithFault(text, fault);
      const loads = ['forwarding', 'aglFlood', 'aglHostile'] as const;
      const figures = await measureLooks(
        { ...firmware, compileRules },
        { answers: ['static'], loads },
      );
      return checkGoals(figures).find(
        ({ goal }) => goal.sameWithin !== undefined && /^static/.test(goal.what),
      )?.isMet;
    };
    assert.equal(await isSame(FAULTS.none), true);
    assert.equal(await isSame(FAULTS.slowWhenBetrayed), false);
  });
});
