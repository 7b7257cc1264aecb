// SPDX-License-Identifier: MIT
/** Set-up against a faked machine: what it does, says and returns in each situation. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import {
  CROSS_COMPILER,
  CROSS_OBJCOPY,
  crossCompilerPackages,
} from '../../scripts/build/compilers.ts';
import type { Machine, Privilege } from '../../scripts/setup/machine.ts';
import { AptProgress, readInstallSize, runLogged } from '../../scripts/setup/apt.ts';
import { REQUIREMENTS, type Requirement, TEST_TOOLS } from '../../scripts/setup/requirements.ts';
import { runSetup } from '../../scripts/setup/setup.ts';

const COMPILER: Requirement = {
  title: 'the compiler',
  purpose: 'compile the image',
  probe: { kind: 'command', name: 'cross-gcc' },
  packages: ['cross-gcc-package'],
  elsewhere: 'Elsewhere: xgcc',
};
const EMULATOR: Requirement = {
  title: 'the emulator',
  purpose: 'run the image',
  probe: { kind: 'library', names: ['libemulator.so.2'] },
  packages: ['libemulator2', 'libemulator2t64'],
  elsewhere: 'Elsewhere: emulator',
};
const BOTH = [COMPILER, EMULATOR];
const TEST_TOOL: Requirement = {
  title: 'the checker',
  purpose: 'check the shell',
  probe: { kind: 'command', name: 'checker' },
  packages: ['checker-package'],
  elsewhere: 'Elsewhere: checker',
  onlyTests: true,
};

interface Situation {
  present?: string[];
  apt?: boolean;
  sudo?: boolean;
  privilege?: Privilege;
  listAgeHours?: number;
  /** Packages apt knows now, and after an update. */
  known?: string[];
  knownAfterUpdate?: string[];
  /** How many install commands fail before one works. */
  failingInstalls?: number;
  /** Packages whose files are not found after installing. */
  brokenPackages?: string[];
}

/** A machine whose packages cross-gcc-package and libemulator2* provide the two tools. */
class FakeMachine implements Machine {
  readonly commands: string[] = [];
  readonly lines: string[] = [];
  readonly #present: Set<string>;
  readonly #situation: Situation;
  #known: string[];
  #installsToFail: number;

  constructor(situation: Situation) {
    this.#situation = situation;
    this.#present = new Set(situation.present ?? []);
    if (situation.sudo ?? true) this.#present.add('sudo');
    this.#known = situation.known ?? ['cross-gcc-package', 'libemulator2'];
    this.#installsToFail = situation.failingInstalls ?? 0;
  }

  isPresent(probe: Requirement['probe']): boolean {
    const names = probe.kind === 'library' ? probe.names : [probe.name];
    return names.some((name) => this.#present.has(name));
  }
  hasApt = () => this.#situation.apt ?? true;
  privilege = () => this.#situation.privilege ?? 'root';
  packageListAgeHours = () =>
    'listAgeHours' in this.#situation ? this.#situation.listAgeHours : 1;
  isPackageKnown = (name: string) => this.#known.includes(name);
  say = (line: string) => void this.lines.push(line);

  installSize = (packages: readonly string[]) =>
    packages.every((name) => this.#known.includes(name))
      ? { download: `${packages.length},0 MB`, disk: `${packages.length}0 MB` }
      : undefined;

  run(command: readonly string[]): Promise<number> {
    return Promise.resolve(this.#act(command));
  }

  #act(command: readonly string[]): number {
    this.commands.push(command.join(' '));
    if (command.includes('update')) {
      this.#known = this.#situation.knownAfterUpdate ?? this.#known;
      return 0;
    }
    if (this.#installsToFail > 0) {
      this.#installsToFail -= 1;
      return 100;
    }
    for (const name of command.filter((word) => this.#known.includes(word))) {
      if (this.#situation.brokenPackages?.includes(name)) continue;
      this.#present.add(name === 'cross-gcc-package' ? 'cross-gcc' : 'libemulator.so.2');
    }
    return 0;
  }

  get said(): string {
    return this.lines.join('\n');
  }
  /** The apt-get subcommands that were run, in order. */
  get verbs(): string[] {
    return this.commands.map((command) => /apt-get (\w+)/.exec(command)?.[1] ?? command);
  }
}

async function setUp(
  situation: Situation,
  asked: { checkOnly?: boolean; wanted?: Requirement[]; everything?: Requirement[] } = {},
): Promise<{ machine: FakeMachine; status: number }> {
  const { checkOnly = false, wanted = BOTH, everything = wanted } = asked;
  const machine = new FakeMachine(situation);
  return { machine, status: await runSetup(wanted, machine, { checkOnly, everything }) };
}

describe('set-up', () => {
  it('says and runs nothing when everything is there', async () => {
    const { machine, status } = await setUp({ present: ['cross-gcc', 'libemulator.so.2'] });
    assert.equal(status, 0);
    assert.deepEqual(machine.lines, []);
    assert.deepEqual(machine.commands, []);
  });

  it('installs only what is missing, in one command, after saying what it is for', async () => {
    const { machine, status } = await setUp({ present: ['cross-gcc'] });
    assert.equal(status, 0);
    assert.deepEqual(machine.verbs, ['install']);
    assert.match(
      machine.commands[0],
      /^env DEBIAN_FRONTEND=noninteractive apt-get install .*libemulator2$/,
    );
    assert.doesNotMatch(machine.commands[0], /cross-gcc-package/);
    assert.match(machine.lines[1], /the emulator: needed to run the image/);
    assert.match(machine.lines[3], /running .*apt-get install/);
  });

  it('runs nothing the second time', async () => {
    const { machine } = await setUp({});
    const before = machine.commands.length;
    assert.equal(await runSetup(BOTH, machine, { checkOnly: false, everything: BOTH }), 0);
    assert.equal(machine.commands.length, before);
  });

  it('takes the package name that this release has', async () => {
    const { machine, status } = await setUp({ known: ['cross-gcc-package', 'libemulator2t64'] });
    assert.equal(status, 0);
    assert.match(machine.commands[0], /cross-gcc-package libemulator2t64$/);
  });

  it('uses sudo when it needs no password', async () => {
    const { machine, status } = await setUp({ privilege: 'sudo' });
    assert.equal(status, 0);
    assert.match(
      machine.commands[0],
      /^sudo -n env DEBIAN_FRONTEND=noninteractive apt-get install/,
    );
  });

  it('fetches the package lists first when there are none', async () => {
    const { machine, status } = await setUp({
      listAgeHours: undefined,
      known: [],
      knownAfterUpdate: ['cross-gcc-package', 'libemulator2t64'],
    });
    assert.equal(status, 0);
    assert.deepEqual(machine.verbs, ['update', 'install']);
    assert.match(machine.commands[1], /libemulator2t64$/);
  });

  it('refreshes old package lists', async () => {
    const { machine } = await setUp({ listAgeHours: 24 * 30 });
    assert.deepEqual(machine.verbs, ['update', 'install']);
    assert.match(machine.said, /720 hours old/);
  });

  it('refreshes the lists when a package is not in them', async () => {
    const { machine, status } = await setUp({
      known: ['cross-gcc-package'],
      knownAfterUpdate: ['cross-gcc-package', 'libemulator2'],
    });
    assert.equal(status, 0);
    assert.deepEqual(machine.verbs, ['update', 'install']);
  });

  it('refreshes the lists and tries once more when installing fails', async () => {
    const { machine, status } = await setUp({ failingInstalls: 1 });
    assert.equal(status, 0);
    assert.deepEqual(machine.verbs, ['install', 'update', 'install']);
  });

  it('stops with the command to type when installing fails twice', async () => {
    const { machine, status } = await setUp({ failingInstalls: 2 });
    assert.equal(status, 2);
    assert.deepEqual(machine.verbs, ['install', 'update', 'install']);
    assert.match(machine.said, /failed twice/);
  });

  it('names the package when no release list has it', async () => {
    const { machine, status } = await setUp({ known: ['cross-gcc-package'] });
    assert.equal(status, 2);
    assert.deepEqual(machine.verbs, ['update']);
    assert.match(
      machine.said,
      /no package libemulator2 or libemulator2t64, needed to run the image/,
    );
  });

  it('does not go round in circles when an installed package brings nothing', async () => {
    const { machine, status } = await setUp({ brokenPackages: ['libemulator2'] });
    assert.equal(status, 2);
    assert.deepEqual(machine.verbs, ['install']);
    assert.match(machine.said, /still not found/);
  });

  it('prints one command and stops when it may not install', async () => {
    const { machine, status } = await setUp({ privilege: 'none' });
    assert.equal(status, 2);
    assert.deepEqual(machine.commands, []);
    assert.equal(
      machine.lines.at(-1),
      '  sudo apt-get update && ' +
        'sudo apt-get install -y --no-install-recommends cross-gcc-package libemulator2',
    );
  });

  it('offers su where there is no sudo', async () => {
    const { machine } = await setUp({ privilege: 'none', sudo: false });
    assert.match(machine.lines.at(-1) ?? '', /^ {2}su -c 'apt-get update && apt-get install .*'$/);
  });

  it('names each tool and what it is for where there is no apt', async () => {
    const { machine, status } = await setUp({ apt: false });
    assert.equal(status, 2);
    assert.deepEqual(machine.commands, []);
    assert.match(machine.said, /the compiler: needed to compile the image \(Elsewhere: xgcc\)/);
    assert.match(machine.said, /the emulator: needed to run the image \(Elsewhere: emulator\)/);
  });

  it('says the sizes before it installs', async () => {
    const { machine } = await setUp({});
    const size = machine.lines.findIndex((line) => line.includes('2,0 MB to download, 20 MB on'));
    const install = machine.lines.findIndex((line) => line.includes('running '));
    assert.ok(size >= 0 && size < install, machine.said);
  });

  it('asks a person for everything at once, whichever command asks', async () => {
    const known = ['cross-gcc-package', 'libemulator2', 'checker-package'];
    const everything = [...BOTH, TEST_TOOL];
    const situation: Situation = { privilege: 'none', known };
    const start = await setUp(situation, { wanted: BOTH, everything });
    const test = await setUp(situation, { wanted: everything, everything });
    assert.match(
      start.machine.lines.at(-1) ?? '',
      /cross-gcc-package libemulator2 checker-package/,
    );
    assert.equal(start.machine.lines.at(-1), test.machine.lines.at(-1));
    assert.match(
      start.machine.said,
      /the demo and the tests \(3,0 MB to download, 30 MB on the disk/,
    );
    assert.doesNotMatch(start.machine.said, /the checker: needed/, 'the demo does not lack it');
  });

  it('installs the rest when a release has no package for a tool that only tests want', async () => {
    const wanted = [...BOTH, TEST_TOOL];
    const { machine, status } = await setUp({}, { wanted });
    assert.equal(status, 2);
    assert.deepEqual(machine.verbs, ['update', 'install']);
    assert.match(machine.commands[1], /cross-gcc-package libemulator2$/);
    assert.match(machine.said, /no package checker-package; only tests would use it/);
  });

  it('changes nothing with --check, and says what to type', async () => {
    const { machine, status } = await setUp({}, { checkOnly: true });
    assert.equal(status, 2);
    assert.deepEqual(machine.commands, []);
    assert.match(machine.said, /apt-get install -y --no-install-recommends cross-gcc-package/);
  });
});

describe('what apt says', () => {
  // As apt-get of Debian 12 and 13 writes it.
  it('is read for the sizes', () => {
    const words = (get: string) =>
      `Need to get ${get} of archives.\nAfter this operation, 635 MB of additional disk space will be used.\n`;
    assert.deepEqual(readInstallSize(words('98.2 MB')), { download: '98.2 MB', disk: '635 MB' });
    assert.deepEqual(readInstallSize(words('3,726 kB/98.2 MB'))?.download, '98.2 MB');
    assert.equal(readInstallSize('E: Unable to locate package x'), undefined);
  });

  // As apt-get -q of Debian 12 and 13 writes it.
  it('is read for how far it is', () => {
    const progress = new AptProgress();
    for (const [line, says] of [
      ['Reading package lists...', undefined],
      ['0 upgraded, 2 newly installed, 0 to remove and 0 not upgraded.', '0 of 2 packages fetched'],
      [
        'Get:1 http://mirror/debian trixie/main amd64 busybox amd64 1:1.37',
        '1 of 2 packages fetched',
      ],
      ['Get:2 http://mirror/debian trixie/main amd64 mtools amd64 4.0', '2 of 2 packages fetched'],
      ['Fetched 1 MB in 3s (1 MB/s)', undefined],
      ['Unpacking busybox (1:1.37.0-6+b9) ...', '1 of 2 packages unpacked'],
      ['Unpacking mtools (4.0.48-1) ...', '2 of 2 packages unpacked'],
      ['Setting up mtools (4.0.48-1) ...', '1 of 2 packages set up'],
    ] as const) {
      assert.equal(progress.take(line), says, line);
    }
    assert.equal(new AptProgress().take('Get:3 http://mirror trixie InRelease'), '1 list fetched');
  });

  it('goes to a log; the end of it is shown when apt fails', async () => {
    const lines: string[] = [];
    const say = (line: string) => void lines.push(line);
    const shell = (script: string) => ['sh', '-c', script, 'apt-get'];
    assert.equal(await runLogged(shell('echo Unpacking'), say), 0);
    assert.deepEqual(lines, []);
    assert.equal(await runLogged(shell('echo E: no space left >&2; exit 100'), say), 100);
    assert.match(lines.join('\n'), /that failed; .*setup\.log.*E: no space left/s);
    assert.equal(await runLogged(['/no/such/apt-get'], say), 127);
  });
});

describe('the check of Node', () => {
  const check = (version: string) =>
    spawnSync(
      process.execPath,
      [
        '-e',
        `Object.defineProperty(process.versions, 'node', { value: '${version}' });` +
          `require('./scripts/setup/node-version.cjs')`,
      ],
      { encoding: 'utf8' },
    );

  it('passes what package.json asks for', () => {
    for (const version of ['20.19.0', '20.20.2', '22.1.0', '24.0.0', '100.0.0']) {
      assert.equal(check(version).status, 0, version);
    }
  });

  it('says what to do about an older one', () => {
    for (const version of ['9.11.2', '18.20.8', '20.9.0', '20.18.3']) {
      const { status, stderr } = check(version);
      assert.equal(status, 2, version);
      assert.ok(stderr.includes(`needs Node 20.19 or newer. This is ${version}`), stderr);
      assert.match(stderr, /npm install --global node@22/);
    }
  });

  it('comes first in every command', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      scripts: Record<string, string>;
    };
    for (const [name, command] of Object.entries(scripts)) {
      assert.ok(command.startsWith('node scripts/setup/node-version.cjs'), name);
    }
  });

  it('is text that Node 6 reads: no word or sign that came later', () => {
    const text = readFileSync('scripts/setup/node-version.cjs', 'utf8').replace(
      /\/\*.*?\*\//gs,
      '',
    );
    assert.doesNotMatch(text, /\b(const|let|import|async|class)\b|=>|`|\?\.|\?\?/);
  });
});

describe('the list of requirements', () => {
  it('has a package for every tool that tests skip themselves without', () => {
    const packages = TEST_TOOLS.flatMap((one) => one.packages);
    for (const name of [
      ...['gcc', 'libc6-dev', 'busybox', 'shellcheck', 'systemd', 'mtools', 'e2fsprogs'],
      ...['sigrok-cli', 'can-utils', 'python3-can', 'tshark', 'xz-utils', 'chromium'],
    ]) {
      assert.ok(packages.includes(name), name);
    }
  });

  it('covers the cross compiler, objcopy and the emulator library under both of its names', () => {
    const packages = REQUIREMENTS.flatMap((one) => one.packages);
    for (const name of [...crossCompilerPackages(), 'libunicorn2', 'libunicorn2t64']) {
      assert.ok(packages.includes(name), name);
    }
    const commands = REQUIREMENTS.map(({ probe }) => (probe.kind === 'command' ? probe.name : ''));
    assert.ok(commands.includes(CROSS_COMPILER));
    assert.ok(commands.includes(CROSS_OBJCOPY));
  });
});
