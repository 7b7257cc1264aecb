// SPDX-License-Identifier: MIT
/**
 * The guest's root file system: what `npm run deploy` puts on a card, Jailhouse, and an init with a shell, laid
 * over the user's archive or over busybox and can-utils of Debian.
 *
 * Does not: bring systemd. The init does what three of its units do on a card: depmod, vcan0, /run/canwarden.
 */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { InputError, readInput } from '../../../cell-config/files.ts';
import type { Wanted } from '../../deploy/contents.ts';
import { CpioArchive, cpioNames } from '../../linux-guest/cpio.ts';
import type { DebianParts } from './debian.ts';
import type { Jailhouse } from './jailhouse.ts';

/** The kernel's `rdinit=`. */
export const INIT = '/canwarden-init';
export const READY_MARKER = 'guest is ready';
/** A word of the kernel's command line: a shell without echo and prompt, for programs. */
export const PLAIN = 'canwarden.plain';
const MOST_BYTES = 1 << 30;
const FOLDERS = ['proc', 'sys', 'dev', 'run', 'tmp', 'root', 'bin', 'sbin', 'usr/bin', 'usr/sbin'];

const INIT_SCRIPT = `#!/bin/sh
export PATH=/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin HOME=/root
[ -x /usr/bin/env ] || /bin/busybox --install -s
for place in proc sys dev run tmp; do [ -d /$place ] || mkdir /$place; done
mount -t proc proc /proc
mount -t sysfs sysfs /sys
[ -c /dev/null ] || mount -t devtmpfs devtmpfs /dev
exec </dev/ttyAMA0 >/dev/ttyAMA0 2>&1
depmod -a 2>/dev/null
mkdir -p /run/canwarden
for module in uio_ivshmem can-raw vcan; do modprobe $module 2>/dev/null; done
ip link add vcan0 type vcan && ip link set vcan0 up
cd /root
case " $(cat /proc/cmdline) " in
  *' ${PLAIN} '*)
    stty -echo -onlcr
    echo '${READY_MARKER}'
    # Through a pipe the shell is not interactive. This is init, so it must not end.
    while :; do while IFS= read -r line; do printf '%s\\n' "$line"; done | sh; done
    ;;
esac
echo '${READY_MARKER}'
while :; do
  if command -v cttyhack >/dev/null; then setsid cttyhack sh; else setsid sh; fi
done
`;

/** The user's archive. */
export interface RootArchive {
  /** As it is, gzipped or not. */
  readonly bytes: Buffer;
  readonly names: ReadonlySet<string>;
}

/** Reads the user's archive. Throws InputError with the cure. */
export function readRootArchive(path: string): RootArchive {
  const bytes = readInput(path, 'root file system');
  let plain: Buffer;
  try {
    const isGzip = bytes.length > 2 && bytes.readUInt16BE(0) === 0x1f8b;
    plain = isGzip ? gunzipSync(bytes, { maxOutputLength: MOST_BYTES }) : bytes;
  } catch (error) {
    throw new InputError(
      `${path}: cannot be unpacked: ${(error as Error).message}. Next: make it again`,
    );
  }
  const names = cpioNames(plain);
  if (names === undefined) {
    throw new InputError(
      `${path}: no whole cpio archive ("newc"), gzipped or not. Next: unpack it (xz -d, zstd -d), or ` +
        'make one: find . | cpio -o -H newc > rootfs.cpio',
    );
  }
  if (!['bin/sh', 'usr/bin/sh'].some((name) => names.has(name))) {
    throw new InputError(
      `${path}: has no /bin/sh. Next: leave --rootfs out, busybox is taken then`,
    );
  }
  return { bytes, names };
}

export interface InitramfsParts {
  readonly contents: readonly Wanted[];
  readonly jailhouse: Jailhouse;
  /** As `uname -r` prints it. */
  readonly release: string;
  readonly rootFiles: DebianParts['rootFiles'];
  readonly user: RootArchive | undefined;
}

/** The archive, or archives in a row: the kernel unpacks one after the other. */
export function buildInitramfs(parts: InitramfsParts): Buffer {
  const { contents, jailhouse, release, rootFiles, user } = parts;
  // A folder of ours in the place of a link of theirs (/lib to usr/lib) would replace it.
  const archive = new CpioArchive(user?.names);
  for (const folder of FOLDERS) archive.addFolder(folder);
  if (user === undefined) {
    for (const { from, to } of rootFiles) archive.addFile(to, readFileSync(from));
    archive.addLink('bin/sh', 'busybox');
  }
  for (const { at, content } of contents) {
    if (at.volume !== 'root') continue;
    const path = at.path.slice(1);
    if (content.kind === 'link') archive.addLink(path, content.target);
    else archive.addFile(path, content.bytes, content.mode);
  }
  archive.addFile('lib/firmware/jailhouse.bin', jailhouse.hypervisor, 0o644);
  archive.addFile(`lib/modules/${release}/extra/jailhouse.ko`, jailhouse.module, 0o644);
  archive.addFile('usr/sbin/jailhouse', jailhouse.tool);
  archive.addFile(INIT.slice(1), Buffer.from(INIT_SCRIPT));
  const own = archive.finish();
  if (user === undefined) return own;
  return Buffer.concat([user.bytes, Buffer.alloc(-user.bytes.length & 3), own]);
}
