// SPDX-License-Identifier: MIT
/**
 * A machine whose device registers are slow, as under an emulator: 1.25 or 5 microseconds an access.
 *
 * Steps then take longer than declared. Each is counted and told, and nothing else comes of it: frames,
 * answers, session and status page go on.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { RASPBERRY_PI_4_TIMING } from '../../twin/machine/timing-model.ts';
import { COUNTER } from '../../lab/page/counters.ts';
import { openRig } from '../../lab/rig/open-rig.ts';
import { CELL_SENDER } from '../../twin/board/board.ts';
import { settledStatusPage } from '../../lab/verify/status-check.ts';
import { onBothEngines } from './play.ts';
import { EACH_KIND } from '../rule-tables.ts';

const MILLISECOND = 1_000_000;
const FRAMES = 60;
const IDENTIFIERS = [0x111, 0x1a0, 0x2b0, 0x333];
/** Late steps are told once a second. */
const TOLD_WITHIN_NANOS = 1_100 * MILLISECOND;
const STEPS_OF_A_REFRESH = 30;

onBothEngines('a machine with slow device registers', (engine) => {
  for (const accessNanos of [1_250, 5_000]) {
    it(`works at ${accessNanos} ns an access, and counts every late step`, async () => {
      const rig = await openRig({
        ...{ engine, rules: EACH_KIND, settings: 'console=on' },
        timing: {
          ...RASPBERRY_PI_4_TIMING,
          deviceReadNanos: accessNanos,
          deviceWriteNanos: accessNanos,
        },
      });
      const sent = Array.from({ length: FRAMES }, (_, index) => {
        const identifier = IDENTIFIERS[index % IDENTIFIERS.length];
        if (index % 10 === 0) rig.sendFromAgl({ identifier: 0x100, data: [index] });
        return rig.send({ identifier, data: [index, 2, 3, 4, 5, 6, 7, 8] }, index * MILLISECOND)
          .identifier;
      });
      assert.equal(rig.run(TOLD_WITHIN_NANOS), 'running');

      const own = rig.sentBy(CELL_SENDER).map(({ identifier }) => identifier);
      const count = (list: readonly number[], wanted: number): number =>
        list.filter((identifier) => identifier === wanted).length;
      assert.equal(count(own, 0x1a1), FRAMES / 4);
      assert.equal(count(own, 0x2b1), FRAMES / 4);
      assert.equal(count(own, 0x100), FRAMES / 10);
      assert.deepEqual(
        rig.agl.map(({ frame }) => frame.identifier),
        sent.filter((identifier) => identifier !== 0x1a0),
      );

      const page = settledStatusPage(rig.board);
      assert.ok(page);
      assert.equal(page.session, 'running');
      assert.equal(page.fault.restarts, 0);
      assert.equal(page.counters[COUNTER.spiTimeouts], 0);
      const receive = page.tasks.find(({ name }) => name === 'receive');
      assert.equal(receive?.misses, FRAMES, 'every frame takes longer to read than declared');
      assert.ok(receive.worstTicks > receive.boundTicks);
      // The page is copied in pieces, tasks after counters, and those steps may be late as well.
      const late = page.tasks.reduce((sum, { misses }) => sum + misses, 0);
      const uncounted = late - page.counters[COUNTER.deadlineMisses];
      assert.ok(uncounted >= 0 && uncounted <= STEPS_OF_A_REFRESH, `${uncounted} of ${late}`);
      const told = rig.lines.filter((line) => /late steps .*\(status 81\)$/.test(line));
      assert.ok(told.length >= 1 && told.length <= 3, told.join('\n'));
      rig.close();
    });
  }
});
