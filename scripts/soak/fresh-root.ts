// SPDX-License-Identifier: MIT
/**
 * A fresh Debian in a folder: made by debootstrap, entered by chroot, removed again.
 *
 * It uses the network as this machine does: the mirror and options of this machine's apt, its npm registry
 * and certificates are read when it is made. Needs root.
 */
import { spawn, spawnSync } from 'node:child_process';
import {
  cpSync,
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

const KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg';
const CERTIFICATES = '/etc/ssl/certs/ca-certificates.crt';
const IN_ROOT_CERTIFICATES = '/usr/local/share/host-certificates.crt';
const DEBOOTSTRAP_MILLIS = 30 * 60_000;

/** This machine lacks something to make fresh ones. The message says what to do. */
export class FreshUnavailable extends Error {}

/** The mirror of the first Debian source of this machine's apt. */
export function mirrorOf(aptSources: string): string {
  // `deb [options] URI suite ...`, or deb822's `URIs: URI`.
  const found = /^(?:deb(?: \[[^\]]*\])? |URIs: )(https?:\/\/\S*\/debian\/?)(?:\s|$)/m.exec(
    aptSources,
  );
  if (found === null) {
    throw new FreshUnavailable("no Debian mirror in this machine's apt sources (/etc/apt)");
  }
  return found[1];
}

/** Mount points below a folder, the last mounted first. `mounts` as in proc_pid_mounts(5). */
export function mountsBelow(folder: string, mounts: string): string[] {
  return mounts
    .split('\n')
    .map((line) => line.split(' ')[1] ?? '')
    .map((path) =>
      path.replace(/\\([0-7]{3})/g, (_, digits: string) =>
        String.fromCharCode(parseInt(digits, 8)),
      ),
    )
    .filter((path) => path.startsWith(`${folder}/`))
    .reverse();
}

/** Processes whose root is the folder. */
function processesIn(folder: string): string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      return /^\d+$/.test(name) && readlinkSync(`/proc/${name}/root`) === folder;
    } catch {
      return false; // it ended meanwhile
    }
  });
}

function output(command: string, parameters: readonly string[]): string {
  return spawnSync(command, parameters, { encoding: 'utf8' }).stdout ?? '';
}

/** Throws the reason if this machine cannot make fresh ones. */
export function requireRootAndTools(): void {
  if (process.getuid?.() !== 0) {
    throw new FreshUnavailable(
      'fresh machines are made with chroot and mount. Next: run it as root',
    );
  }
  if (spawnSync('debootstrap', ['--version']).error !== undefined) {
    throw new FreshUnavailable('debootstrap is missing. Next: apt-get install debootstrap');
  }
}

function aptSources(): string {
  const files = output('sh', ['-c', 'cat /etc/apt/sources.list /etc/apt/sources.list.d/*.list']);
  return files + output('sh', ['-c', 'cat /etc/apt/sources.list.d/*.sources']);
}

export class FreshRoot {
  readonly #folder: string;
  #isOurs = false;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Makes a minimal root of `suite` in `folder`, with a bare clone of `checkout` in /srv. */
  static make(folder: string, suite: string, checkout: string): FreshRoot {
    const root = new FreshRoot(folder);
    root.remove();
    root.#isOurs = true;
    mkdirSync(folder, { recursive: true });
    const mirror = mirrorOf(aptSources());
    const keyring = existsSync(KEYRING) ? [`--keyring=${KEYRING}`] : [];
    const made = spawnSync(
      'debootstrap',
      ['--variant=minbase', ...keyring, suite, folder, mirror],
      {
        encoding: 'utf8',
        timeout: DEBOOTSTRAP_MILLIS,
      },
    );
    if (made.status !== 0) {
      throw new Error(`debootstrap of ${suite} failed:\n${made.stdout}${made.stderr}`.slice(-2000));
    }
    root.#takeNetworkOver();
    const clone = [
      'clone',
      '-q',
      '--bare',
      '--no-hardlinks',
      checkout,
      join(folder, 'srv/canwarden.git'),
    ];
    const cloned = spawnSync('git', clone, { encoding: 'utf8' });
    if (cloned.status !== 0) throw new Error(`git clone failed: ${cloned.stderr}`);
    root.#mount();
    return root;
  }

  #takeNetworkOver(): void {
    const inRoot = (path: string): string => join(this.#folder, path);
    cpSync('/etc/resolv.conf', inRoot('etc/resolv.conf'), { dereference: true });
    if (existsSync(CERTIFICATES)) {
      writeFileSync(inRoot(IN_ROOT_CERTIFICATES), readFileSync(CERTIFICATES));
    }
    const options = output('apt-config', ['dump']).split('\n');
    const wanted = options.filter((line) => /^Acquire::(Check|http|https)\b\S* "/.test(line));
    writeFileSync(inRoot('etc/apt/apt.conf.d/10host'), `${wanted.join('\n')}\n`);
  }

  #mount(): void {
    for (const [parameters, path] of [
      [['-t', 'proc', 'proc'], 'proc'],
      [['-t', 'sysfs', '-o', 'ro', 'sysfs'], 'sys'],
      [['--bind', '/dev'], 'dev'],
      [['-t', 'devpts', '-o', 'newinstance,ptmxmode=0666', 'devpts'], 'dev/pts'],
      [['-t', 'tmpfs', 'tmpfs'], 'dev/shm'],
      [['-t', 'tmpfs', 'tmpfs'], 'run'],
    ] as const) {
      const target = join(this.#folder, path);
      const { status, stderr } = spawnSync('mount', [...parameters, target], { encoding: 'utf8' });
      if (status !== 0) throw new Error(`mount of ${target} failed: ${stderr}`);
    }
  }

  /** Runs a command line as root in /root, with its output in `log`. Status 124: it took too long. */
  async run(command: string, log: string, limitMinutes: number): Promise<number> {
    const certificates = IN_ROOT_CERTIFICATES;
    const child = spawn('chroot', [this.#folder, '/bin/bash', '-c', `cd /root && ${command}`], {
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      // Only the network settings of this machine's environment.
      env: {
        PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        HOME: '/root',
        LANG: 'C.UTF-8',
        NODE_EXTRA_CA_CERTS: certificates,
        npm_config_cafile: certificates,
        npm_config_registry: output('npm', ['config', 'get', 'registry']).trim(),
      },
    });
    const file = createWriteStream(log);
    child.stdout.pipe(file, { end: false });
    child.stderr.pipe(file, { end: false });
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, limitMinutes * 60_000);
    const status = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code ?? 1));
    });
    clearTimeout(timer);
    await new Promise((resolve) => file.end(resolve));
    return isLate ? 124 : status;
  }

  /** Number of installed packages. */
  packages(): number {
    const status = readFileSync(join(this.#folder, 'var/lib/dpkg/status'), 'utf8');
    return [...status.matchAll(/^Status: install ok installed$/gm)].length;
  }

  /** Unmounts and deletes. Deletes nothing while something is mounted below. */
  remove(): void {
    if (!existsSync(this.#folder)) return;
    // Left by a run that was ended by force, or one that is still going on.
    const others = this.#isOurs ? [] : processesIn(this.#folder);
    if (others.length > 0) {
      throw new Error(`process ${others[0]} still runs in ${this.#folder}; end that run first`);
    }
    const mounted = (): string[] =>
      mountsBelow(this.#folder, readFileSync('/proc/self/mounts', 'utf8'));
    for (const target of mounted()) spawnSync('umount', ['--lazy', target]);
    if (mounted().length > 0) {
      throw new Error(`something is still mounted below ${this.#folder}; unmount it first`);
    }
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
