// SPDX-License-Identifier: MIT
/**
 * `npm run qemu -- boot --kernel ... --jailhouse ...`: Linux's terminal in this one, the bus connected with what
 * the user wants.
 */
import { createWriteStream, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { BusNode } from '../../../lab/qemu/bus-node.ts';
import { LineSocket } from '../../../lab/qemu/line-socket.ts';
import { type BusEnd, linuxBoardParameters } from '../../../lab/qemu/linux-board.ts';
import { QemuProcess } from '../../../lab/qemu/qemu-process.ts';
import { CELL_SENDER } from '../../../twin/board/board.ts';
import { formatLogLine } from '../../../twin/logs/candump/write.ts';
import { CELL_OPTIONS, type PreparedBoot } from './prepare.ts';

export const BITRATE = 500_000;
export const OSCILLATOR_HERTZ = 12_000_000;
/** Virtual time from the hand-over of a log to its first frame. */
export const LEAD_NANOS = 1_000_000_000;
const LOOK_MILLIS = 20;
const READY = 'canwarden: ready';

/** What a person types in the guest, in order: those of docs/board-commands.md without the helper and without systemd. */
export const COMMANDS = [
  'modprobe jailhouse',
  'jailhouse enable /usr/share/jailhouse/cells/rpi4-root.cell',
  'jailhouse cell create /usr/share/jailhouse/cells/rpi4-canwarden.cell',
  `jailhouse cell load canwarden /usr/share/jailhouse/inmates/canwarden.bin -s "${CELL_OPTIONS}" -a 0x1000 /lib/firmware/canwarden/rules.bin -a 0x100000`,
  'jailhouse cell start canwarden',
  'jailhouse console',
  'canwarden up; canwarden-bridge --interface vcan0 &',
] as const;

export const busLogOf = ({ folder }: PreparedBoot): string => join(folder, 'bus.log');
export const hypervisorLogOf = ({ folder }: PreparedBoot): string => join(folder, 'hypervisor.log');
/** What Linux's terminal showed in a demo. */
export const terminalLogOf = ({ folder }: PreparedBoot): string => join(folder, 'terminal.log');

/** The ends of the bus, as QEMU is told. `folder`: of its sockets. */
export function busEnds({ bus }: PreparedBoot, folder: string): BusEnd[] {
  return [bus.kind === 'log' ? { kind: 'socket', path: join(folder, 'node') } : bus];
}

/** Runs until the user ends QEMU. Returns its exit status. */
export async function runInTerminal(
  emulator: string,
  prepared: PreparedBoot,
  say: (line: string) => void,
): Promise<number> {
  for (const line of whatNext(prepared)) say(line);
  const qemu = new QemuProcess(
    emulator,
    (folder) =>
      linuxBoardParameters({
        files: prepared.files,
        bus: busEnds(prepared, folder),
        bitrate: BITRATE,
        oscillatorHertz: OSCILLATOR_HERTZ,
        terminal: 'own',
        hypervisorLog: hypervisorLogOf(prepared),
      }),
    'inherit',
  );
  try {
    if (prepared.bus.kind === 'log') await playForEver(qemu, prepared);
    return await qemu.ended;
  } finally {
    await qemu.stop();
  }
}

function whatNext(prepared: PreparedBoot): string[] {
  const { bus } = prepared;
  const other =
    bus.kind === 'log'
      ? `plays the log again and again once the cell is ready; ${busLogOf(prepared)} has what was on it`
      : bus.kind === 'port'
        ? `waits at port ${bus.port} of 127.0.0.1, for lines such as t2B03063C0F (docs/qemu.md)`
        : `is ${bus.name} of this machine`;
  return [
    `The other end of the bus ${other}.`,
    `The hypervisor's console is ${hypervisorLogOf(prepared)}. Ctrl-A X ends QEMU.`,
    'Next, in the shell of the guest:',
    ...[...COMMANDS, 'candump -L vcan0'].map((command) => `  ${command}`),
    "'canwarden up' does the first five by itself; 'canwarden doctor' looks for what is wrong.",
    '',
  ];
}

async function playForEver(qemu: QemuProcess, prepared: PreparedBoot): Promise<void> {
  if (prepared.bus.kind !== 'log') return;
  const { frames } = prepared.bus;
  mkdirSync(prepared.folder, { recursive: true });
  const log = createWriteStream(busLogOf(prepared));
  let own = 0;
  const node = new BusNode(new LineSocket(await qemu.connect('node')), (report) => {
    if (report.isOwn) own++;
    const sender = report.isOwn ? 'bus' : CELL_SENDER;
    log.write(`${formatLogLine(BigInt(report.nanos), sender, report.frame)}\n`);
  });
  try {
    await node.start();
    while (!qemu.hasEnded && !cellIsReady(prepared)) await wait(10 * LOOK_MILLIS);
    while (!qemu.hasEnded) {
      own = 0;
      await node.play(frames, LEAD_NANOS);
      while (!qemu.hasEnded && own < frames.length) {
        await wait(LOOK_MILLIS);
        node.look();
      }
    }
  } catch (error) {
    // QEMU ends whenever the user wants, also in the middle of a line.
    if (!qemu.hasEnded) throw error;
  } finally {
    node.end();
    log.end();
  }
}

function cellIsReady(prepared: PreparedBoot): boolean {
  const path = hypervisorLogOf(prepared);
  return existsSync(path) && readFileSync(path, 'latin1').includes(READY);
}
