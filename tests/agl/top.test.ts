// SPDX-License-Identifier: MIT
/** `canwarden top`: rates between two samples of the bridge's JSON, on a terminal and elsewhere. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { namedCounters } from '../../lab/page/counters.ts';
import { type Histogram, percentileTicks } from '../../lab/page/histogram.ts';
import { readStatusPage, type StatusPage } from '../../lab/page/status-page.ts';
import { openRig } from '../../lab/rig/open-rig.ts';
import { skipForSetup } from '../../scripts/test/result.ts';
import { statusOf } from '../bridge-status.ts';
import { TWO_ANSWERS } from '../rule-tables.ts';
import { describe, it } from '../skippable.ts';
import { FakeBoard, NEEDS_BUSYBOX } from './fake-board.ts';

/** Begins each command to a terminal. */
const ESCAPE = '\x1b';
/** Erases the rest of the screen, or of a line. */
const ERASE = new RegExp(`${ESCAPE}\\[[JK]`, 'g');

/** What the bridge would say; src/bridge/status-json.ts has its form. */
function statusJson(counters: Record<string, number>, hits: Record<string, number>): string {
  const times = {
    ...{ count: 10, min_microseconds: 3.1, p50_microseconds: 4, p99_microseconds: 9.5 },
    max_microseconds: 12.25,
  };
  return `${JSON.stringify({
    ...{ alive: true, heartbeat_age_milliseconds: 12, firmware: '0.1.0' },
    ...{ bitrate_bits_per_second: 500_000, bus_state: 'active' },
    ...{ transmit_error_count: 3, receive_error_count: 0, session: 'running' },
    rules: { count: 2, checksum: 'ab12cd34', source: 'loaded at start', hits },
    ...{ longest_step_microseconds: 33.7, step_bound_microseconds: 100, last_status: 0 },
    ...{ trap: { restarts: 1 }, said: [{ status: 3, times: 1, value: 0 }] },
    answers: { static: times, computed: times, steps: times },
    tasks: [{ name: 'received', runs: 1 }],
    counters,
  })}\n`;
}

/** Two samples, half a second apart. */
function board(): FakeBoard {
  const made = new FakeBoard().bringUp().openSocket();
  return made
    .write('proc/uptime', '100.00 1.00\n')
    .write('fake/while-asleep', `echo '100.50 1.00' > "$CANWARDEN_ROOT/proc/uptime"\n`)
    .write('fake/json', statusJson({ received: 1000, transmitted: 30 }, { 'brake-status': 10 }))
    .write(
      'fake/json-next',
      statusJson(
        { received: 1800, transmitted: 30, forward_dropped_full: 4 },
        { 'brake-status': 25 },
      ),
    );
}

describe('canwarden top', NEEDS_BUSYBOX, () => {
  it('prints one plain screen with rates where there is no terminal', () => {
    const { status, stdout, stderr } = board().run('top');
    assert.equal(stderr, '');
    assert.equal(status, 0);
    assert.ok(!stdout.includes(ESCAPE));
    // 800 more frames in half a second.
    assert.match(stdout, /^ {2}from the bus +1600\/s +1800 in all$/m);
    assert.match(stdout, /^ {2}onto the bus +0\/s +30 in all$/m);
    assert.match(stdout, /^ {2}brake-status +30\/s +25 in all$/m);
    assert.match(stdout, /^ {2}forward_dropped_full +8\/s +4 in all$/m);
    assert.match(stdout, /^ {2}static +10 +3\.1 +4\.0 +9\.5 +12\.[23]$/m);
    assert.match(stdout, /bus active \(TEC 3, REC 0\), session running/);
    // 1600 frames of 125 bits a second are 200,000 of 500,000 bits.
    assert.match(stdout, /load about 40 %/);
    assert.match(stdout, /restarts 1/);
    assert.ok(
      stdout.split('\n').every((line) => line.length <= 100),
      stdout,
    );
  });

  it('counts through the end of 32 bits', () => {
    const wrapped = board().write('fake/json', statusJson({ received: 2 ** 32 - 200 }, {}));
    assert.match(wrapped.run('top').stdout, /^ {2}from the bus +4000\/s/m);
  });

  it('prints as many screens as were asked for', () => {
    const { stdout } = board().run('top', '-n', '3');
    assert.equal(stdout.match(/^canwarden 0\.1\.0/gm)?.length, 3);
  });

  it('says why when there is no cell, and passes on what the bridge says', () => {
    const { status, stderr } = new FakeBoard().run('top');
    assert.equal(status, 3);
    assert.match(stderr, /there is no cell 'canwarden'/);
    const failing = board().write('fake/fail-bridge', 'canwarden-bridge: no answer\n');
    const failed = failing.write('fake/fail-bridge-status', '1\n').run('top');
    assert.equal(failed.status, 1);
    assert.equal(failed.stderr, 'canwarden-bridge: no answer\n');
  });

  it('shows what the bridge says of a running cell, each figure in its place', async () => {
    const rig = await openRig({ engine: 'wasm', rules: TWO_ANSWERS });
    const sampled = async (): Promise<readonly [page: StatusPage, json: string]> => {
      rig.run(30_000_000);
      const section = Buffer.from(rig.board.control?.status ?? []);
      const page = readStatusPage(section);
      assert.ok(page);
      return [page, await statusOf('build/bridge.wasm', section, true, true)];
    };
    const [, before] = await sampled();
    for (let index = 0; index < 4; index++) rig.send({ identifier: 0x1a0, data: [] }, index * 1e6);
    for (let index = 0; index < 3; index++)
      rig.send({ identifier: 0x2b0, data: [6, 7] }, (5 + index) * 1e6);
    for (let index = 0; index < 2; index++) rig.sendFromAgl({ identifier: 0x123, data: [1] });
    const [page, after] = await sampled();
    rig.close();
    const shown = board().write('fake/json', before).write('fake/json-next', after).run('top');
    assert.equal(shown.stderr, '');
    const counted = namedCounters(page.counters);
    const hits = page.rules.hits;
    for (const line of [
      `canwarden ${page.firmwareVersion}  alive, \\d+ ms ago, bus active \\(TEC 0, REC 0\\), session running`,
      '500000 bit/s, load about \\d+ %.*',
      `  from the bus .* ${counted.received} in all`,
      `  onto the bus .* ${counted.transmitted} in all`,
      `  answers .* ${counted.answers_sent} in all`,
      `  to AGL .* ${counted.forwarded} in all`,
      `  from AGL .* ${counted.from_agl_taken} in all`,
      `  longest step [\\d.]+ us, bound [\\d.]+ us; restarts 0; last status ${page.lastStatus}`,
      `rules: 2 \\(.+, 0x${page.rules.hash.toString(16).padStart(8, '0')}\\)`,
      `  status .* ${hits[0]} in all`,
      `  position .* ${hits[1]} in all`,
    ]) {
      assert.match(shown.stdout, new RegExp(`^${line}$`, 'm'));
    }
    const micros = (ticks: number): number => (ticks * 1e6) / page.ticksPerSecond;
    const timed: readonly (readonly [name: string, histogram: Histogram])[] = [
      ['static', page.histograms.staticAnswers],
      ['computed', page.histograms.computedAnswers],
      ['step', page.histograms.steps],
    ];
    for (const [name, histogram] of timed) {
      const line = shown.stdout.split('\n').find((text) => text.startsWith(`  ${name} `)) ?? '';
      const [count, ...times] = line.trim().split(/ +/).slice(1).map(Number);
      const { minTicks, maxTicks } = histogram;
      assert.equal(count, histogram.count, name);
      const ticks = [
        minTicks,
        ...[50, 99].map((part) => percentileTicks(histogram, part)),
        maxTicks,
      ];
      // Printed with two decimals, and again with one.
      ticks.forEach((expected, index) => {
        assert.ok(Math.abs(times[index] - micros(expected)) < 0.07, `${name}: ${line}`);
      });
    }
    assert.ok(counted.received >= 7 && counted.from_agl_taken === 2 && hits[0] === 4);
  });

  const python = spawnSync('python3', ['-V']).status === 0;
  const needsPython = { skip: python ? false : skipForSetup('no python3 to make a terminal') };
  /**
   * Runs it on a terminal that Python's pty makes, and presses q once it has shown a word. `says`: what the terminal
   * answers when it is asked where its cursor is, a part at a time.
   */
  function onTerminal(size: string, until: string, says: readonly string[] = []): string {
    const root = board();
    const drive = [
      'import os, pty, sys, time',
      'pid, end = pty.fork()',
      `run = 'stty ${size}; exec busybox sh "$0" top'`,
      "if pid == 0: os.execvp('sh', ['sh', '-c', run, sys.argv[1]])",
      "seen = b''",
      `while b'[6n' not in seen and ${says.length} > 0: seen += os.read(end, 4096)`,
      ...says.map((part) => `os.write(end, b'${part}'); time.sleep(0.2)`),
      `while b'${until}' not in seen: seen += os.read(end, 4096)`,
      "os.write(end, b'q')",
      'try:',
      '  while True:',
      '    part = os.read(end, 4096)',
      '    if not part: break',
      '    seen += part',
      'except OSError: pass',
      'sys.stdout.buffer.write(seen)',
      'sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))',
    ].join('\n');
    const { status, stdout, stderr } = spawnSync(
      'python3',
      ['-c', drive, join(root.root, 'usr/bin/canwarden')],
      {
        encoding: 'utf8',
        timeout: 120_000,
        env: { ...process.env, CANWARDEN_ROOT: root.root },
      },
    );
    assert.equal(status, 0, stderr);
    return stdout;
  }

  // A serial console does not know its size.
  for (const size of ['rows 40 cols 100', 'rows 0 cols 0']) {
    it(`renews its screen on a terminal, and ends on q: ${size}`, needsPython, () => {
      const shown = onTerminal(size, 'losses');
      assert.ok(shown.includes(`${ESCAPE}[2J`));
      assert.ok(shown.includes(`${ESCAPE}[H`));
      assert.match(shown, /losses and drops/);
      assert.match(shown, /from the bus .* in all/);
    });
  }

  /** 12 rows of 40 columns: no line wraps, and the last row stays free. */
  function assertFits(shown: string): void {
    const [, screen = ''] = shown.split(`${ESCAPE}[H`);
    const lines = screen.split('\r\n').map((line) => line.replaceAll(ERASE, ''));
    // 11 lines, and the empty end behind the last.
    assert.equal(lines.length, 12);
    assert.deepEqual(
      lines.filter((line) => line.length > 40),
      [],
    );
  }

  it('fits a small terminal', needsPython, () => {
    assertFits(onTerminal('rows 12 cols 40', `${ESCAPE}[J`));
  });

  it('asks the terminal at the end of a serial line for its size', needsPython, () => {
    const parts = [`${ESCAPE}[1`, '2;4', '0R'];
    assertFits(onTerminal('rows 0 cols 0', `${ESCAPE}[J`, parts));
  });

  it('ends on q before the terminal has said its size', needsPython, () => {
    const shown = onTerminal('rows 0 cols 0', '[6n', ['q']);
    assert.ok(!shown.includes('frames'), shown);
  });
});
