// SPDX-License-Identifier: MIT
/**
 * Rules that remember, cyclic frames and remote requests against the broadcast manager of a stock kernel in QEMU, on
 * random jobs: what is told and sent, in its order, and when.
 *
 * The guest's clock counts its instructions, so a busy machine makes nothing late. `SEED=n` chooses other jobs. Where no
 * guest can be made it is skipped by name.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bcmScript, randomBcmJob, ruledBcm } from '../../lab/random/bcm-jobs.ts';
import type { BcmEvent } from '../../lab/random/bcm-jobs.ts';
import { Random } from '../../lab/random/random.ts';
import { PROJECT } from '../../scripts/build/command.ts';
import { Guest } from '../../scripts/linux-guest/guest.ts';
import { after, before, describe, it } from '../skippable.ts';
import { findGuest } from './guest-beside.ts';

const JOBS = 120;
const SEED = Number(process.env.SEED ?? 1);
const TOTAL_MILLIS = 1_500_000;
const SHARED_BYTES = 0x100000;
/** The times of the two may be so far apart, in ms. */
const APART_MILLIS = 20;
const STEP_MILLIS = 5;

const parts = findGuest();
const skip = typeof parts === 'string' ? parts : false;

/** Builds bcm.c. */
function build(folder: string): string {
  const program = join(folder, 'bcm');
  const words = ['-std=gnu11', '-Wall', '-Werror', '-static', '-o', program];
  const { status, stderr } = spawnSync('cc', [...words, join(PROJECT, 'tests/linux/bcm.c')]);
  assert.equal(status, 0, String(stderr));
  return program;
}

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

describe('the broadcast manager of a real Linux', { skip, timeout: TOTAL_MILLIS }, () => {
  let guest: Guest;
  const folder = mkdtempSync(join(tmpdir(), 'canwarden-bcm-'));
  const random = new Random(SEED);
  const jobs = Array.from({ length: JOBS }, (_, index) => randomBcmJob(random, index));

  before(async () => {
    if (typeof parts === 'string') return;
    const sharedFile = join(folder, 'shared');
    writeFileSync(sharedFile, Buffer.alloc(SHARED_BYTES));
    const script = join(folder, 'bcm-jobs');
    writeFileSync(script, bcmScript(jobs));
    guest = await Guest.boot({
      ...{ parts, sharedFile, sharedBytes: SHARED_BYTES, kvm: false },
      countsInstructions: true,
      programs: [build(folder), script],
      onLine: () => undefined,
    });
    await guest.output('ip link add vcan0 type vcan && ip link set vcan0 up');
  });
  after(async () => {
    await guest.stop();
    rmSync(folder, { recursive: true });
  });

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
