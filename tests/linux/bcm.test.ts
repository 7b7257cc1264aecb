// SPDX-License-Identifier: MIT
/**
 * Rules that remember, cyclic frames and remote requests against the broadcast manager of a stock kernel in QEMU, on
 * random jobs: what is told and sent, in its order, and when.
 *
 * The guest's clock counts its instructions, so a busy machine makes nothing late. `SEED=n` chooses other jobs. Where no
 * guest can be made it is skipped by name.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bcmScript, randomBcmJob, ruledBcm } from '../../lab/random/bcm-jobs.ts';
import type { BcmEvent } from '../../lab/random/bcm-jobs.ts';
import { Random } from '../../lab/random/random.ts';
import type { Guest } from '../../scripts/linux-guest/guest.ts';
import { after, before, it } from '../skippable.ts';
import { bootAlone, buildForGuest, describeGuest } from './guest-suite.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const JOBS = 120;
const SEED = Number(process.env.SEED ?? 1);
/** The times of the two may be so far apart, in ms. */
const APART_MILLIS = 20;
const STEP_MILLIS = 5;

/** The lines of the program, by their identifier. */
function eventsOf(output: string): Map<string, BcmEvent[]> {
  const byId = new Map<string, BcmEvent[]>();
  for (const line of output.trim().split('\n')) {
    const [micros, word, frame] = line.split(' ');
    const [id, data] = frame.split('#');
    const text = word === 'changed' || word === 'sent' ? `${word} ${data}` : word;
    const event = { atMillis: Number(micros) / 1000, text };
    byId.set(id.toLowerCase(), [...(byId.get(id.toLowerCase()) ?? []), event]);
  }
  return byId;
}

describeGuest('the broadcast manager of a real Linux', (parts) => {
  let guest: Guest;
  const folder = temporaryFolder();
  const random = new Random(SEED);
  const jobs = Array.from({ length: JOBS }, (_, index) => randomBcmJob(random, index));

  before(async () => {
    const script = join(folder, 'bcm-jobs');
    writeFileSync(script, bcmScript(jobs));
    const programs = [buildForGuest(folder, 'bcm'), script];
    guest = await bootAlone(folder, parts, { programs, countsInstructions: true });
    await guest.output('ip link add vcan0 type vcan && ip link set vcan0 up');
  });
  after(async () => guest?.stop());

  it(`tells and sends in ${JOBS} random jobs what the rules do`, async () => {
    const seen = eventsOf(await guest.output('bcm vcan0 < /bin/bcm-jobs'));
    let told = 0;
    const kinds = new Set<string>();
    for (const job of jobs) {
      const about = `${job.setup}\n${job.rules}${JSON.stringify(job.frames)}`;
      const expected = ruledBcm(job, job.frames, STEP_MILLIS);
      const got = seen.get(job.id) ?? [];
      // The manager tells of the end of a count before its last frame is sent, and on another socket.
      const isEnd = ({ text }: BcmEvent) => text === 'expired';
      for (const part of [isEnd, (event: BcmEvent) => !isEnd(event)]) {
        const [ours, theirs] = [expected, got].map((events) => events.filter(part));
        assert.deepEqual(
          theirs.map(({ text }) => text),
          ours.map(({ text }) => text),
          about,
        );
        ours.forEach(({ atMillis, text }, index) => {
          const apart = theirs[index].atMillis - atMillis;
          assert.ok(Math.abs(apart) <= APART_MILLIS, `${text}: ${apart} ms\n${about}`);
          kinds.add(text.split(' ')[0]);
        });
      }
      told += expected.length;
    }
    assert.deepEqual([...kinds].sort(), ['changed', 'expired', 'sent', 'timeout']);
    assert.ok(told > 3 * JOBS, `${told} things happened`);
  });
});
