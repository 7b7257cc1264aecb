// SPDX-License-Identifier: MIT
/**
 * The system calls that the bridge's unit allows, and a program that runs another under such a list or writes down what
 * it calls (syscalls.c).
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PROJECT } from '../../scripts/build/command.ts';

const UNIT = 'agl/systemd/canwarden-bridge.service';
/** Linux's numbers of this machine's calls. */
const NUMBERS = [
  '/usr/include/x86_64-linux-gnu/asm/unistd_64.h',
  '/usr/include/asm-generic/unistd.h',
];

/**
 * What systemd allows besides the list, since the process needs it before it is the bridge (systemd.exec(5),
 * SystemCallFilter).
 */
export const ALWAYS = [
  'execve',
  'exit',
  'exit_group',
  'getrlimit',
  'rt_sigreturn',
  'sigreturn',
  'restart_syscall',
];
/** The same for calls of time and sleep. */
const TIME = [
  'clock_gettime',
  'clock_nanosleep',
  'nanosleep',
  'gettimeofday',
  'time',
  'clock_getres',
];

/** The words of all lines `KEY=` of the unit. */
function wordsOf(key: string): string[] {
  const lines = readFileSync(join(PROJECT, UNIT), 'utf8').split('\n');
  const begin = `${key}=`;
  return lines
    .filter((line) => line.startsWith(begin))
    .flatMap((line) => line.slice(begin.length).split(' '));
}

/** The names that the unit lists. */
export const allowedNames = (): string[] => wordsOf('SystemCallFilter');
/** The address families of sockets that it lists. */
export const allowedFamilies = (): string[] => wordsOf('RestrictAddressFamilies');

/** Number by name on this machine. Undefined: its headers are not here. */
export function callNumbers(): Map<string, number> | undefined {
  const file = NUMBERS.find(existsSync);
  if (file === undefined || process.arch !== 'x64') return undefined;
  const text = readFileSync(file, 'utf8');
  return new Map(
    [...text.matchAll(/^#define __NR_(\w+) (\d+)$/gm)].map(([, name, number]) => [
      name,
      Number(number),
    ]),
  );
}

/** The numbers that a process of the unit may use. */
export function allowedNumbers(numbers: ReadonlyMap<string, number>): number[] {
  return [...allowedNames(), ...ALWAYS, ...TIME].flatMap((name) => numbers.get(name) ?? []);
}

/** Builds syscalls.c into `folder`. */
export function buildTracer(folder: string): string {
  const program = join(folder, 'syscalls');
  const words = ['-std=gnu11', '-static', '-o', program, join(PROJECT, 'tests/linux/syscalls.c')];
  const { status, stderr } = spawnSync('cc', words);
  assert.equal(status, 0, String(stderr));
  return program;
}
