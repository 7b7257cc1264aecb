// SPDX-License-Identifier: MIT
/** `npm run log -- convert`: what it writes, what it says, how it refuses. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { convertLog } from '../../lab/logs/convert.ts';
import { readLogFile } from '../../lab/play/log-file.ts';
import { TYPESCRIPT } from '../../scripts/test/typescript/words.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { runScript } from '../run-script.ts';

const folder = temporaryFolder();
const at = (name: string) => join(folder, name);

const log = (...words: string[]) => runScript('log', words);

writeFileSync(
  at('drive.log'),
  [
    '# a comment',
    '(1643387200.593986) can0 1A0#0102 R',
    '(1643387200.603987) can1 12345678#R3 T',
    '(1643387200.613987) can0 123##1112233',
    '(1643387200.603000) can0 20000080#0000000000000000',
    '(1643387200.623987) can0 7FF#',
    '',
  ].join('\n'),
);

describe('log convert', () => {
  it('writes the format of the suffix, and says what was left out and what could not be held', () => {
    const { status, stdout, stderr } = log('convert', at('drive.log'), at('drive.pcap'));
    assert.equal(status, 0, stderr);
    assert.equal(stdout, `${at('drive.pcap')}: 3 frames, 1 CAN FD frame, 1 error frame\n`);
    assert.deepEqual(stderr.trim().split('\n'), [
      `${at('drive.log')}: left out: 1 comment line`,
      `${at('drive.pcap')}: cannot hold: a direction (pcapng has it) (2 times), a bus beside the first (pcapng has it) (1 time)`,
      `${at('drive.log')}: time goes back 1 time, first at line 5: the order of the file is kept`,
    ]);
    // The magic number of nanoseconds, little-endian.
    assert.equal(readFileSync(at('drive.pcap')).toString('hex', 0, 4), '4d3cb2a1');
  });

  it('comes back byte for byte by way of pcapng', async () => {
    await convertLog({ input: at('drive.log'), output: at('there.pcapng') });
    await convertLog({ input: at('there.pcapng'), output: at('back.log') });
    const written = readFileSync(at('drive.log'), 'utf8');
    assert.equal(`# a comment\n${readFileSync(at('back.log'), 'utf8')}`, written);
  });

  it('takes one interface alone', async () => {
    const lines = await convertLog({
      input: at('drive.log'),
      output: at('one.log'),
      interfaceName: 'can1',
    });
    assert.equal(readFileSync(at('one.log'), 'utf8'), '(1643387200.603987) can1 12345678#R3 T\n');
    assert.match(lines[1] ?? '', /left out: 1 comment line, 4 frames of other interfaces$/);
  });

  it('writes TRC 1.1 where that is asked for', async () => {
    await convertLog({ input: at('drive.log'), output: at('old.trc'), version: '1.1' });
    assert.match(readFileSync(at('old.trc'), 'latin1'), /^;\$FILEVERSION=1\.1\r\n/);
  });

  for (const [words, says] of [
    [['drive.log', 'x.xyz'], /x\.xyz: the suffix names the format; write one of \.log \.asc/],
    [['drive.log', 'drive.log'], /drive\.log is the input itself\. Next: /],
    [['none.log', 'x.asc'], /cannot read .*none\.log: there is no such file.* Next: /],
    [['bad.log', 'x.asc'], /bad\.log:2:\d+: .*half a byte\. Next: correct or take out/],
    [['empty.asc', 'x.log'], /empty\.asc: no frame in it, only 1 event without a frame/],
    [
      ['drive.log', 'x.asc', '--interface', 'can9'],
      /no frame is of the interface can9; there are: can0 \(4 frames\), can1/,
    ],
    [
      ['drive.log', 'x.asc', '--version', '1.1'],
      /--version 1\.1: a Vector ASC log has one version/,
    ],
    [
      ['drive.log', 'x.trc', '--version', '9'],
      /--version 9: a PEAK TRC log is written as 2\.1, 1\.1/,
    ],
    [['drive.log', 'drive.log/x.asc'], /cannot write .*a part of the path is not a folder/],
  ] as const) {
    it(`refuses ${words.join(' ')} with status 2, and leaves nothing`, () => {
      writeFileSync(at('bad.log'), '(1.0) can0 1A0#0102\n(1.1) can0 1A0#012\n');
      writeFileSync(at('empty.asc'), '   1.0 1  Statistic: D 0\n');
      const [input, output, ...options] = words;
      const { status, stderr, stdout } = log('convert', at(input), at(output), ...options);
      assert.equal(status, 2, stdout);
      assert.match(stderr, says);
      assert.equal(existsSync(at('x.asc')), false);
      assert.deepEqual(
        readdirSync(folder).filter((name) => name.endsWith('.tmp')),
        [],
      );
    });
  }

  it('says how far it is in a large log', async () => {
    const line = '(1643387200.593986) can0 1A0#0102030405060708\n';
    writeFileSync(at('large.log'), line.repeat(150_000));
    const steps: number[] = [];
    await convertLog({
      input: at('large.log'),
      output: at('large.pcapng'),
      onProgress: (done, total) => steps.push(done / total),
    });
    assert.ok(steps.length >= 7, `${steps.length} steps`);
    assert.deepEqual(
      steps,
      [...steps].sort((left, right) => left - right),
    );
  });
});

it('an interrupted conversion leaves nothing', async () => {
  // `yes` writes as long as somebody reads: the conversion is under way whenever the signal comes.
  const pipe = at('endless.log');
  execFileSync('mkfifo', [pipe]);
  const source = spawn('sh', [
    '-c',
    'exec yes "(1643387200.593986) can0 1A0#0102030405060708" > "$0"',
    pipe,
  ]);
  const child = spawn(
    process.execPath,
    [...TYPESCRIPT, 'scripts/log.ts', 'convert', pipe, at('long.asc')],
    { stdio: 'ignore' },
  );
  const ended = once(child, 'exit');
  const parts = () => readdirSync(folder).filter((name) => name.startsWith('long.asc'));
  while (parts().length === 0 && child.exitCode === null) await setTimeout(10);
  assert.match(parts()[0] ?? '', /\.tmp$/, 'it is being written');
  child.kill('SIGINT');
  assert.deepEqual(await ended, [130, null]);
  assert.deepEqual(parts(), []);
  source.kill();
});

it('a log of any format gives the same frames to whoever takes a log', async () => {
  const expected = readLogFile(at('drive.log')).entries.map(({ frame }) => frame);
  for (const name of ['x.asc', 'x.trc', 'x.pcap', 'x.pcapng']) {
    const output = at(`same-${name}`);
    await convertLog({ input: at('drive.log'), output });
    const { entries, leftOut } = readLogFile(output);
    assert.deepEqual(
      entries.map(({ frame }) => frame),
      expected,
      name,
    );
    assert.equal(leftOut.get('CAN FD frame'), 1);
    assert.equal(leftOut.get('error frame'), 1);
  }
});
