// SPDX-License-Identifier: MIT
/**
 * A file that a user names and that cannot be what is meant: every command says so in one line that
 * names it, with status 2, and reads no more of it than one of its kind could have.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { readInput } from '../../cell-config/files.ts';
import { TYPESCRIPT } from '../../scripts/test/typescript/words.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const folder = temporaryFolder();

const inFolder = (name: string): string => join(folder, name);
mkdirSync(inFolder('folder'));
writeFileSync(inFolder('empty'), '');
writeFileSync(inFolder('huge'), '');
// 1 GiB without a block on the disk.
truncateSync(inFolder('huge'), 2 ** 30);

/** What is wrong, with a file that is so and the words that say it. */
const BAD = {
  folder: [inFolder('folder'), /this is a folder/],
  empty: [inFolder('empty'), /the file is empty/],
  huge: [inFolder('huge'), /1073741824 bytes; a .* has at most \d+ MiB/],
  // Opens for everybody, root as well, and its first byte cannot be read (proc(5)).
  unreadable: ['/proc/self/mem', /cannot be read/],
  device: ['/dev/zero', /this is a device/],
  missing: [inFolder('nothing'), /there is no such file/],
} as const;

/** Every place where a command takes a file, FILE standing for it. */
const COMMANDS: readonly (readonly string[])[] = [
  ['rules', 'check', 'FILE'],
  ['rules', 'compile', 'FILE', inFolder('out.bin')],
  ['rules', 'explain', 'FILE'],
  ['rules', 'explain', 'rules.yaml', '--bus', 'FILE'],
  ['rules', 'explain', 'rules.yaml', '--log', 'FILE', '--bitrate', '500000'],
  ['rules', 'show', 'FILE'],
  ['cells', 'show', 'FILE'],
  ['cells', 'emit-c', 'FILE'],
  ['cells', 'check', 'FILE'],
  ['cells', 'check', 'build/rpi4-root.cell', 'FILE'],
  ['cells', 'check', '--image', 'FILE'],
  ['map', '--svg', inFolder('map.svg'), 'FILE'],
  ['map', '--svg', inFolder('map.svg'), '--image', 'FILE'],
  ['twin', '--out', folder, '--bus', 'lab/demo/demo.log', '--rules', 'FILE'],
  ['twin', '--out', folder, '--rules', 'rules.yaml', '--bus', 'FILE'],
  ['twin', '--out', folder, '--rules', 'rules.yaml', '--bus', 'lab/demo/demo.log', '--agl', 'FILE'],
  [
    ...['twin', '--out', folder, '--rules', 'rules.yaml', '--bus', 'lab/demo/demo.log'],
    ...['--model', 'FILE'],
  ],
  ['bench', '--model', 'FILE'],
  ['soak', 'campaign', '--script', 'FILE'],
  ['deploy', '--yes', '--tar', inFolder('card.tar'), '--armstub', 'FILE'],
];

function run(
  script: string,
  words: readonly string[],
  closeOutput = false,
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [...TYPESCRIPT, `scripts/${script}.ts`, ...words]);
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => (texts[name] += text));
  }
  if (closeOutput) child.stdout.destroy();
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ status, ...texts }));
  });
}

describe('a file that is none of its kind', () => {
  for (const [what, [path, says]] of Object.entries(BAD)) {
    it(`(${what}) is refused before it fills the memory`, () => {
      const before = process.memoryUsage().rss;
      assert.throws(
        () => readInput(path, 'CAN log'),
        (error: Error) => {
          assert.match(error.message, says);
          assert.match(error.message, / CAN log.*\. Next: \S/);
          return true;
        },
      );
      assert.ok(process.memoryUsage().rss - before < 32 << 20);
    });
  }

  it('(a pipe without end) is read up to the limit of its kind', async () => {
    const words = ['check', '/dev/stdin'];
    const child = spawn('sh', [
      '-c',
      `cat /dev/zero | ${process.execPath} ${TYPESCRIPT.join(' ')} scripts/rules.ts "$@"`,
      'sh',
      ...words,
    ]);
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const status = await new Promise((resolve) => child.on('close', resolve));
    assert.match(stderr, /^\/dev\/stdin: more than 4194304 bytes; a rules file has at most 4 MiB/);
    assert.equal(status, 2);
  });

  // One reading function serves all commands, so each of them gets one of the kinds.
  for (const [index, [script, ...words]] of COMMANDS.entries()) {
    const what = (['folder', 'empty', 'huge', 'unreadable'] as const)[index % 4];
    it(`(${what}) is refused by ${script} ${words.join(' ').replaceAll(folder, '...')}`, async () => {
      const [path, says] = BAD[what];
      const { status, stderr } = await run(
        script,
        words.map((word) => (word === 'FILE' ? path : word)),
      );
      assert.equal(status, 2, stderr);
      assert.match(stderr, says);
      assert.ok(stderr.includes(path), stderr);
      assert.match(stderr, /\. Next: \S/);
      assert.equal(stderr.trimEnd().split('\n').length, 1, stderr);
    });
  }
});

describe('a script of a campaign', () => {
  for (const [text, says] of [
    ['x', /: this is no JSON \(.*\)\. Next: /],
    ['null', /: a script has seed, role \(driver or device\), bitrate and entries\. Next: /],
    [
      '{"seed":1,"role":"driver","bitrate":500000,"entries":[null]}',
      /: no fault is called .*\. Next: /,
    ],
  ] as const) {
    it(`(${text}) is refused with its cause and the next step`, async () => {
      const path = inFolder('script.json');
      writeFileSync(path, text);
      const { status, stderr } = await run('soak', ['campaign', '--script', path]);
      assert.equal(status, 2, stderr);
      assert.match(stderr, says);
      assert.equal(stderr.trimEnd().split('\n').length, 1, stderr);
    });
  }
});

describe('a DBC file', () => {
  it('(huge) is refused before it is read', async () => {
    const path = inFolder('huge.dbc');
    writeFileSync(path, '');
    truncateSync(path, 2 ** 30);
    const { status, stderr } = await run('rules', ['explain', 'rules.yaml', '--bus', path]);
    assert.equal(status, 2, stderr);
    assert.equal(
      stderr.trimEnd(),
      `${path}: 1073741824 bytes; a DBC file has at most 32 MiB. Next: name a signal database (docs/dbc.md)`,
    );
  });

  it('(binary) is refused with the place of its zero byte', async () => {
    const path = inFolder('binary.dbc');
    writeFileSync(path, 'BO_ 1 A: 8 N\n\0');
    const { status, stderr } = await run('rules', ['explain', 'rules.yaml', '--bus', path]);
    assert.equal(status, 2, stderr);
    assert.match(
      stderr,
      /binary\.dbc: expected text, found a binary file \(byte 13 is 0\)\. Next: /,
    );
  });
});

describe('output that nobody reads any more', () => {
  for (const [script, ...words] of [
    ['rules', 'check', 'rules.yaml'],
    ['rules', '--help'],
    ['cells', 'show', 'build/rpi4-root.cell'],
    ['map', '--svg', inFolder('map.svg')],
    [
      'twin',
      '--rules',
      'rules.yaml',
      '--bus',
      'lab/demo/demo.log',
      '--out',
      folder,
      '--seconds',
      '0',
    ],
    ['build', '--help'],
    ['bench', '--help'],
    ['demo-log', '--help'],
    ['soak', '--help'],
    ['release', '--help'],
    ['test', '--help'],
  ]) {
    it(`ends ${script} ${words[0]} without a word`, async () => {
      const { status, stderr } = await run(script, words, true);
      // The twin's own words on the log and on how far it is go to standard error.
      assert.equal(stderr.replace(/^(\d+ of \d+ frames? |lab\/demo\/demo\.log: ).*\n/gm, ''), '');
      // 128 + SIGPIPE; 0 when all was said before the reader went.
      assert.ok(status === 141 || (status === 0 && words[0].startsWith('--')), String(status));
    });
  }
});
