// SPDX-License-Identifier: MIT
/**
 * What set-up asks of the machine, as an interface, and the real machine. Tests fake the interface.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, join } from 'node:path';
import { installSize, runLogged } from './apt.ts';
import type { InstallSize } from './apt.ts';
import type { Probe } from './requirements.ts';

/** Means to install packages: root, sudo without a password, or none. */
export type Privilege = 'root' | 'sudo' | 'none';

export interface Machine {
  isPresent(probe: Probe): boolean;
  hasApt(): boolean;
  privilege(): Privilege;
  /** Hours since apt's package lists were fetched. Undefined: there are none. */
  packageListAgeHours(): number | undefined;
  /** Whether apt could install a package of this name now. */
  isPackageKnown(name: string): boolean;
  /** Size of installing these packages. Undefined: apt cannot tell. */
  installSize(packages: readonly string[]): InstallSize | undefined;
  /** Runs apt-get with its output in a log. Returns its exit status. */
  run(command: readonly string[]): Promise<number>;
  say(line: string): void;
}

const APT_LISTS = '/var/lib/apt/lists';

/** Whether PATH has an executable file `name`. A name with a slash is a path itself. */
function isOnPath(name: string): boolean {
  const folders = name.includes('/') ? [''] : (process.env.PATH ?? '').split(delimiter);
  return folders.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Loads the library as the twin does (through koffi), which also detects a broken one. */
function isLoadable(names: readonly string[]): boolean {
  let koffi: { load(path: string): unknown };
  try {
    koffi = createRequire(import.meta.url)('koffi') as typeof koffi;
  } catch {
    return false;
  }
  return names.some((name) => {
    try {
      koffi.load(name);
      return true;
    } catch {
      return false;
    }
  });
}

/** GCC prints the whole path of a file it finds, and only the name otherwise. */
function isFoundByCompiler(compiler: string, name: string): boolean {
  const { stdout } = spawnSync(compiler, [`-print-file-name=${name}`], { encoding: 'utf8' });
  return (stdout ?? '').trim().includes('/');
}

/** Status of a command run silently, 127 if it cannot be started. */
function quietStatus(command: string, args: readonly string[]): number {
  return spawnSync(command, args, { stdio: 'ignore' }).status ?? 127;
}

export const thisMachine: Machine = {
  isPresent(probe) {
    switch (probe.kind) {
      case 'command':
        return isOnPath(probe.name);
      case 'compiler-file':
        return isFoundByCompiler(probe.compiler, probe.name);
      case 'library':
        return isLoadable(probe.names);
    }
  },

  hasApt() {
    return isOnPath('apt-get') && isOnPath('apt-cache');
  },

  privilege() {
    if (process.getuid?.() === 0) return 'root';
    return isOnPath('sudo') && quietStatus('sudo', ['-n', 'true']) === 0 ? 'sudo' : 'none';
  },

  packageListAgeHours() {
    try {
      if (!readdirSync(APT_LISTS).some((name) => name.includes('_Packages'))) return undefined;
      // The files carry the server's dates; the folders the time of the last update here.
      const folders = [APT_LISTS, join(APT_LISTS, 'partial')];
      const fetchedMillis = Math.max(...folders.map((folder) => statSync(folder).mtimeMs));
      return (Date.now() - fetchedMillis) / 3_600_000;
    } catch {
      return undefined;
    }
  },

  isPackageKnown(name) {
    // A name known only as a dependency has "Candidate: (none)" or no output.
    const policy = spawnSync('apt-cache', ['policy', name], {
      encoding: 'utf8',
      env: { ...process.env, LC_ALL: 'C' },
    });
    return /^ {2}Candidate: (?!\(none\))\S/m.test(policy.stdout ?? '');
  },

  installSize,

  run(command) {
    return runLogged(command, (line) => console.log(line));
  },

  say(line) {
    console.log(line);
  },
};
