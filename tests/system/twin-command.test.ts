// SPDX-License-Identifier: MIT
/** The command line of the twin, as a user types it. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { EACH_KIND } from '../rule-tables.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { runScript } from '../run-script.ts';

const BUS = '(10.000000) ecu 1A0#01\n(10.002000) ecu 111#AB\n';

/** A folder with rules.yaml and bus.log, and the command run in it. */
function prepare(files: Record<string, string> = {}) {
  const folder = temporaryFolder();
  const all = { 'rules.yaml': EACH_KIND, 'bus.log': BUS, ...files };
  for (const [name, text] of Object.entries(all)) writeFileSync(join(folder, name), text);
  const twin = (...options: string[]) =>
    runScript('twin', options, { env: { ...process.env, INIT_CWD: folder } });
  return { folder, twin };
}

const INPUT = ['--rules', 'rules.yaml', '--bus', 'bus.log', '--out', 'out', '--engine', 'wasm'];

describe('npm run twin', () => {
  it('writes bus.log, agl.log and summary.json on the clock of the input', () => {
    const { folder, twin } = prepare();
    const { status, stdout, stderr } = twin(...INPUT);
    assert.equal(status, 0, stderr);
    const read = (name: string): string => readFileSync(join(folder, 'out', name), 'utf8');
    const lines = read('bus.log').trimEnd().split('\n');
    assert.match(lines[0] ?? '', /^\(10\.000\d{3}\) ecu 1A0#01$/);
    assert.match(lines[1] ?? '', /^\(10\.000\d{3}\) canwarden 1A1#010064A5$/);
    assert.match(read('agl.log'), /^\(10\.002\d{3}\) vcan0 111#AB\n$/);
    const summary = JSON.parse(read('summary.json')) as Record<string, unknown>;
    assert.deepEqual(Object.keys(summary), [
      'engine',
      'bitrate',
      'oscillator',
      'frames',
      'latencyNanos',
      'spiBytes',
      'counters',
      'rules',
    ]);
    assert.match(stdout, /One answered request \(rule status, static answer\)/);
    assert.match(stdout, /lost +0/);
  });

  it('prints the status page of the cell on request', () => {
    const { twin } = prepare();
    const { status, stdout, stderr } = twin(...INPUT, '--status');
    assert.equal(status, 0, stderr);
    assert.match(
      stdout,
      /^rules 5 \(loaded at start, [0-9a-f]{8}\), bus active, link front-end running/m,
    );
    // One answer of three SPI bytes, 2.7 us; none computed.
    const columns = (name: string): string[] =>
      new RegExp(`^${name} +(.*)$`, 'm').exec(stdout)?.[1].split(/ +/) ?? [];
    const [count, least] = columns('static answer');
    assert.equal(count, '1');
    assert.ok(Number(least) > 2.7 && Number(least) < 5, least);
    assert.equal(columns('computed answer')[0], '0');
  });

  it('names a malformed line by file, line and column, and writes nothing', () => {
    const { folder, twin } = prepare({ 'bus.log': `${BUS}(10.003) ecu 1A0#0\n` });
    const { status, stderr } = twin(...INPUT);
    assert.equal(status, 2);
    assert.match(stderr, /bus\.log:3:\d+: /);
    assert.equal(existsSync(join(folder, 'out')), false);
  });

  it('plays the interface that is asked for, and says what it leaves out', () => {
    const log = '# by hand\n(10.0) can0 1A0#01 R\n(10.0001) can1 1A0#02\n(10.01) can0 111#AB\n';
    const { folder, twin } = prepare({ 'bus.log': log });
    const { status, stderr } = twin(...INPUT, '--interface', 'can0');
    assert.equal(status, 0, stderr);
    assert.match(stderr, /bus\.log: left out: 1 comment line$/m);
    assert.match(stderr, /bus\.log: only can0 is played; 1 frame of other interfaces left out$/m);
    const bus = readFileSync(join(folder, 'out', 'bus.log'), 'utf8');
    assert.doesNotMatch(bus, /can1/);
    assert.equal(bus.trimEnd().split('\n').length, 3, bus);
    const nothing = twin(...INPUT, '--interface', 'can2');
    assert.equal(nothing.status, 2);
    assert.match(nothing.stderr, /no frame is of the interface can2; there are: can0 \(2 frames\)/);
  });

  it('names what is wrong in a rules file', () => {
    const { folder, twin } = prepare({ 'rules.yaml': EACH_KIND.replace('0x1A0', '0x800') });
    const { status, stderr } = twin(...INPUT);
    assert.equal(status, 2);
    assert.match(stderr, /rules\.yaml:5:\d+ /);
    assert.equal(existsSync(join(folder, 'out')), false);
  });

  it('says which file is not there, and which option is wrong', () => {
    const { twin } = prepare();
    const missing = twin('--rules', 'rules.yaml', '--bus', 'nothing.log');
    assert.equal(missing.status, 2);
    assert.match(missing.stderr, /nothing\.log/);
    const folder = twin('--rules', 'rules.yaml', '--bus', '.');
    assert.equal(folder.status, 2);
    assert.match(folder.stderr, /cannot read .*: this is a folder/);
    const wrong = twin(...INPUT, '--bitrate', 'fast');
    assert.equal(wrong.status, 2);
    assert.match(wrong.stderr, /--bitrate.*fast/);
  });

  it('refuses an output that cannot be written before it runs', () => {
    const { folder, twin } = prepare({ 'a-file': '' });
    const input = INPUT.slice(0, 4);
    for (const [place, reason] of [
      ['/proc/out', /cannot write \/proc\/out\/bus\.log: /],
      ['a-file/out', /cannot write .*a-file\/out\/bus\.log: a part of the path is not a folder/],
    ] as const) {
      const { status, stdout, stderr } = twin(...input, '--out', place);
      assert.equal(status, 2);
      assert.match(stderr, reason);
      assert.equal(stdout, '', 'the cell did not run');
    }
    const { status, stderr } = twin(...INPUT, '--vcd', '.');
    assert.equal(status, 2);
    assert.ok(stderr.includes(`cannot write ${folder}: this is a folder`), stderr);
  });

  it('passes settings on to the cell, and refuses those that have an option of their own', () => {
    const { twin } = prepare();
    const polled = twin(...INPUT, '--setting', 'int=spi', '--setting', 'errors=1');
    assert.equal(polled.status, 0, polled.stdout);
    const unknown = twin(...INPUT, '--setting', 'speed=3');
    assert.equal(unknown.status, 1);
    assert.match(unknown.stdout, /unknown key in "speed=3".*\(status 10\)/);
    assert.match(twin(...INPUT, '--setting', 'spi=1').stderr, /use --spi/);
    assert.equal(twin(...INPUT, '--setting', 'spi').status, 2);
  });

  it('takes the cell config that lets the core sleep with idle=wfi, and says how much it slept', () => {
    const { twin } = prepare();
    const { status, stdout, stderr } = twin(...INPUT, '--setting', 'idle=wfi');
    assert.equal(status, 0, stderr);
    assert.doesNotMatch(stdout, /the cell polls/);
    // Two frames in 20 ms of quiet: nearly all the time, but neither more than that nor none.
    const percent = Number(/^core asleep +(\d+\.\d) % of the time$/m.exec(stdout)?.[1]);
    assert.ok(percent > 80 && percent < 100, stdout);
    assert.doesNotMatch(twin(...INPUT).stdout, /core asleep/);
  });

  it('ends with status 1 when something expected did not happen', () => {
    const { folder, twin } = prepare();
    const { status, stdout } = twin(...INPUT, '--bitrate', '1000000', '--osc', '8000000');
    assert.equal(status, 1);
    assert.match(stdout, /NOT EVERYTHING HAPPENED AS EXPECTED/);
    assert.match(stdout, /\(status 20\)/);
    assert.equal(existsSync(join(folder, 'out', 'summary.json')), true);
  });
});
