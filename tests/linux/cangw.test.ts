// SPDX-License-Identifier: MIT
/**
 * Rules from jobs of can-gw against the real one: cangw in a stock kernel in QEMU, frame by frame, on random
 * jobs, and its counters.
 *
 * The same command line goes to the kernel and through `import cangw` and the compiler to the oracle.
 * `SEED=n` chooses other jobs. Where no guest can be made it is skipped by name.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, it } from '../skippable.ts';
import type { Guest } from '../../scripts/linux-guest/guest.ts';
import { type RandomJob, randomCangwJob } from '../../lab/random/cangw-jobs.ts';
import { Random } from '../../lab/random/random.ts';
import { compileRules } from '../../rules/compile.ts';
import { readCangw } from '../../rules/import/cangw-command.ts';
import { cangwRules } from '../../rules/import/cangw-rules.ts';
import { crcTable } from '../../rules/crc-table.ts';
import { readFrameText, writeFrameText } from '../../rules/oracle/frame-text.ts';
import { RuleOracle } from '../../rules/oracle/oracle.ts';
import { bootAlone, describeGuest, record, STOP_RECORDING } from './guest-suite.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const JOBS = 500;
const SEED = Number(process.env.SEED ?? 1);
/** What the cell would make of an own frame on vcan0 that ends each job. */
const MARK = '7FF#4D41524B';

/** Frames that go on, and the counters of the job: handled, dropped, deleted. */
interface Outcome {
  readonly frames: string[];
  readonly counters: string;
}

/** What the oracle makes of a job. */
function ruled({ command, frames }: RandomJob): Outcome {
  const { text } = cangwRules([readCangw(command)], { bus: 'can0', agl: 'vcan0' });
  const { table } = compileRules(text, 'job.yaml');
  const oracle = new RuleOracle(table);
  const verdicts = frames.map((frame) => oracle.feed(readFrameText(frame)!));
  const out = verdicts.flatMap(({ toAgl }) => toAgl.map(writeFrameText));
  const deleted = verdicts.filter(({ drop }) => drop === 'deleted').length;
  return { frames: out, counters: `${out.length} handled 0 dropped ${deleted} deleted` };
}

/**
 * A job whose CRC of 01 02 goes to the last byte of the modified frame. Kernels before 2026 write it before
 * the data.
 */
const RELATIVE_PROBE: RandomJob = {
  command: `cangw -A -s can0 -d vcan0 -e -m OR:L:0.0.0000000000000000 -c 0:1:-1:00:00:${Buffer.from(crcTable(0x1d)).toString('hex')}`,
  frames: ['123#010200'],
};

/** A job whose length the kernel takes as a raw length code, with 8 bytes. */
const LONG_CODE: RandomJob = {
  command: 'cangw -A -s can0 -d vcan0 -e -m SET:L:0.C.0000000000000000',
  frames: ['123#0102030405060708'],
};

/**
 * The mark comes by way of can-gw as well, from a bus of its own: given to vcan0 it would overtake frames that a slow
 * machine has not dealt with. The guest has one CPU, whose queue of received frames keeps their order.
 */
const MARK_BUS = 'mark0';
const MARK_OPTIONS = `-s ${MARK_BUS} -d vcan0 -e`;

/** A shell script for the guest that carries out the jobs. */
function scriptOf(jobs: readonly RandomJob[]): string {
  return jobs
    .map(({ command, frames }) => {
      const log = [
        ...frames.map((frame) => `(0.000000) can0 ${frame}`),
        `(0.000000) ${MARK_BUS} ${MARK}`,
      ];
      return [
        `cangw -F; cangw -A ${MARK_OPTIONS} && ${command} || echo "FAILED ${command}"`,
        `canplayer << 'END'\n${log.join('\n')}\nEND`,
        // No process that is not needed: there are hundreds of jobs, in an emulated machine.
        `jobs=; until case $jobs in *"${MARK_OPTIONS} # 1 handled"*) ;; *) false;; esac`,
        'do jobs=$(cangw -L); done; echo "$jobs"',
      ].join('\n');
    })
    .join('\n');
}

describeGuest('can-gw of a real Linux', (parts) => {
  let guest: Guest;
  const folder = temporaryFolder();
  const random = new Random(SEED);
  const jobsOf = (count: number, relativeCrc: boolean): RandomJob[] =>
    Array.from({ length: count }, () => randomCangwJob(random, { relativeCrc }));
  const jobs = {
    probe: [RELATIVE_PROBE, LONG_CODE],
    plain: jobsOf(JOBS, false),
    relative: jobsOf(JOBS / 5, true),
  };

  /** Carries out a script, and returns what the kernel made of each job. */
  const inKernel = async (name: string): Promise<Outcome[]> => {
    await record(guest, 'dump', 'vcan0');
    const said = await guest.output(`sh /bin/${name}`);
    assert.ok(!said.includes('FAILED'), said);
    const counters = said
      .split('\n')
      .filter((line) => line.includes('#') && !line.includes(` ${MARK_BUS} `))
      .map((line) => line.replace(/.*# /, ''));
    await guest.output(
      `until [ "$(grep -c ' ${MARK}$' dump)" -ge ${counters.length} ]; do sleep 0.05; done; ` +
        STOP_RECORDING,
    );
    const seen = await guest.output('sed "s/.* //" dump');
    const rows = seen.trim().split(MARK).slice(0, -1);
    assert.equal(rows.length, counters.length, 'one mark and one line of counters for each job');
    return rows.map((row, index) => ({
      frames: row.split('\n').filter((line) => line !== ''),
      counters: counters[index],
    }));
  };

  before(async () => {
    const programs = Object.entries(jobs).map(([name, list]) => {
      const path = join(folder, `jobs-${name}`);
      writeFileSync(path, scriptOf(list));
      return path;
    });
    guest = await bootAlone(folder, parts, { programs });
    for (const name of ['can0', 'vcan0', MARK_BUS]) {
      await guest.output(`ip link add ${name} type vcan && ip link set ${name} up`);
    }
  });
  after(async () => guest?.stop());

  const compare = async (name: 'plain' | 'relative'): Promise<void> => {
    const expected = jobs[name].map(ruled);
    const seen = await inKernel(`jobs-${name}`);
    jobs[name].forEach((job, index) => {
      const about = `${job.command}\n${job.frames.join('\n')}`;
      assert.deepEqual(seen[index], expected[index], about);
    });
    const sent = expected.reduce((sum, { frames }) => sum + frames.length, 0);
    assert.ok(sent > jobs[name].length, `${sent} frames went on`);
  };

  it(`treats each frame of ${JOBS} random jobs as the rules do`, () => compare('plain'));

  it('takes a length of 9 to 15 as a length code, where a rule deletes the frame', async () => {
    const [, seen] = await inKernel('jobs-probe');
    // candump 2020.11 does not show the code.
    assert.match(seen.frames.join(), /^123#0102030405060708(_C)?$/);
    assert.deepEqual(ruled(LONG_CODE), { frames: [], counters: '0 handled 0 dropped 1 deleted' });
  });

  it('counts the positions of a CRC from the end as the rules do', async (context) => {
    const [{ frames }] = await inKernel('jobs-probe');
    if (frames.join() === '123#010200') {
      context.skip('this kernel has the old cgw_csum_crc8_rel(), which reads and writes elsewhere');
      return;
    }
    await compare('relative');
  });
});
