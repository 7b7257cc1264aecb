// SPDX-License-Identifier: MIT
/**
 * `npm run rules` and `npm run cells` as a user meets them: exit status, what is printed, and that
 * a bad file leaves nothing behind.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { temporaryFolder } from '../temporary-folder.ts';
import { runScript } from '../run-script.ts';

const folder = temporaryFolder();

const run = (script: string, ...words: string[]) => runScript(script, words);

describe('the rules command', () => {
  it('compiles the shipped rules and shows what it wrote', () => {
    const output = join(folder, 'rules.bin');
    const compiled = run('rules', 'compile', 'rules.yaml', output);
    assert.equal(compiled.status, 0, compiled.text);
    assert.match(compiled.text, /rules\.bin {2}\d+ bytes {2}sha256 [0-9a-f]{16} {2}\d+ rules/);
    assert.equal(readFileSync(output).toString('latin1', 0, 4), 'CWRL');
    const shown = run('rules', 'show', output);
    assert.equal(shown.status, 0, shown.text);
    assert.match(shown.text, /0x7DF \[0x02 0x3E 0x00\]\n {2}-> static answer 0x7E8/);
  });

  it('names every error, ends with status 2 and writes nothing', () => {
    const input = join(folder, 'bad.yaml');
    writeFileSync(input, 'version: 1\nrules:\n  - { name: a, match: { id: 0x900 } }\n  - 7\n');
    const before = readdirSync(folder);
    const result = run('rules', 'compile', input, join(folder, 'bad.bin'));
    assert.equal(result.status, 2);
    assert.ok(result.text.includes(`${input}:3:29 id 0x900 is out of range`), result.text);
    assert.ok(result.text.includes(`${input}:4:5 rule 2 must be a map`), result.text);
    assert.match(result.text, /2 errors; nothing was written/);
    assert.deepEqual(readdirSync(folder), before);
  });

  it('names a file that is not there', () => {
    const result = run('rules', 'check', join(folder, 'none.yaml'));
    assert.equal(result.status, 2);
    assert.match(result.text, /cannot read .*none\.yaml: there is no such file/);
  });
});

describe('the worst times on the bus', () => {
  const EXAMPLE = 'examples/deadline';
  const explain = (...parameters: string[]) =>
    run('rules', 'explain', `${EXAMPLE}/rules.yaml`, ...parameters);

  it('meet the deadlines of the example; with a shorter one the check ends with status 1', () => {
    const good = explain('--bus', `${EXAMPLE}/traffic.yaml`, '--check');
    assert.equal(good.status, 0, good.text);
    assert.match(good.text, /brake-status 0x1A1 to 0x1A0 .* deadline 5\.000: met/);
    const strict = join(folder, 'strict.yaml');
    const text = readFileSync(`${EXAMPLE}/rules.yaml`, 'utf8');
    writeFileSync(strict, text.replace('deadline: 5ms', 'deadline: 300us'));
    const options = ['--bus', `${EXAMPLE}/traffic.yaml`, '--check'];
    const missed = run('rules', 'explain', strict, ...options);
    assert.equal(missed.status, 1, missed.text);
    assert.match(missed.text, /deadline 0\.300: NOT MET/);
  });

  it('come from a recording, too, unless no period can be taken from it', () => {
    const recorded = explain('--log', 'lab/demo/demo.log', '--bitrate', '500000');
    assert.equal(recorded.status, 0, recorded.text);
    assert.match(recorded.text, /Bus load \d+\.\d % at 500000 bit\/s/);
    const one = join(folder, 'one.log');
    writeFileSync(one, '# a comment\n(0.1) can0 123#00\n');
    const refused = explain('--log', one, '--bitrate', '500000');
    assert.equal(refused.status, 2);
    assert.equal(
      refused.text.trim(),
      `${one}:2:1: one frame: a period needs two frames of an identifier`,
    );
  });

  it('come from a DBC file, too, if its bit rate is known', () => {
    const [path, bare] = [join(folder, 'car.dbc'), join(folder, 'bare.DBC')];
    const text = 'BO_ 416 Request: 2 N\nBO_ 7 Event: 8 N\nBA_ "GenMsgCycleTime" BO_ 416 20;\n';
    writeFileSync(path, `${text}BA_ "Baudrate" 250000;\n`);
    writeFileSync(bare, text);
    const stated = explain('--bus', path, '--check');
    assert.match(stated.text, /brake-status 0x1A1 to 0x1A0 .* deadline 5\.000: met/);
    assert.match(stated.text, /Bus load \d+\.\d % at 250000 bit\/s/);
    assert.match(
      stated.text,
      /car\.dbc: warning: left out: 1 message without a cycle time \(GenMsgCycleTime\): Event/,
    );
    // The other rule's request is not in the file, so its deadline is not shown to be met.
    assert.equal(stated.status, 1, stated.text);
    assert.match(explain('--bus', bare, '--bitrate', '500000').text, /at 500000 bit\/s/);
    const refused = explain('--bus', bare);
    assert.equal(refused.status, 2);
    assert.match(refused.text, /bare\.DBC: the file does not state the bit rate .* add --bitrate/);
    writeFileSync(bare, 'BO_ x');
    const bad = explain('--bus', bare);
    assert.equal(bad.status, 2);
    assert.match(bad.text, /bare\.DBC:1:5 BO_: expected the identifier .*\n1 error\n$/);
  });

  it('are checked for timers without a deadline: they fit the traffic, or the status is 1', () => {
    const [table, traffic] = [join(folder, 'timer.yaml'), join(folder, 'timer-traffic.yaml')];
    const message = 'messages: [{ id: 0x100, length: 8, period: 300us }]';
    writeFileSync(traffic, `version: 1\nbitrate: 500000\n${message}\n`);
    const check = (every: string) => {
      const cyclic = `cyclic: [{ name: fast, every: ${every}, frame: { id: 0x120, length: 8 } }]`;
      writeFileSync(table, `version: 1\n${cyclic}\n`);
      return run('rules', 'explain', table, '--bus', traffic, '--check');
    };
    // 135 bits are 270 us: with 300 us that is 90 % of the bus for the message alone.
    const full = check('400us');
    assert.equal(full.status, 1, full.text);
    assert.match(full.text, /fast 0x120 by its timer: more often than this bus carries/);
    assert.equal(check('10ms').status, 0);
    writeFileSync(table, 'version: 1\nrules: [{ name: a, match: { id: 0x7F0 }, action: drop }]\n');
    const none = run('rules', 'explain', table, '--bus', traffic, '--check');
    assert.equal(none.status, 2);
    assert.match(none.text, /states a deadline, a timer or a timeout: nothing to check/);
  });

  it('are not checked without a traffic', () => {
    const result = explain('--check');
    assert.equal(result.status, 2);
    assert.match(result.text, /^--check needs a traffic: --bus TRAFFIC\.yaml/);
  });
});

describe('the cells command', () => {
  it('writes both files, and finds no error in them', () => {
    const built = run('cells', 'build', '--out', folder, '--revision', '13');
    assert.equal(built.status, 0, built.text);
    const files = ['rpi4-root.cell', 'rpi4-canwarden.cell'].map((name) => join(folder, name));
    assert.deepEqual(
      files.map((file) => readFileSync(file).toString('latin1', 0, 6)),
      ['JHSYST', 'JHCELL'],
    );
    const checked = run('cells', 'check', ...files);
    assert.equal(checked.status, 0, checked.text);
    assert.match(checked.text, /Raspberry-Pi4, canwarden: no errors/);
  });

  it('refuses a revision there is no Jailhouse for', () => {
    const result = run('cells', 'build', '--out', folder, '--revision', '12');
    assert.equal(result.status, 2);
    assert.match(result.text, /Allowed choices are 13, 14/);
  });

  it('refuses a file that is no cell', () => {
    const result = run('cells', 'show', 'rules.yaml');
    assert.equal(result.status, 2);
    assert.match(result.text, /^rules\.yaml: signature at offset 0x0/);
  });
});
