// SPDX-License-Identifier: MIT
/**
 * `npm run qemu -- build`: source, patches, one emulator with the devices of one board.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { InputError } from '../../cell-config/files.ts';
import { Progress } from '../progress.ts';
import { type QemuCache, readSeries, seriesHash } from './cache.ts';
import { alone } from './lock.ts';
import { missingForBuild, SYSTEM_PYTHON } from './machine.ts';
import { applySeries } from './patches.ts';
import { fetchSource, mesonEnvironment, newestVersion, updateLists } from './source.ts';

const TARGET = 'qemu-system-aarch64';
/** The devices: the board, and what loads programs into it. */
const DEVICES = [...['RASPI', 'CAN_BUS', 'OR_IRQ', 'UNIMP', 'GENERIC_LOADER', 'GUEST_LOADER']];
const DEVICES_NAME = 'canwarden';
const CONFIGURE = [
  ...[`--python=${SYSTEM_PYTHON}`, '--target-list=aarch64-softmmu', '--without-default-features'],
  ...['--enable-system', '--enable-tcg', '--enable-fdt=system', '--disable-docs'],
  ...['--disable-tools', '--without-default-devices', `--with-devices-aarch64=${DEVICES_NAME}`],
  ...['--disable-download', '--disable-install-blobs', '--disable-debug-info'],
];
const LINES_SHOWN = 20;

export interface BuildOptions {
  /** Compilers at a time, as the user said it. */
  readonly jobs: string | undefined;
  readonly onlyCheck: boolean;
  readonly say: (line: string) => void;
}

/** Builds what is not built yet. Throws InputError before any long work if the machine lacks something. */
export async function build(cache: QemuCache, options: BuildOptions): Promise<void> {
  const { jobs } = options;
  const compilers = jobs === undefined ? availableParallelism() : Number(jobs);
  if (!Number.isInteger(compilers) || compilers < 1) {
    throw new InputError(`--jobs takes a number from 1 on, got "${jobs}"`);
  }
  const problems = missingForBuild(cache.folder);
  if (problems.length > 0) throw new InputError(problems.join('\n'));
  await alone(cache.folder, () => buildAlone(cache, compilers, options));
}

async function buildAlone(
  cache: QemuCache,
  compilers: number,
  { onlyCheck, say }: BuildOptions,
): Promise<void> {
  const versionFile = join(cache.folder, 'version');
  if (!existsSync(cache.source) || !existsSync(versionFile) || onlyCheck) {
    say('Asking Debian for its list of sources (10 MB) ...');
    updateLists(cache);
    const newest = newestVersion(cache);
    if (onlyCheck)
      return say(`Nothing is missing. QEMU ${newest} would be built in ${cache.folder}`);
    say(`Getting the source of QEMU ${newest} (40 MB, unpacked 360 MB) ...`);
    fetchSource(cache, newest);
    writeFileSync(versionFile, newest);
  }
  const version = readFileSync(versionFile, 'utf8');
  const series = readSeries();
  if (applySeries(cache, series)) say(`${series.length} patches of qemu/patches applied`);
  const environment = mesonEnvironment(cache);
  configureFiles(cache);
  const log = join(cache.folder, 'build.log');
  writeFileSync(log, '');
  if (!existsSync(join(cache.buildFolder, 'build.ninja'))) {
    mkdirSync(cache.buildFolder, { recursive: true });
    say('Configuring ...');
    await logged(cache, log, [join(cache.source, 'configure'), ...CONFIGURE], environment);
  }
  say('Building (the first time 6 minutes of CPU, 3 on two free cores) ...');
  const progress = new Progress({ unit: 'steps', stream: process.stdout });
  const ninja = ['ninja', '-j', String(compilers), TARGET];
  await logged(cache, log, ninja, environment, (line) => {
    // Ninja's "[3/120] ...".
    const [, done, total] = /^\[(\d+)\/(\d+)\]/.exec(line) ?? [];
    if (total !== undefined) progress.update(Number(done), Number(total));
  });
  progress.finish();
  writeFileSync(cache.stamp, `${version} ${seriesHash(series)}\n`);
  say(`${cache.emulator} is QEMU ${version} with the CAN HAT`);
  say('Next: npm run qemu -- boot --stub');
}

function configureFiles(cache: QemuCache): void {
  const file = join(cache.source, `configs/devices/aarch64-softmmu/${DEVICES_NAME}.mak`);
  const text = DEVICES.map((name) => `CONFIG_${name}=y\n`).join('');
  if (!existsSync(file) || readFileSync(file, 'utf8') !== text) writeFileSync(file, text);
}

/** Runs a step with its output in the log. Throws with the end of it. */
async function logged(
  cache: QemuCache,
  log: string,
  command: readonly string[],
  env: NodeJS.ProcessEnv,
  onLine?: (line: string) => void,
): Promise<void> {
  const file = openSync(log, 'a');
  const child = spawn(command[0], command.slice(1), { cwd: cache.buildFolder, env });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    let unfinished = '';
    stream.setEncoding('utf8').on('data', (text: string) => {
      writeSync(file, text);
      const parts = (unfinished + text).split('\n');
      unfinished = parts.pop() ?? '';
      for (const line of parts) {
        lines.push(line);
        onLine?.(line);
      }
      lines.splice(0, lines.length - LINES_SHOWN);
    });
  }
  const status = await new Promise<number>((resolve) => {
    child.once('error', () => resolve(127));
    child.once('close', (code) => resolve(code ?? 127));
  });
  if (status === 0) return;
  const end = lines.map((line) => `  ${line}`).join('\n');
  throw new Error(
    `${command[0]} failed (status ${status}); the end of ${log}:\n${end}\n` +
      `Next: read the log; if the folder is damaged, remove ${cache.buildFolder} and build again`,
  );
}
