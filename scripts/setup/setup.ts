// SPDX-License-Identifier: MIT
/**
 * Set-up: decides what is missing and what to do about it, one action at a time.
 *
 * It touches the machine only through the Machine it is given, so that tests/scripts/setup.test.ts can fake
 * one.
 */
import type { Machine } from './machine.ts';
import type { Requirement } from './requirements.ts';

/** Older package lists may name versions that the mirror has dropped. */
const OLD_LISTS_HOURS = 48;

export type Action =
  | { readonly kind: 'update'; readonly reason: string }
  | { readonly kind: 'install'; readonly packages: readonly string[] }
  /** Tools needed only by tests that this release does not have. */
  | { readonly kind: 'do-without'; readonly tools: readonly Requirement[] }
  | { readonly kind: 'stop'; readonly lines: readonly string[] };

/** Actions already done in this run. */
export interface Progress {
  readonly updated: boolean;
  readonly lastInstall: 'none' | 'done' | 'failed';
}

const INSTALL = ['apt-get', 'install', '-y', '--no-install-recommends'];

/** The requirements that the machine does not meet. */
export function findMissing(
  requirements: readonly Requirement[],
  machine: Machine,
): readonly Requirement[] {
  return requirements.filter((one) => !machine.isPresent(one.probe));
}

function describe(missing: readonly Requirement[]): string[] {
  return missing.map((one) => `  ${one.title}: needed to ${one.purpose}`);
}

/** The packages with the missing tools. If apt knows none of the names, the first. */
function choosePackages(missing: readonly Requirement[], machine: Machine): string[] {
  return missing.map(
    ({ packages }) => packages.find((name) => machine.isPackageKnown(name)) ?? packages[0],
  );
}

/** One command for a user with the rights to install, valid for any state of apt's lists. */
function commandToType(packages: readonly string[], machine: Machine): string {
  const update = 'apt-get update';
  const install = `${INSTALL.join(' ')} ${packages.join(' ')}`;
  if (machine.privilege() === 'root') return `${update} && ${install}`;
  const hasSudo = machine.isPresent({ kind: 'command', name: 'sudo' });
  return hasSudo ? `sudo ${update} && sudo ${install}` : `su -c '${update} && ${install}'`;
}

/** Size of an installation, as the end of a sentence. Empty if apt cannot tell. */
function sizeText(packages: readonly string[], machine: Machine): string {
  const size = machine.installSize(packages);
  return size === undefined ? '' : ` (${size.download} to download, ${size.disk} on the disk)`;
}

/**
 * Lines that tell the user how to get what is missing. `all`: what demo and tests lack together, so that one
 * command is enough for both.
 */
function explainByHand(all: readonly Requirement[], machine: Machine): string[] {
  if (!machine.hasApt()) {
    return [
      'Setup: there is no apt here, so nothing is installed by itself. Please install, then retry:',
      ...all.map((one) => `  ${one.title}: needed to ${one.purpose} (${one.elsewhere})`),
    ];
  }
  const packages = choosePackages(all, machine);
  return [
    `Setup: please type this, for the demo and the tests${sizeText(packages, machine)}, then retry:`,
    `  ${commandToType(packages, machine)}`,
  ];
}

/** Why apt's lists must be refreshed before an installation. Undefined: they need not be. */
function reasonToUpdate(
  packages: readonly string[],
  machine: Machine,
  progress: Progress,
): string | undefined {
  if (progress.updated) return undefined;
  const ageHours = machine.packageListAgeHours();
  if (ageHours === undefined) return 'there are none yet';
  if (ageHours > OLD_LISTS_HOURS) return `they are ${Math.floor(ageHours)} hours old`;
  const unknown = packages.find((name) => !machine.isPackageKnown(name));
  if (unknown !== undefined) return `${unknown} is not in them`;
  if (progress.lastInstall === 'failed') return 'installing failed';
  return undefined;
}

/**
 * The next action, from the machine's state and what this run has done. `all`: everything that is missing,
 * for the command that the user has to type.
 */
function decide(
  missing: readonly Requirement[],
  all: readonly Requirement[],
  machine: Machine,
  progress: Progress,
): Action {
  if (!machine.hasApt()) return { kind: 'stop', lines: explainByHand(all, machine) };
  if (machine.privilege() === 'none') {
    const why = 'Setup: installing needs root, or sudo without a password; neither is at hand.';
    return { kind: 'stop', lines: [why, ...explainByHand(all, machine)] };
  }
  const packages = choosePackages(missing, machine);
  if (progress.lastInstall === 'done') {
    return {
      kind: 'stop',
      lines: [
        `Setup: apt installed ${packages.join(' ')}, but it is still not found.`,
        '  Is PATH as usual, and is node_modules complete (`npm ci`)? koffi loads the library.',
      ],
    };
  }
  const reason = reasonToUpdate(packages, machine, progress);
  if (reason !== undefined) return { kind: 'update', reason };

  const isAvailable = (one: Requirement) =>
    one.packages.some((name) => machine.isPackageKnown(name));
  const unavailable = missing.filter((one) => !isAvailable(one));
  const needed = unavailable.find((one) => !one.onlyTests);
  if (needed !== undefined) {
    return {
      kind: 'stop',
      lines: [
        `Setup: this release has no package ${needed.packages.join(' or ')}, ` +
          `needed to ${needed.purpose}.`,
        '  Debian 12 and Ubuntu 24.04 or later have it (on Ubuntu in "universe").',
      ],
    };
  }
  if (unavailable.length > 0) return { kind: 'do-without', tools: unavailable };
  if (progress.lastInstall === 'failed') {
    const why = 'Setup: installing failed twice; the reason is above.';
    return { kind: 'stop', lines: [why, ...explainByHand(all, machine)] };
  }
  return { kind: 'install', packages };
}

/** Runs apt-get as root after printing the command. apt must not ask questions. */
async function runSaid(machine: Machine, command: readonly string[]): Promise<boolean> {
  const prefix = machine.privilege() === 'root' ? [] : ['sudo', '-n'];
  const whole = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', ...command];
  machine.say(`Setup: running ${whole.join(' ')}`);
  return (await machine.run(whole)) === 0;
}

export interface SetupOptions {
  /** Report what is missing and how to get it, but change nothing. */
  readonly checkOnly: boolean;
  /** Requirements of all commands of the project. The command to type covers them. */
  readonly everything: readonly Requirement[];
}

/**
 * Brings the machine to the state that `requirements` ask for. Silent and quick if nothing is missing.
 * @returns the exit status: 0 nothing is missing, 2 something is
 */
export async function runSetup(
  requirements: readonly Requirement[],
  machine: Machine,
  { checkOnly, everything }: SetupOptions,
): Promise<number> {
  let missing = findMissing(requirements, machine);
  if (missing.length === 0) return 0;
  machine.say('Setup: this machine lacks');
  describe(missing).forEach((line) => machine.say(line));
  if (checkOnly) {
    explainByHand(findMissing(everything, machine), machine).forEach((line) => machine.say(line));
    return 2;
  }
  const given = new Set<Requirement>();
  let progress: Progress = { updated: false, lastInstall: 'none' };
  while (missing.length > 0) {
    const action = decide(missing, findMissing(everything, machine), machine, progress);
    if (action.kind === 'stop') {
      action.lines.forEach((line) => machine.say(line));
      return 2;
    }
    if (action.kind === 'do-without') {
      action.tools.forEach((tool) => given.add(tool));
      const names = action.tools.map(({ packages }) => packages.join(' or ')).join(', ');
      machine.say(`Setup: this release has no package ${names}; only tests would use it.`);
    } else if (action.kind === 'update') {
      machine.say(`Setup: refreshing apt's package lists (${action.reason}).`);
      // A failed update need not matter: the existing lists may name what is needed.
      await runSaid(machine, ['apt-get', 'update', '-q', '-o', 'Acquire::Retries=3']);
      progress = { updated: true, lastInstall: 'none' };
    } else {
      machine.say(`Setup: installing it${sizeText(action.packages, machine)}.`);
      const quiet = ['-q', '-o', 'Dpkg::Use-Pty=0'];
      const patient = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3'];
      const done = await runSaid(machine, [...INSTALL, ...quiet, ...patient, ...action.packages]);
      progress = { ...progress, lastInstall: done ? 'done' : 'failed' };
    }
    missing = findMissing(requirements, machine).filter((one) => !given.has(one));
  }
  if (given.size > 0) return 2;
  machine.say('Setup: everything is there now.');
  return 0;
}
