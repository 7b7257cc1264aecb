/** Set-up against a faked machine: what it does, says and returns in each situation. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  CROSS_COMPILER,
  CROSS_OBJCOPY,
  crossCompilerPackages,
} from '../../scripts/build/compilers.ts';
import type { Machine, Privilege } from '../../scripts/setup/machine.ts';
import type { Requirement } from '../../scripts/setup/requirements.ts';
import { REQUIREMENTS } from '../../scripts/setup/requirements.ts';
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

  run(command: readonly string[]): number {
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

function setUp(situation: Situation, checkOnly = false): { machine: FakeMachine; status: number } {
  const machine = new FakeMachine(situation);
  return { machine, status: runSetup(BOTH, machine, { checkOnly }) };
}

describe('set-up', () => {
  it('says and runs nothing when everything is there', () => {
    const { machine, status } = setUp({ present: ['cross-gcc', 'libemulator.so.2'] });
    assert.equal(status, 0);
    assert.deepEqual(machine.lines, []);
    assert.deepEqual(machine.commands, []);
  });

  it('installs only what is missing, in one command, after saying what it is for', () => {
    const { machine, status } = setUp({ present: ['cross-gcc'] });
    assert.equal(status, 0);
    assert.deepEqual(machine.verbs, ['install']);
    assert.match(
      machine.commands[0],
      /^env DEBIAN_FRONTEND=noninteractive apt-get install .*libemulator2$/,
    );
    assert.doesNotMatch(machine.commands[0], /cross-gcc-package/);
    assert.match(machine.lines[1], /the emulator: needed to run the image/);
    assert.match(machine.lines[2], /running .*apt-get install/);
  });

  it('runs nothing the second time', () => {
    const { machine } = setUp({});
    const before = machine.commands.length;
    assert.equal(runSetup(BOTH, machine, { checkOnly: false }), 0);
    assert.equal(machine.commands.length, before);
  });

  it('takes the package name that this release has', () => {
    const { machine, status } = setUp({ known: ['cross-gcc-package', 'libemulator2t64'] });
    assert.equal(status, 0);
    assert.match(machine.commands[0], /cross-gcc-package libemulator2t64$/);
  });

  it('uses sudo when it needs no password', () => {
    const { machine, status } = setUp({ privilege: 'sudo' });
    assert.equal(status, 0);
    assert.match(
      machine.commands[0],
      /^sudo -n env DEBIAN_FRONTEND=noninteractive apt-get install/,
    );
  });

  it('fetches the package lists first when there are none', () => {
    const { machine, status } = setUp({
      listAgeHours: undefined,
      known: [],
      knownAfterUpdate: ['cross-gcc-package', 'libemulator2t64'],
    });
    assert.equal(status, 0);
    assert.deepEqual(machine.verbs, ['update', 'install']);
    assert.match(machine.commands[1], /libemulator2t64$/);
  });

  it('refreshes old package lists', () => {
    const { machine } = setUp({ listAgeHours: 24 * 30 });
    assert.deepEqual(machine.verbs, ['update', 'install']);
    assert.match(machine.said, /720 hours old/);
  });

  it('refreshes the lists when a package is not in them', () => {
    const { machine, status } = setUp({
      known: ['cross-gcc-package'],
      knownAfterUpdate: ['cross-gcc-package', 'libemulator2'],
    });
    assert.equal(status, 0);
    assert.deepEqual(machine.verbs, ['update', 'install']);
  });

  it('refreshes the lists and tries once more when installing fails', () => {
    const { machine, status } = setUp({ failingInstalls: 1 });
    assert.equal(status, 0);
    assert.deepEqual(machine.verbs, ['install', 'update', 'install']);
  });

  it('stops with the command to type when installing fails twice', () => {
    const { machine, status } = setUp({ failingInstalls: 2 });
    assert.equal(status, 2);
    assert.deepEqual(machine.verbs, ['install', 'update', 'install']);
    assert.match(machine.said, /failed twice/);
  });

  it('names the package when no release list has it', () => {
    const { machine, status } = setUp({ known: ['cross-gcc-package'] });
    assert.equal(status, 2);
    assert.deepEqual(machine.verbs, ['update']);
    assert.match(
      machine.said,
      /no package libemulator2 or libemulator2t64, needed to run the image/,
    );
  });

  it('does not go round in circles when an installed package brings nothing', () => {
    const { machine, status } = setUp({ brokenPackages: ['libemulator2'] });
    assert.equal(status, 2);
    assert.deepEqual(machine.verbs, ['install']);
    assert.match(machine.said, /still not found/);
  });

  it('prints one command and stops when it may not install', () => {
    const { machine, status } = setUp({ privilege: 'none' });
    assert.equal(status, 2);
    assert.deepEqual(machine.commands, []);
    assert.equal(
      machine.lines.at(-1),
      '  sudo apt-get update && ' +
        'sudo apt-get install -y --no-install-recommends cross-gcc-package libemulator2',
    );
  });

  it('offers su where there is no sudo', () => {
    const { machine } = setUp({ privilege: 'none', sudo: false });
    assert.match(machine.lines.at(-1) ?? '', /^ {2}su -c 'apt-get update && apt-get install .*'$/);
  });

  it('names each tool and what it is for where there is no apt', () => {
    const { machine, status } = setUp({ apt: false });
    assert.equal(status, 2);
    assert.deepEqual(machine.commands, []);
    assert.match(machine.said, /the compiler: needed to compile the image \(Elsewhere: xgcc\)/);
    assert.match(machine.said, /the emulator: needed to run the image \(Elsewhere: emulator\)/);
  });

  it('changes nothing with --check, and says what to type', () => {
    const { machine, status } = setUp({}, true);
    assert.equal(status, 2);
    assert.deepEqual(machine.commands, []);
    assert.match(machine.said, /apt-get install -y --no-install-recommends cross-gcc-package/);
  });
});

describe('the list of requirements', () => {
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
