// SPDX-License-Identifier: MIT
/**
 * The unit's list of system calls is sufficient and tight: a bridge with the filter on goes through a whole life, what it
 * calls is in the list, what is in the list is called or has its reason here, and any other call ends the process.
 *
 * Does not: open a real CAN interface or a uio device under the filter; what these call is read from bsp/linux.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before } from 'node:test';
import { compileRules } from '../../rules/compile.ts';
import { PROJECT } from '../../scripts/build/command.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { skipForSetup } from '../../scripts/test/result.ts';
import { describe, it } from '../skippable.ts';
import { SKIP } from './ask.ts';
import { BridgeProcess } from './bridge-process.ts';
import { LiveLink } from './live-link.ts';
import { NotifySocket } from './notify-socket.ts';
import {
  ALWAYS,
  allowedFamilies,
  allowedNames,
  allowedNumbers,
  buildTracer,
  callNumbers,
} from './syscalls.ts';
import { temporaryFolder } from '../temporary-folder.ts';

/** As shipped: sanitizers make calls of their own. */
const BRIDGE = join(PROJECT, 'build/canwarden-bridge');
const NUMBERS = callNumbers();
const skip =
  SKIP || (NUMBERS === undefined && skipForSetup('no list of system calls for this machine'));

/** Calls that the session here does not make, and what makes them. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  connect: 'whether another bridge answers at a socket that is there (bsp/linux/control-server.c)',
  setsockopt: 'the filter and the buffer of a CAN socket (bsp/linux/can-socket.c)',
  ioctl: 'the number of a CAN interface (if_nametoindex)',
  recvmmsg: 'frames of a CAN socket',
  sendmmsg: 'frames of a CAN socket',
  getdents64: 'the search for the uio device (bsp/linux/uio.c)',
  munmap: 'the same: what readdir had',
  fstat: 'newfstatat of older C libraries',
  lseek: 'a stream of the C library that is closed before its end',
  epoll_wait: 'kernels before 5.11, which have no epoll_pwait2',
  epoll_pwait: 'the same on the board, whose kernel has no epoll_wait',
  readlink: 'the start of C libraries as old as 2.36, which look where the program lies',
  readlinkat: 'the same on the board',
  unlinkat: 'unlink on the board',
  fchmodat: 'chmod on the board',
  getpid: 'abort(), and what it makes of itself',
  gettid: 'abort()',
  tgkill: 'abort()',
};

/** Begins the tracer's line of an address family. The numbers: include/linux/socket.h of Linux. */
const FAMILY = 'family ';
const FAMILIES: Readonly<Record<string, string>> = { 1: 'AF_UNIX', 29: 'AF_CAN' };

describe("the bridge's system calls", { skip, timeout: 1_200_000 }, () => {
  const folder = temporaryFolder();
  const numbers = NUMBERS ?? new Map<string, number>();
  let tracer = '';
  before(() => (tracer = buildTracer(folder)));

  /** A whole life of a bridge that `front` starts: session, frames both ways, questions, requests, SIGTERM. */
  async function live(front: readonly string[]): Promise<number> {
    const link = await LiveLink.start();
    const notify = join(folder, 'notify');
    rmSync(notify, { force: true });
    const manager = new NotifySocket(notify);
    const socket = ['--socket', join(folder, 'socket')];
    const words = ['--interface', '-', '--shm', link.sharedFile, '--stats', ...socket];
    const environment = { NOTIFY_SOCKET: notify, WATCHDOG_USEC: '200000' };
    const bridge = new BridgeProcess([...front, BRIDGE, ...words], environment);
    const ask = async (...question: string[]): Promise<number> =>
      new BridgeProcess([BRIDGE, ...socket, '--ask', ...question]).end();
    // A filter that lacks a call ends it at once; the waits below would not learn of it.
    const ended = bridge.end().then((status): never => assert.fail(`the bridge ended: ${status}`));
    ended.catch(() => {});
    const until = (what: string, isThere: () => boolean): Promise<unknown> =>
      Promise.race([ended, link.until(what, isThere)]);
    try {
      await until('a session', () => bridge.hasSaid('session with the cell running'));
      link.sendOnBus([makeFrame({ identifier: 0x123, data: [1, 2] })], 1_000_000);
      bridge.write(['7AA#DEADBEEF']);
      await until('a frame', () => bridge.frames.length === 1);
      await until('a frame on the bus', () => link.sentForAgl().length === 1);
      const rules = join(folder, 'rules.bin');
      writeFileSync(rules, compileRules('version: 1\nrules: []\n', 'rules.yaml').image);
      // What they answer is tested elsewhere; a machine that does other things may be late with it.
      for (const question of [
        ['status'],
        ['recorder', 'dump'],
        ['trace'],
        ['rules', 'load', rules],
        ['live', '0', '1'],
      ]) {
        await ask(...question);
      }
      await until('a watchdog', () => manager.messages().some((text) => text.includes('WATCHDOG')));
      return await bridge.stop();
    } finally {
      bridge.signal('SIGKILL');
      await link.stop();
    }
  }

  const recorded = (file: string): string[] => readFileSync(file, 'utf8').trim().split('\n');

  it('are all in the list of the unit, and the list has no other; so are the families of its sockets', async () => {
    const file = join(folder, 'calls');
    assert.equal(await live([tracer, 'record', file]), 0);
    const names = new Map([...numbers].map(([name, number]) => [number, name]));
    const made = recorded(file)
      .filter((line) => !line.startsWith(FAMILY))
      .map((line) => names.get(Number(line)) ?? line);
    const allowed = new Set([...allowedNames(), ...ALWAYS]);
    assert.deepEqual(
      made.filter((name) => !allowed.has(name)),
      [],
    );
    assert.deepEqual(
      allowedNames().filter((name) => !made.includes(name) && !(name in ELSEWHERE)),
      [],
    );

    // Of an interface that is there the bridge asks whether it is one of CAN by a socket of that family.
    const other = join(folder, 'sockets');
    const words = ['--interface', 'lo', '--shm', join(folder, 'no-link')];
    spawnSync(tracer, ['record', other, BRIDGE, ...words]);
    const families = [file, other]
      .flatMap(recorded)
      .filter((line) => line.startsWith(FAMILY))
      .map((line) => FAMILIES[Number(line.slice(FAMILY.length))] ?? line);
    assert.deepEqual([...new Set(families)].sort(), allowedFamilies().sort());
  });

  it('suffice for a whole life with the filter on', async () => {
    assert.equal(await live([tracer, 'only', allowedNumbers(numbers).join(',')]), 0);
  });

  it('are all: a process that makes another one dies of it', () => {
    const list = allowedNumbers(numbers).join(',');
    // The tracer itself calls prctl.
    const { signal } = spawnSync(tracer, ['only', list, tracer, 'only', '1', '/bin/true']);
    assert.equal(signal, 'SIGSYS');
  });
});
