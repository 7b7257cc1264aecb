// SPDX-License-Identifier: MIT
/**
 * Many frames of AGL's that end together, with each of its requests open at the end of the ring that is the device: they
 * are given back one in a step, so no step of the loop is beyond its bound (docs/timing-budget.md, "The loop's bound").
 */
import assert from 'node:assert/strict';
import type { WireFault } from '../../twin/bus/attempt.ts';
import { BridgeHost } from '../../twin/agl/bridge-host.ts';
import { COUNTER } from '../../lab/page/counters.ts';
import type { Rig } from '../../lab/rig/rig.ts';
import { EXCHANGED_ROLES } from '../../lab/rig/roles.ts';
import { settledStatusPage } from '../../lab/verify/status-check.ts';
import { it } from 'node:test';
import { MILLISECOND, withRig } from './case.ts';

/** As many as the cell takes from AGL with `agl-order=identifier`: docs/settings.md. */
const TAKEN = 16;

const STATES = `version: 1
safe-state:
  after: 80ms
  frames:
${Array.from({ length: 32 }, (_, index) => `    - { name: s${index}, every: 100ms, frame: { id: ${0x300 + index}, data: [${index}] } }`).join('\n')}
`;

/** The tasks that had a step beyond their bound. */
function late(rig: Rig): string[] {
  const page = settledStatusPage(rig.board);
  assert.ok(page !== undefined);
  return page.tasks.filter(({ misses }) => misses > 0).map(({ name }) => name);
}

async function withOpenRequests(
  rules: string | undefined,
  faults: () => readonly WireFault[],
  use: (rig: Rig) => void,
): Promise<void> {
  await withRig(
    { engine: 'image', settings: 'agl-order=identifier restart-ms=10', rules, ...EXCHANGED_ROLES },
    (rig) => {
      rig.run(5 * MILLISECOND);
      rig.board.bus.onAttempt(faults);
      for (let index = 0; index < 2 * TAKEN; index++) {
        rig.sendFromAgl({ identifier: 0x300 + index, data: [1] });
      }
      use(rig);
    },
  );
}

it('bus-off with many open requests', () =>
  withOpenRequests(
    undefined,
    () => [{ kind: 'flip', bit: 30 }],
    (rig) => {
      rig.run(30 * MILLISECOND);
      assert.ok(
        rig.board.chip.faults.busOff || settledStatusPage(rig.board)!.counters[COUNTER.busOff] > 0,
      );
      assert.deepEqual(late(rig), []);
    },
  ));

it('a safe state that replaces many waiting frames', () =>
  withOpenRequests(
    STATES,
    () => [{ kind: 'no-acknowledge' }],
    (rig) => {
      const { bridge } = rig.board;
      assert.ok(bridge instanceof BridgeHost);
      rig.run(3 * MILLISECOND);
      bridge.hang();
      rig.run(120 * MILLISECOND);
      const page = settledStatusPage(rig.board)!;
      assert.ok(
        page.counters[COUNTER.fromAglSafeState] >= TAKEN - 2,
        `${page.counters[COUNTER.fromAglSafeState]}`,
      );
      assert.deepEqual(late(rig), []);
    },
  ));
