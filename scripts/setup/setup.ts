/**
 * Set-up: decides what is missing and what to do about it, one action at a time.
 *
 * Used by: main.ts (`npm run setup`), ensure.ts (`npm start`, `npm test`).
 * Does not: touch the machine; everything goes through the Machine it is given, so that
 * tests/scripts/setup.test.ts can give it a faked one.
 */
import type { Machine } from './machine.ts';
import type { Requirement } from './requirements.ts';

/** Package lists older than this name versions that the mirror may have dropped. */
const OLD_LISTS_HOURS = 48;

export type Action =
  | { readonly kind: 'update'; readonly reason: string }
  | { readonly kind: 'install'; readonly packages: readonly string[] }
  | { readonly kind: 'stop'; readonly lines: readonly string[] };

/** What was already done in this run. */
export interface Progress {
  readonly updated: boolean;
  readonly lastInstall: 'none' | 'done' | 'failed';
}

const INSTALL = ['apt-get', 'install', '-y', '--no-install-recommends'];

/** Which of the requirements the machine does not meet. */
export function findMissing(
  requirements: readonly Requirement[],
  machine: Machine,
): readonly Requirement[] {
  return requirements.filter((one) => !machine.isPresent(one.probe));
}

function describe(missing: readonly Requirement[]): string[] {
  return missing.map((one) => `  ${one.title}: needed to ${one.purpose}`);
}

/** The packages that provide the missing tools; where apt knows none of the names, the first. */
function choosePackages(missing: readonly Requirement[], machine: Machine): string[] {
  return missing.map(
    ({ packages }) => packages.find((name) => machine.isPackageKnown(name)) ?? packages[0],
  );
}

/** The one command that a person with the rights can type, whatever state apt's lists are in. */
function commandToType(packages: readonly string[], machine: Machine): string {
  const update = 'apt-get update';
  const install = `${INSTALL.join(' ')} ${packages.join(' ')}`;
  if (machine.privilege() === 'root') return `${update} && ${install}`;
  const hasSudo = machine.isPresent({ kind: 'command', name: 'sudo' });
  return hasSudo ? `sudo ${update} && sudo ${install}` : `su -c '${update} && ${install}'`;
}

/** The lines that tell a person how to get what is missing. */
export function explainByHand(missing: readonly Requirement[], machine: Machine): string[] {
  if (!machine.hasApt()) {
    return [
      'Setup: there is no apt here, so nothing is installed by itself. Please install, then retry:',
      ...missing.map((one) => `  ${one.title}: needed to ${one.purpose} (${one.elsewhere})`),
    ];
  }
  return [
    'Setup: please type, then run the same command again:',
    `  ${commandToType(choosePackages(missing, machine), machine)}`,
  ];
}

/** Why apt's lists must be refreshed before anything is installed; undefined when they need not. */
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

/** The next thing to do, from what the machine says now and what this run did before. */
export function decide(
  missing: readonly Requirement[],
  machine: Machine,
  progress: Progress,
): Action {
  if (!machine.hasApt()) return { kind: 'stop', lines: explainByHand(missing, machine) };
  if (machine.privilege() === 'none') {
    const why = 'Setup: installing needs root, or sudo without a password; neither is at hand.';
    return { kind: 'stop', lines: [why, ...explainByHand(missing, machine)] };
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
  const unavailable = missing.find((one) => !isAvailable(one));
  if (unavailable !== undefined) {
    return {
      kind: 'stop',
      lines: [
        `Setup: this release has no package ${unavailable.packages.join(' or ')}, ` +
          `needed to ${unavailable.purpose}.`,
        '  Debian 12 and Ubuntu 24.04 or later have it (on Ubuntu in "universe").',
      ],
    };
  }
  if (progress.lastInstall === 'failed') {
    const why = 'Setup: installing failed twice; the reason is above.';
    return { kind: 'stop', lines: [why, ...explainByHand(missing, machine)] };
  }
  return { kind: 'install', packages };
}

/** Runs a command with root's rights, saying it first; apt must not ask questions. */
function runSaid(machine: Machine, command: readonly string[]): boolean {
  const prefix = machine.privilege() === 'root' ? [] : ['sudo', '-n'];
  const whole = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', ...command];
  machine.say(`Setup: running ${whole.join(' ')}`);
  return machine.run(whole) === 0;
}

/**
 * Brings the machine to the state the project needs. Silent and quick when it is there already.
 * @param options.checkOnly say what is missing and how to get it, but change nothing
 * @returns the exit status: 0 all there, 2 something is missing
 */
export function runSetup(
  requirements: readonly Requirement[],
  machine: Machine,
  options: { readonly checkOnly: boolean },
): number {
  let missing = findMissing(requirements, machine);
  if (missing.length === 0) return 0;
  machine.say('Setup: this machine lacks');
  describe(missing).forEach((line) => machine.say(line));
  if (options.checkOnly) {
    explainByHand(missing, machine).forEach((line) => machine.say(line));
    return 2;
  }
  let progress: Progress = { updated: false, lastInstall: 'none' };
  while (missing.length > 0) {
    const action = decide(missing, machine, progress);
    if (action.kind === 'stop') {
      action.lines.forEach((line) => machine.say(line));
      return 2;
    }
    if (action.kind === 'update') {
      machine.say(`Setup: refreshing apt's package lists (${action.reason}).`);
      // A failed update is not the end: the lists that are there may name what is needed.
      runSaid(machine, ['apt-get', 'update', '-q', '-o', 'Acquire::Retries=3']);
      progress = { updated: true, lastInstall: 'none' };
    } else {
      const quiet = ['-q', '-o', 'Dpkg::Use-Pty=0'];
      const patient = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3'];
      const done = runSaid(machine, [...INSTALL, ...quiet, ...patient, ...action.packages]);
      progress = { ...progress, lastInstall: done ? 'done' : 'failed' };
    }
    missing = findMissing(requirements, machine);
  }
  machine.say('Setup: everything is there now.');
  return 0;
}
