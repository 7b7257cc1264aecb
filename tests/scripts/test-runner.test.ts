// SPDX-License-Identifier: MIT
/** The test run itself: counts read from as-pect and node:test, and nothing failing unseen. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { describe, it } from 'node:test';
import { readAspectResult } from '../../scripts/test/aspect.ts';
import { PROJECT } from '../../scripts/build/command.ts';
import { runCommand } from '../../scripts/test/command.ts';
import { addCounts, type Lines } from '../../scripts/test/coverage.ts';
import { runInLanes } from '../../scripts/test/lanes.ts';
import { readNodeResult } from '../../scripts/test/node-report.ts';
import { addResults, PASSED_CHECK } from '../../scripts/test/result.ts';
import { findTestFiles, type Limits, listStages, runNodeTests } from '../../scripts/test/stages.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** What as-pect 8.1.0 printed for two spec files, colours included. */
const ASPECT_STDOUT = `
  [Summary]
    [Tests]: \u001b[32m5\u001b[39m / 6
   [Groups]: \u001b[32m2\u001b[39m / 3
[Snapshots]: \u001b[32m0\u001b[39m / 0, Added 0, Changed 0
   [Result]: \u001b[31m❌ Fail\u001b[39m
`;
const ASPECT_STDERR = `
\u001b[31m\u001b[1m❌ tests/unit/can/a.spec.ts \u001b[22m\u001b[39mPass: 1 / 2 Todo: 2 Time: 18.693ms
✔ tests/unit/rt/b.spec.ts Pass: 4 / 4 Todo: 0 Time: 3.2ms
`;

function aspectRun(status: number, stdout: string, stderr = '') {
  return { status, stdout, stderr, problem: '' };
}

/** Runs test files with the given texts through node:test; returns the counts. */
async function runFiles(files: Record<string, string>, limits?: Limits) {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return await runNodeTests('runner-sample', findTestFiles(folder), { limits });
}

describe("reading as-pect's summary", () => {
  it('counts passed and failed tests and names the files with tests left out', () => {
    const result = readAspectResult(aspectRun(1, ASPECT_STDOUT, ASPECT_STDERR));
    assert.equal(result.passed, 5);
    assert.equal(result.failed, 1);
    assert.deepEqual(result.skipped, ['tests/unit/can/a.spec.ts: 2 marked todo or xit']);
    assert.match(result.details, /a\.spec\.ts/);
  });

  it('counts one failure when as-pect fails though each test passed', () => {
    const result = readAspectResult(aspectRun(1, '[Tests]: 3 / 3'));
    assert.deepEqual([result.passed, result.failed], [3, 1]);
  });

  it('fails when as-pect stops without a summary', () => {
    const result = readAspectResult(aspectRun(1, 'ERROR TS2304: Cannot find name'));
    assert.deepEqual([result.passed, result.failed], [0, 1]);
    assert.match(result.details, /TS2304[^]*without a summary/);
  });

  it('fails when no test was found', () => {
    assert.equal(readAspectResult(aspectRun(0, '[Tests]: 0 / 0')).failed, 1);
  });

  it('shows how much of src/cell has run, and fails when that is too little or not said', () => {
    const line = (percent: string) => `src/cell: ${percent} % of 1,470 lines run in unit tests, x`;
    const whole = readAspectResult(aspectRun(0, `[Tests]: 3 / 3\n\n${line('100.0')}\n`));
    assert.deepEqual([whole.passed, whole.failed], [3, 0]);
    assert.deepEqual(whole.remarks, [line('100.0')]);
    const little = readAspectResult(aspectRun(0, `[Tests]: 3 / 3\n\n${line('9.9')}\n`));
    assert.equal(little.failed, 1);
    assert.match(little.details, /9\.9 %[^]*not-run\.txt/);
    const none = readAspectResult(aspectRun(0, '[Tests]: 3 / 3'));
    assert.equal(none.failed, 1);
    assert.match(none.details, /without a line about coverage/);
  });
});

describe('running node:test files', () => {
  it('counts tests, not suites, keeps the reason of each skipped one, and shows what is to be shown', async () => {
    const result = await runFiles({
      'a.test.ts': `
        import { describe, it } from 'node:test';
        describe('outer', () => {
          describe('inner', () => { it('passes', () => {}); });
          it('also passes', (t) => { t.diagnostic('shown: from seed 7'); t.diagnostic('not this'); });
          it('leaves out', (t) => t.skip('the recording is absent'));
        });`,
    });
    assert.deepEqual(result, {
      passed: 2,
      failed: 0,
      skipped: ['outer > leaves out: the recording is absent'],
      remarks: ['from seed 7'],
      details: '',
    });
  });

  it('counts each test of a suite that is skipped, and runs none of its hooks', async () => {
    const skippable = new URL('../skippable.ts', import.meta.url).href;
    const result = await runFiles({
      'a.test.ts': `
        import { before, describe, it } from '${skippable}';
        describe('cards', { skip: 'no mtools' }, () => {
          before(() => { throw new Error('a hook ran'); });
          it('are made', () => { throw new Error('a test ran'); });
          describe('with faults', () => { it('are refused', { timeout: 10 }, () => {}); });
        });
        describe('others', { skip: false }, () => { it('run', () => {}); });`,
    });
    assert.deepEqual(result, {
      passed: 1,
      failed: 0,
      skipped: ['cards > are made: no mtools', 'cards > with faults > are refused: no mtools'],
      details: '',
    });
  });

  it('counts a failed test once and shows its name and message', async () => {
    const result = await runFiles({
      'a.test.ts': `
        import assert from 'node:assert/strict';
        import { describe, it } from 'node:test';
        describe('sums', () => { it('are right', () => assert.equal(1 + 1, 3)); });`,
    });
    assert.deepEqual([result.passed, result.failed], [0, 1]);
    assert.match(result.details, /sums > are right[^]*2 !== 3/);
  });

  it('counts a file that does not load, and one without tests, as failures', async () => {
    const result = await runFiles({
      'broken.test.ts': "throw new Error('cannot load');",
      'empty.test.ts': 'export {};',
      'good.test.ts': "import { it } from 'node:test'; it('passes', () => {});",
    });
    assert.deepEqual([result.passed, result.failed], [1, 2]);
    assert.match(result.details, /cannot load/);
    assert.match(result.details, /empty\.test\.ts: there is no test in this file/);
  });

  it('names the test that was running when the runner was ended', async () => {
    const result = await runFiles({
      'a.test.ts': `
        import { readFileSync } from 'node:fs';
        import { describe, it } from 'node:test';
        const report = 'build/test/runner-sample.jsonl';
        describe('boards', () => {
          it('start', () => {});
          it('stop', async () => {
            while (!/"begin","name":"boards > stop"/.test(readFileSync(report, 'utf8'))) {
              await new Promise((resolve) => setTimeout(resolve, 20));
            }
            process.kill(process.ppid, 'SIGKILL');
            await new Promise(() => setTimeout(() => {}, 1000));
          });
        });`,
    });
    assert.deepEqual([result.passed, result.failed], [1, 1]);
    assert.match(
      result.details,
      /was ended by SIGKILL\n {2}begun and not ended then: boards > stop \(/,
    );
  });

  it('ends a file that takes too long, and fails by its name', async () => {
    const files = {
      'long.test.ts': `
        import { it } from 'node:test';
        it('hangs', () => new Promise(() => setTimeout(() => {}, 3_600_000)));`,
    };
    const result = await runFiles(files, { stageSeconds: 600, fileSeconds: 1 });
    // Whether its test had begun by then, and fails by itself as well, is the machine's affair.
    assert.equal(result.passed, 0);
    assert.ok(result.failed === 1 || result.failed === 2, `${result.failed} failed`);
    assert.match(result.details, /long\.test\.ts[^]*timed out after 1000ms/);
  });

  it('names the test that hung in a file that took too long, and none that ended', () => {
    const [file, other] = ['/tests/a.test.ts', '/tests/b.test.ts'];
    const begin = (name: string, of = file) => ({ kind: 'begin', name, file: of });
    const end = (name: string, of = file) => ({ kind: 'end', name, file: of });
    const lines = [
      ...[begin('suite'), begin('suite > one'), begin('two', other), end('suite > one')],
      ...[begin('suite > three'), { kind: 'fail', name: file, file, message: 'timed out' }],
    ];
    const report = lines.map((line) => JSON.stringify(line)).join('\n');
    const { failed, details } = readNodeResult(aspectRun(1, ''), report);
    assert.equal(failed, 1);
    assert.match(details, /begun and did not end: suite > three$/m);
    assert.doesNotMatch(details, /one|two/);
  });

  it('fails when there are no files', async () => {
    assert.equal((await runNodeTests('nothing', [])).failed, 1);
  });
});

describe('the test run', () => {
  it('has a stage for each check and each folder of tests', () => {
    const names = listStages().map((stage) => stage.name);
    for (const name of ['format', 'lint', 'types-host', 'types-src', 'unit']) {
      assert.ok(names.includes(name), name);
    }
    for (const name of ['contract', 'scripts', 'twin', 'system']) {
      assert.ok(names.includes(name), name);
    }
  });

  it('has two stages at a time, and one more only of those that wait', async () => {
    const stage = (name: string, waits: boolean) => ({
      ...{ name, waits, needsBuild: false, singleCore: true },
      run: () => Promise.resolve(PASSED_CHECK),
    });
    const stages = ['a', 'b', 'WAIT', 'c', 'LATE', 'd'].map((name) =>
      stage(name, name === name.toUpperCase()),
    );
    const running = new Set<string>();
    const most = { all: 0, busy: 0 };
    const results = await runInLanes(stages, async ({ name }, cores) => {
      assert.equal(cores, 1);
      running.add(name);
      const busy = [...running].filter((other) => other === other.toLowerCase()).length;
      most.all = Math.max(most.all, running.size);
      most.busy = Math.max(most.busy, busy);
      await setImmediate();
      running.delete(name);
      return PASSED_CHECK;
    });
    assert.equal(results.length, stages.length);
    assert.deepEqual(most, { all: 3, busy: 2 });
  });

  it('runs what needs the build, or both cores, after it, and one check at a time beside it', async () => {
    const stage = (name: string, needsBuild: boolean, singleCore: boolean) => ({
      ...{ name, waits: false, needsBuild, singleCore },
      run: () => Promise.resolve(PASSED_CHECK),
    });
    const build = stage('build', false, false);
    const stages = [
      ...[stage('x', true, true), stage('check', false, true), stage('other', false, true)],
      stage('folder', false, false),
    ];
    const events: string[] = [];
    let end: () => void = () => {};
    const results = await runInLanes(
      stages,
      async ({ name }) => {
        events.push(name);
        if (name === 'build') await new Promise<void>((resolve) => (end = resolve));
        if (name === 'other') end();
        await setImmediate();
        events.push(`${name} ended`);
        return PASSED_CHECK;
      },
      build,
    );
    assert.equal(results.length, 5);
    assert.deepEqual(events.slice(0, 4), ['build', 'check', 'check ended', 'other']);
    for (const name of ['x', 'folder']) {
      assert.ok(events.indexOf(name) > events.indexOf('build ended'), events.join());
    }
  });

  it('gives a stage that runs alone both cores', async () => {
    const cores: number[] = [];
    await runInLanes(listStages().slice(0, 1), (_stage, given) => {
      cores.push(given);
      return Promise.resolve(PASSED_CHECK);
    });
    assert.deepEqual(cores, [2]);
  });

  it('adds up stages', () => {
    const total = addResults([
      { passed: 2, failed: 1, skipped: ['a'], details: 'x' },
      { passed: 3, failed: 0, skipped: ['b'], details: '' },
    ]);
    assert.deepEqual(total, { passed: 5, failed: 1, skipped: ['a', 'b'], details: '' });
  });

  it('ends a command that takes too long, together with what it started', async () => {
    const startMillis = performance.now();
    const run = await runCommand(['sh', '-c', 'sleep 600 & wait'], { timeoutSeconds: 0.2 });
    assert.equal(run.status, undefined);
    assert.match(run.problem, /took longer than 0.2 s/);
    // The 600 s of the sleep are not waited for.
    assert.ok(performance.now() - startMillis < 300_000);
  });

  it('reports a command that does not exist', async () => {
    const run = await runCommand(['no-such-command-here'], { timeoutSeconds: 300 });
    assert.equal(run.status, undefined);
    assert.match(run.problem, /could not start/);
  });
});

describe('counting the lines that ran', () => {
  const url = pathToFileURL(`${PROJECT}rules/compile.ts`).href;
  // Two rows of ten characters, made from lines 3 and 4: AAEA is line 3, AACA the line after it.
  const map = { lineLengths: [10, 10], data: { mappings: 'AAEA;AACA' } };
  const outer = { startOffset: 0, endOffset: 21, count: 1 };
  const countsWith = (innerCount: number) => ({
    result: [
      {
        url,
        functions: [
          { ranges: [outer] },
          { ranges: [{ startOffset: 11, endOffset: 21, count: innerCount }] },
        ],
      },
    ],
    'source-map-cache': { [url]: map },
  });

  it('takes an inner range before the outer one', () => {
    const files = new Map<string, Lines>();
    addCounts(files, countsWith(0));
    assert.deepEqual(
      [...(files.get('rules/compile.ts') ?? [])],
      [
        [3, true],
        [4, false],
      ],
    );
  });

  it('takes a line for run when any process ran it', () => {
    const files = new Map<string, Lines>();
    for (const inner of [0, 2, 0]) addCounts(files, countsWith(inner));
    assert.equal(files.get('rules/compile.ts')?.get(4), true);
  });

  it('leaves out what is in no counted folder', () => {
    const files = new Map<string, Lines>();
    const counts = countsWith(1);
    const elsewhere = pathToFileURL(`${PROJECT}build/rules/compile.ts`).href;
    addCounts(files, {
      result: [{ ...counts.result[0], url: elsewhere }],
      'source-map-cache': { [elsewhere]: map },
    });
    assert.equal(files.size, 0);
  });
});
