// SPDX-License-Identifier: MIT
/**
 * The guest's root file system: busybox, can-utils, the kernel's CAN modules, the project's programs, and an
 * init with a shell on the serial port.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';

import { CpioArchive } from './cpio.ts';
import type { GuestParts } from './packages.ts';

/** Printed when the shell is ready; guest.ts waits for it. */
export const READY_MARKER = 'guest is ready';
/** Printed instead if something failed, before its name. */
export const BROKEN_MARKER = 'guest is broken: ';

function initScript(parts: GuestParts, modules: readonly string[]): string {
  return [
    '#!/bin/busybox sh',
    '/bin/busybox --install -s /bin',
    'mount -t proc none /proc; mount -t sysfs none /sys; mount -t devtmpfs none /dev',
    `exec < /dev/${parts.console} > /dev/${parts.console} 2>&1`,
    ...modules.map((name) => `insmod /modules/${name} || echo '${BROKEN_MARKER}insmod ${name}'`),
    'stty -echo -onlcr',
    'uname -a; cd /run',
    `echo '${READY_MARKER}'`,
    // Through a pipe the shell is not interactive: no prompt. This is init, so it must not end.
    // (busybox's cat would collect many lines before it passes them on.)
    `while :; do while IFS= read -r line; do printf '%s\\n' "$line"; done | sh; done`,
    '',
  ].join('\n');
}

/** The libraries that a program of this machine loads. */
function librariesOf(program: string): string[] {
  const { stdout } = spawnSync('ldd', [program], { encoding: 'utf8' });
  return [...stdout.matchAll(/(\/\S+)(?= \(0x)/g)].map(([path]) => path);
}

/** Builds the archive. `programs` are files of this machine, copied to /bin; `files` go to the places named. */
export function buildInitramfs(
  parts: GuestParts,
  programs: readonly string[],
  files: Readonly<Record<string, string>> = {},
): Buffer {
  const archive = new CpioArchive();
  for (const folder of ['proc', 'sys', 'dev', 'run', 'bin']) archive.addFolder(folder);
  const addFile = (target: string, source: string): void =>
    archive.addFile(target, readFileSync(source));
  addFile('bin/busybox', parts.busybox);
  for (const tool of parts.tools) addFile(`bin/${basename(tool)}`, tool);
  for (const library of new Set(parts.tools.flatMap(librariesOf)))
    addFile(library.slice(1), library);
  for (const module of parts.modules) addFile(`modules/${basename(module)}`, module);
  for (const program of programs) addFile(`bin/${basename(program)}`, program);
  for (const [place, source] of Object.entries(files)) addFile(place, source);
  const names = parts.modules.map((module) => basename(module));
  archive.addFile('init', Buffer.from(initScript(parts, names)));
  return archive.finish();
}
