// SPDX-License-Identifier: MIT
/**
 * The two binaries of the bridge, for this machine and for the board (the latter in qemu-aarch64),
 * through a whole life: start-up, negotiation, traffic on the ring, shutdown.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from '../skippable.ts';
import { PROJECT } from '../../scripts/build/command.ts';
import { aarch64Emulator, GuestUnavailable } from '../../scripts/linux-guest/packages.ts';
import { makeFrame } from '../../twin/bus/can-frame.ts';
import { skipForSetup } from '../../scripts/test/result.ts';
import { EXCHANGED_ROLES } from '../../lab/rig/roles.ts';
import { NATIVE, SKIP } from './ask.ts';
import { BridgeProcess } from './bridge-process.ts';
import { LiveLink, numberedFrames } from './live-link.ts';
import { NotifySocket } from './notify-socket.ts';
import { temporaryFolder } from '../temporary-folder.ts';

const AARCH64 = join(PROJECT, 'build/canwarden-bridge-aarch64');
const BURST = 2_000;
const WEAK = 0x7f0;
const MILLISECOND = 1_000_000;
const CHECKS = { timeout: 1_200_000 };

/** The command that runs the board's bridge here, or why there is none. */
function boardCommand(): { command: readonly string[]; skip: string | false } {
  try {
    return { command: [...aarch64Emulator(), AARCH64], skip: false };
  } catch (error) {
    if (!(error instanceof GuestUnavailable)) throw error;
    return { command: [AARCH64], skip: skipForSetup(`no qemu-aarch64 here: ${error.message}`) };
  }
}

const BINARIES = [
  {
    title: 'for this machine',
    command: [NATIVE],
    skip: SKIP,
  },
  { title: 'for the board, in qemu-aarch64', ...boardCommand() },
] as const;

/** Frames with a length code above 8, as candump writes them; those that are none follow. */
const CODED = [
  '222#0807060504030201_F',
  '223#R8_9',
  '222#0807_F',
  '222#0807060504030201_8',
  '3C0#R256',
  '3C0#R9',
];

/** Which end the bridge plays, and the cell configs that make it so. */
const ROLES = [
  { role: 'back-end', options: {} },
  { role: 'front-end', options: EXCHANGED_ROLES },
] as const;

for (const { title, command, skip } of BINARIES) {
  describe(`canwarden-bridge ${title}`, { skip, ...CHECKS }, () => {
    for (const { role, options } of ROLES)
      it(`as ${role} negotiates, carries frames both ways in order, counts them and leaves cleanly`, async () => {
        const link = await LiveLink.start(options);
        const socket = ['--socket', `${link.sharedFile}.sock`];
        const common = ['--interface', '-', '--shm', link.sharedFile, '--stats=json', ...socket];
        const bridge = new BridgeProcess([...command, ...common]);
        const ask = async (...words: readonly string[]): Promise<string> => {
          const asking = new BridgeProcess([...command, ...socket, '--ask', ...words]);
          assert.equal(await asking.end(), 0, asking.messages.join('\n'));
          return asking.frames.join('\n');
        };
        try {
          await link.until('the link', () => bridge.hasSaid(`playing the ${role}`));
          await link.until('a session', () => bridge.hasSaid('session with the cell running'));
          link.sendOnBus(
            [
              makeFrame({ identifier: 0x123, data: [0x11, 0x22] }),
              makeFrame({ identifier: 0x18daf110, extended: true, data: [1, 2, 3] }),
              makeFrame({ identifier: 0x3c0, remote: true, dlc: 4 }),
              makeFrame({ identifier: 0x111, dlc: 11, data: [1, 2, 3, 4, 5, 6, 7, 8] }),
            ],
            MILLISECOND,
          );
          await link.until('four frames', () => bridge.frames.length === 4);
          // The frames of AGL are stronger than these. Else the first waits for all of them, and on a slow machine the bridge,
          // whose clock is the real one, would give the cell up (COMPLETION_TIMEOUT_MICROS).
          link.sendOnBus(numberedFrames(WEAK, BURST), 0);
          bridge.write(['7AA#DEADBEEF', '(1.0) can0 00000042#R', '001#', 'no frame', ...CODED]);
          await link.until('all frames', () => bridge.frames.length === 4 + BURST);
          // The recorder forgets what came before a burst.
          bridge.write(['7FF#0102']);
          await link.until('six frames on the bus', () => link.sentForAgl().length === 6);
          const singles = bridge.frames.filter((line) => !line.startsWith('7F0#'));
          assert.deepEqual(singles, [
            '123#1122',
            '18DAF110#010203',
            '3C0#R4',
            '111#0102030405060708_B',
          ]);
          const burst = bridge.frames.filter((line) => line.startsWith('7F0#'));
          assert.deepEqual(
            burst,
            Array.from(
              { length: BURST },
              (_, index) => `7F0#${index.toString(16).toUpperCase().padStart(8, '0')}`,
            ),
          );
          assert.deepEqual(link.sentForAgl(), [
            makeFrame({ identifier: 0x7aa, data: [0xde, 0xad, 0xbe, 0xef] }),
            makeFrame({ identifier: 0x42, extended: true, remote: true }),
            makeFrame({ identifier: 1 }),
            makeFrame({ identifier: 0x222, dlc: 15, data: [8, 7, 6, 5, 4, 3, 2, 1] }),
            makeFrame({ identifier: 0x223, remote: true, dlc: 9 }),
            makeFrame({ identifier: 0x7ff, data: [1, 2] }),
          ]);
          const status = JSON.parse(await ask('status', '--json')) as Record<string, unknown>;
          assert.equal(status.alive, true);
          assert.equal(status.session, 'running');
          assert.equal(status.link_role, role === 'back-end' ? 'front-end' : 'back-end');
          const dump = await ask('recorder', 'dump');
          assert.match(dump, /^\(\d+\.\d{6}\) can0 7FF#0102 T$/m);
          assert.match(dump, /^\(\d+\.\d{6}\) can0 1A1#010064A5 T answered$/m);
          // The last one: the first may have left the recorder before a slow machine asks.
          const lastOfBurst = (BURST - 1).toString(16).toUpperCase().padStart(8, '0');
          assert.match(dump, new RegExp(`^\\(\\d+\\.\\d{6}\\) can0 7F0#${lastOfBurst} R$`, 'm'));
          assert.match(await ask('trace'), /^\(\d+\.\d{6}\) answered {10}rule 1, 1A0$/m);
          assert.equal(await bridge.stop(), 0);
          const counted = bridge.statistics();
          assert.equal(counted.frames_from_cell, 4 + BURST);
          assert.equal(counted.frames_to_cell, 6);
          // A request is what the driver makes: the cell's frames, or the bridge's.
          assert.equal(counted.requests_done, role === 'back-end' ? 4 + BURST : 6);
          assert.equal(counted.ring_violations + counted.messages_malformed, 0);
          const isGone = (): boolean => link.consoleLines.some((line) => line.includes('AGL gone'));
          await link.until('the cell to see it go', isGone);
          for (const text of ['no frame', ...CODED.slice(2)]) {
            assert.ok(bridge.hasSaid(`"${text}" on standard input is no frame`), text);
          }
        } finally {
          bridge.signal('SIGKILL');
          assert.equal(await link.stop(), 'approved');
        }
      });
  });
}

describe('canwarden-bridge', { skip: BINARIES[0].skip, ...CHECKS }, () => {
  const folder = temporaryFolder();

  const run = (...parameters: string[]) => spawnSync(NATIVE, parameters, { encoding: 'utf8' });

  it('says what it takes', () => {
    const { status, stdout } = run('--help');
    assert.equal(status, 0);
    for (const option of ['interface', 'create', 'uio', 'shm', 'filter', 'stats', 'quiet']) {
      assert.ok(stdout.includes(`--${option}`), option);
    }
  });

  it('refuses bad options with status 2 and the reason', () => {
    const cases: readonly (readonly [parameters: readonly string[], words: string])[] = [
      [['--filter', '7ff'], 'ID:MASK'],
      [['--filter', '800:7ff'], 'above 7FF'],
      [['--filter', '20000000:1'], 'above 1FFFFFFF'],
      [['--poll-micros', '0'], '1 to 100000'],
      [['--stats=xml'], 'text or json'],
      [['--interface', 'a-name-that-is-too-long'], '1 to 15 characters'],
      [['extra'], 'only options'],
      [['--nonsense'], '--help'],
    ];
    for (const [parameters, words] of cases) {
      const { status, stderr } = run(...parameters);
      assert.equal(status, 2, parameters.join(' '));
      assert.ok(stderr.includes(words), `${parameters.join(' ')}: ${stderr}`);
    }
  });

  it('names the interface that is not there, and the next step', () => {
    const { status, stderr } = run('--interface', 'vcan77');
    assert.equal(status, 2);
    assert.match(stderr, /no interface vcan77.*ip link add vcan77 type vcan/);
  });

  it('names the UIO device that is not there, and the next step', () => {
    const { status, stderr } = run('--interface', '-', '--uio', '/dev/uio99');
    assert.equal(status, 2);
    assert.match(stderr, /uio99 is no ivshmem link/);
  });

  it('refuses a shared file of another layout', () => {
    const file = join(folder, 'other');
    const bytes = Buffer.alloc(0x80000);
    bytes.writeUInt32LE(0x4d535743, 0);
    bytes.writeUInt32LE(9, 4);
    writeFileSync(file, bytes);
    const { status, stderr } = run('--interface', '-', '--shm', file);
    assert.equal(status, 2);
    assert.match(stderr, /layout version is 9/);
  });

  it('tells the service manager that it is ready, that it lives, and that it stops', async () => {
    const path = join(folder, 'notify');
    const socket = new NotifySocket(path);
    const link = await LiveLink.start();
    const bridge = new BridgeProcess([NATIVE, '--interface', '-', '--shm', link.sharedFile], {
      NOTIFY_SOCKET: path,
      WATCHDOG_USEC: '200000',
    });
    try {
      const count = (words: string): number =>
        socket.messages().filter((message) => message.includes(words)).length;
      await link.until('READY=1', () => count('READY=1') === 1);
      await link.until('the watchdog three times', () => count('WATCHDOG=1') >= 3);
      await link.until('a status', () => count('STATUS=session with the cell running') === 1);
      assert.equal(count('STOPPING=1'), 0);
      assert.equal(await bridge.stop('SIGINT'), 0);
      assert.equal(count('STOPPING=1'), 1);
    } finally {
      bridge.signal('SIGKILL');
      await link.stop();
    }
  });

  it('begins a new session when the cell starts again on the same file', async () => {
    const file = join(folder, 'restart');
    const bridge = new BridgeProcess([NATIVE, '--interface', '-', '--shm', file]);
    try {
      for (const round of [1, 2]) {
        const link = await LiveLink.start({ sharedFile: file });
        const sessions = (): number =>
          bridge.messages.filter((line) => line.includes('session with the cell running')).length;
        await link.until(`session ${round}`, () => sessions() === round);
        link.sendOnBus([makeFrame({ identifier: 0x100 + round })], 0);
        await link.until('a frame', () => bridge.frames.includes(`10${round}#`));
        await link.stop();
      }
      assert.equal(await bridge.stop(), 0);
    } finally {
      bridge.signal('SIGKILL');
    }
  });
});
