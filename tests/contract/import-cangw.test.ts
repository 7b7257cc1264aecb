// SPDX-License-Identifier: MIT
/** `npm run rules -- import cangw`: jobs of can-gw as rules. tests/linux/cangw.test.ts has the real one. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { compileRules } from '../../rules/compile.ts';
import { importCangw } from '../../scripts/rules/import-cangw.ts';
import { readCangw } from '../../rules/import/cangw-command.ts';
import { cangwRules } from '../../rules/import/cangw-rules.ts';
import { shellWords } from '../../rules/import/shell-words.ts';
import { readFrameText, writeFrameText } from '../../rules/oracle/frame-text.ts';
import { RuleOracle } from '../../rules/oracle/oracle.ts';
import { crcTable } from '../../rules/crc-table.ts';
import { temporaryFolder } from '../temporary-folder.ts';
import { runScript } from '../run-script.ts';

const SIDES = { bus: 'can0', agl: 'vcan0' };
const BUS = 'cangw -A -s can0 -d vcan0 -e';
const AGL = 'cangw -A -s vcan0 -d can0';

const textOf = (...commands: string[]): string => cangwRules(commands.map(readCangw), SIDES).text;

/** What the jobs make of a frame of the bus, and of AGL. */
function through(command: string, frame: string, from: 'bus' | 'agl' = 'bus'): string {
  const { table } = compileRules(textOf(command), 'job.yaml');
  const asked = readFrameText(frame);
  assert.ok(asked, frame);
  const { toAgl, toBus } = new RuleOracle(table).feed(asked, from);
  return [...toAgl, ...toBus].map(writeFrameText).join(' ');
}

describe('a job of can-gw', () => {
  it('is a rule, with what has no equivalent as comments', () => {
    const job = `${BUS} -i -t -l 2 -u AB -f 123:C00007FF -m SET:IL:333.4.1122334455667788`;
    assert.equal(
      textOf('cangw -F', job),
      `# From jobs of can-gw.
version: 1
default: drop # a frame that no job takes goes nowhere
rules:
  # -F: a new table replaces the one before it
  # -e: there is no local echo here; those who listen on the destination see the frame
  # -i: a frame never goes back to where it came from
  # -t: each frame has the time at which the cell received it
  # -l 2: a frame passes one rule and is sent once, so no hop is left to count
  - name: cangw-uid-ab
    match: { id: 0x123, mask: 0x7FF }
    forward: true
    modify:
      set: { id: 0x333, length: 4 }
  # Frames of AGL that no job takes. Without these rules they would go to the bus.
  - name: cangw-rest-standard
    from: agl
    match: { id: 0x0, mask: 0x0, remote: any }
    action: drop
  - name: cangw-rest-extended
    from: agl
    match: { id: 0x0, mask: 0x0, extended: true, remote: any }
    action: drop
`,
    );
  });
  it('of CAN FD, and a command that adds none, are comments', () => {
    const text = textOf(BUS, `${BUS} -X -f 123:7FF`, 'cangw -D -s can0 -d vcan0', 'cangw -L');
    assert.match(text, / # job 2 is not translated: -X: a job for CAN FD frames/);
    assert.match(text, / # -D deletes a job; leave its -A out instead\n/);
    assert.match(text, / # -L lists jobs; each line that it prints can be imported\n/);
  });
  it('is named when can-gw would send a frame more than once', () => {
    assert.match(textOf(BUS, BUS), /# can-gw sends a frame once for each job that takes it; here/);
    assert.doesNotMatch(textOf(BUS, AGL), /once for each job/);
  });
  it('takes words as getopt and the shell do, and what cangw -L prints', () => {
    const listed = '/usr/bin/cangw -A -s can0 -d vcan0 -f 123:7FF  # 7 handled 0 dropped 0 deleted';
    assert.equal(textOf(listed), textOf("sudo cangw -Ascan0 '-d' vcan0 -f123:7FF"));
    assert.deepEqual(shellWords(String.raw`a "b c"d 'e f' g\ h # i`), ['a', 'b cd', 'e f', 'g h']);
  });
});

describe('its filter', () => {
  const frames = ['123#', '123#R', '00000123#', '00000123#R', '124#', '00000124#'];
  const taken = (filter: string): string =>
    frames.map((frame) => (through(`${BUS} ${filter}`, frame) === '' ? '0' : '1')).join('');
  const cases: readonly [string, string][] = [
    ['', '111111'],
    ['-f 123:7FF', '111100'],
    ['-f 123~7FF', '000011'],
    ['-f 123~123', '000011'],
    ['-f 80000123~800007FF', '110011'],
    ['-f 123:C00007FF', '100000'],
    ['-f 123~C00007FF', '011111'],
    ['-f 80000123:DFFFFFFF', '001000'],
    ['-f 40000123:40000000', '010100'],
    ['-f 0~80000000', '001101'],
    ['-f 80000000~80000000', '110010'],
    // A mask with the bit of 29-bit frames: the other bits above 11 are not compared.
    ['-f F123:DFFFFFFF', '100000'],
    ['-f F123:1FFFFFFF', '000000'],
    // Bit 29 of the identifier inverts.
    ['-f 20000123:7FF', '000011'],
    // Bit 29 of the mask asks for error frames.
    ['-f 123:200007FF', '000000'],
  ];
  it('is two rules where the frames that it does not exclude are too many ranges', () => {
    const text = textOf(`${BUS} -f 80000123~800007FF`);
    assert.match(text, /- name: cangw-1-extended-not\n {4}match: \{ id: 0x123, mask: 0x7FF, ext/);
    assert.match(text, /- name: cangw-1-extended\n {4}match: \{ id: 0x0, mask: 0x0, extended/);
  });
  for (const [filter, expected] of cases) {
    it(filter || 'is left out', () => assert.equal(taken(filter), expected));
  }
});

describe('its modifications', () => {
  const table = Buffer.from(crcTable(0x2f)).toString('hex');

  it('are carried out in the order of can-gw, whatever their order in the words', () => {
    const job = `${BUS} -m SET:L:0.3.0000000000000000 -m AND:D:0.0.0F0F0F0F0F0F0F0F -m OR:ID:400.0.3000000000000000 -m XOR:D:0.0.FF00000000000000`;
    // (0xa5 & 0x0f | 0x30) ^ 0xff = 0xca.
    assert.equal(through(job, '123#A5A5'), '523#CA0500');
  });
  it('are followed by CRC and XOR, with a profile', () => {
    const job = `${BUS} -m OR:L:0.0.0000000000000000 -c 0:7:0:FF:FF:${table} -p 1:39 -x 1:3:-1:00`;
    // CRC-8/AUTOSAR of "123456789" is 0xDF; 0x32 ^ 0x33 ^ 0x34 = 0x35.
    assert.equal(through(job, '123#3132333435363738'), '123#DF32333435363735');
  });
  it('may have a table that belongs to no polynomial', () => {
    const odd = Buffer.from({ length: 256 } as ArrayLike<number>)
      .fill(0x5a)
      .toString('hex');
    const job = `${BUS} -m OR:L:0.0.0000000000000000 -c 0:0:1:00:0F:${odd}`;
    assert.equal(through(job, '123#0102'), '123#0155');
  });
  it('work from AGL to the bus', () => {
    assert.equal(
      through(`${AGL} -m SET:I:80000005.0.0000000000000000`, '123#01', 'agl'),
      '00000005#01',
    );
    assert.equal(through(`${AGL} -f 123:7FF`, '124#01', 'agl'), '');
    assert.equal(through(AGL, '123#01'), '', 'nothing else goes to AGL');
  });
});

describe('the command', () => {
  const folder = temporaryFolder();

  function run(...parameters: string[]): { status: number | null; text: string } {
    const { status, text } = runScript('rules', ['import', 'cangw', ...parameters]);
    return { status, text: text.replaceAll(folder, '') };
  }

  it('writes to standard output, or a file', () => {
    const shown = run(BUS);
    assert.deepEqual(shown, { status: 0, text: textOf(BUS) });
    const output = join(folder, 'r.yaml');
    const written = run('--bus', 'a', '--agl', 'b', '-o', output, 'cangw -A -s a -d b\ncangw -F\n');
    assert.equal(written.status, 0, written.text);
    assert.match(written.text, /r\.yaml {2}1 job\. Next: npm run rules -- check /);
    assert.match(written.text, /1 line is only a comment in it/);
    assert.equal(readFileSync(output, 'utf8'), textOf(BUS, 'cangw -F').replace(/ {2}# -e.*\n/, ''));
  });

  const mistakes: readonly [string, string][] = [
    ['cangw -L', 'no job to translate'],
    ['cangw -A -s can0', 'a job needs -s and -d'],
    ['cangw -s can0 -d vcan0', 'there is no -A'],
    ['cangw -A -s can1 -d vcan0', 'job 1 goes from can1 to vcan0, but the cell lies between can0'],
    ['cangw -A -s can0 -d can0', 'job 1 goes from can0 to can0'],
    [`${BUS} -k`, 'cangw has no option -k'],
    [`${BUS} 7`, '"7" is not an option of cangw'],
    [`${BUS} -f`, '-f has no value'],
    [`${BUS} -f $x`, '$ is not read here'],
    [`${BUS} -f 'a`, "' is not read here"],
    [`${BUS} -f 123`, '-f 123: not <can_id>:<mask>'],
    [`${BUS} -m SET:I:1.2`, '-m SET:I:1.2: not AND|OR|XOR|SET'],
    [`${BUS} -m set:I:1.2.0000000000000000`, 'not AND|OR|XOR|SET'],
    [`${BUS} -m SET:Q:1.2.0000000000000000`, 'not AND|OR|XOR|SET'],
    [`${BUS} -x 0:1:2:00`, '-c or -x can only be used in conjunction with -m'],
    [`${BUS} -m SET:L:0.1.0000000000000000 -x 0:1:8:00`, '-x: position 8 is outside -8 to 7'],
    [`${BUS} -m SET:L:0.1.0000000000000000 -x 0:1`, '-x 0:1: not <from>:<to>:<result>:<init>'],
    [`${BUS} -m SET:L:0.1.0000000000000000 -c 0:1:2:0:0:00`, '512 digits of the table'],
    [
      `${BUS} -m SET:L:0.1.0000000000000000 -c 0:1:2:0:0:${'0'.repeat(512)} -p 2:00`,
      '-p 2:00: not 1:<byte>',
    ],
  ];
  for (const [command, reason] of mistakes) {
    it(`refuses ${command.slice(0, 70)}`, () => {
      const read = (): string => textOf(command);
      if (reason === 'no job to translate') {
        const { status, text } = run(command);
        assert.equal(status, 2);
        assert.ok(text.includes(reason), text);
      } else assert.throws(read, (error: Error) => error.message.includes(reason));
    });
  }
  it('names the line that is wrong, and ends with status 2', () => {
    const { status, text } = run(BUS, `${BUS} -k`);
    assert.deepEqual(
      [status, text],
      [
        2,
        `import cangw: ${BUS} -k: cangw has no option -k. Next: correct it, or take the lines that cangw -L prints\n`,
      ],
    );
  });
});

it('a mistake in a job, as the command prints it names the option once, and what to do', () => {
  const job = `${BUS} -m SET:X:1.2.3`;
  assert.throws(
    () => importCangw([job], { bus: 'can0', agl: 'vcan0' }),
    ({ message }: Error) =>
      message.split('SET:X:1.2.3').length === 2 && /Next: correct it/.test(message),
  );
  assert.throws(
    () => importCangw(['cangw -A -s can0'], { bus: 'can0', agl: 'vcan0' }),
    /^Error: import cangw: cangw -A -s can0: a job needs -s and -d, .*\. Next: /,
  );
});
