// SPDX-License-Identifier: MIT
/**
 * The random jobs with which the broadcast manager of a real Linux is compared (tests/linux/bcm.test.ts), all in one
 * table, on the firmware: it tells and sends what the oracle does, and so what Linux does. `SEED=n` chooses other jobs.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import {
  bcmRules,
  END_MILLIS,
  NOTICE_ID,
  randomBcmJob,
  ruledBcm,
  textId,
} from '../../lab/random/bcm-jobs.ts';
import type { BcmEvent } from '../../lab/random/bcm-jobs.ts';
import { Random } from '../../lab/random/random.ts';
import type { Rig } from '../../lab/rig/rig.ts';
import { readFrameText } from '../../rules/oracle/frame-text.ts';
import { MILLISECOND, textOf, withRig } from './case.ts';

const JOBS = 100;
const SEED = Number(process.env.SEED ?? 1);
/** As far as the bus is late, and the ring. */
const APART_MILLIS = 20;
const STEP_MILLIS = 5;

/** What the cell has sent and told, by the text of the identifier. */
function eventsOf(rig: Rig, nameOf: ReadonlyMap<number, string>): Map<string, BcmEvent[]> {
  const byId = new Map<string, BcmEvent[]>();
  const note = (id: string, atNanos: number, text: string): void => {
    const event = { atMillis: atNanos / MILLISECOND, text };
    byId.set(id, [...(byId.get(id) ?? []), event]);
  };
  for (const { sender, outcome, frame, startNanos } of rig.wire) {
    if (sender !== 'canwarden' || outcome !== 'complete') continue;
    const [id, data] = textOf(frame).split('#');
    note(id, startNanos, `sent ${data}`);
  }
  for (const { frame, nanos } of rig.agl) {
    const [id, data] = textOf(frame).split('#');
    if (frame.identifier !== NOTICE_ID) note(id, nanos, `changed ${data}`);
    else note(nameOf.get(frame.data[1]) ?? '', nanos, frame.data[0] === 0 ? 'timeout' : 'expired');
  }
  return byId;
}

it(`${JOBS} random jobs come out as the oracle says`, async () => {
  const random = new Random(SEED);
  const jobs = Array.from({ length: JOBS }, (_, index) => randomBcmJob(random, index));
  const ids = jobs.map(({ id }) => textId(id).toUpperCase());
  const nameOf = new Map(
    jobs.map(({ id }, index) => [Number.parseInt(id.slice(-2), 16), ids[index]]),
  );
  await withRig({ engine: 'wasm', rules: bcmRules(jobs) }, (rig) => {
    jobs.forEach(({ frames }, index) => {
      for (const { atMillis, isRemote, data } of frames) {
        const frame = readFrameText(`${ids[index]}#${isRemote ? 'R' : data}`);
        assert.ok(frame);
        rig.send(frame, atMillis * MILLISECOND - rig.now);
      }
    });
    rig.run(END_MILLIS * MILLISECOND - rig.now);
    const seen = eventsOf(rig, nameOf);
    jobs.forEach((job, index) => {
      const about = `${job.rules}${JSON.stringify(job.frames)}`;
      const expected = ruledBcm(job, job.frames, STEP_MILLIS);
      const isRemote = job.rules.includes('remote: true');
      const isOurs = ({ text }: BcmEvent) => !isRemote || text.startsWith('sent');
      const isEnd = ({ text }: BcmEvent) => text === 'expired';
      for (const part of [isEnd, (event: BcmEvent) => !isEnd(event)]) {
        const ours = expected.filter(part);
        const theirs = (seen.get(ids[index]) ?? []).filter(isOurs).filter(part);
        assert.deepEqual(
          theirs.map(({ text }) => text),
          ours.map(({ text }) => text),
          about,
        );
        ours.forEach(({ atMillis, text }, at) => {
          const apart = theirs[at].atMillis - atMillis;
          assert.ok(Math.abs(apart) <= APART_MILLIS, `${text}: ${apart} ms\n${about}`);
        });
      }
    });
  });
});
