// SPDX-License-Identifier: MIT
/**
 * The files of agl/ that more than one must agree about: shell, systemd and udev cannot import a number, so `@WORD@` in
 * them is replaced by it.
 *
 * Does not: write files.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as rpi4 from '../../../cell-config/rpi4-layout.ts';

interface Region {
  readonly start: number;
  readonly size: number;
}

const hex = (value: number, digits = 1): string => `0x${value.toString(16).padStart(digits, '0')}`;
const endOf = ({ start, size }: Region): number => start + size;
/** First and last address. */
const bounds = (region: Region): string => `${hex(region.start, 8)} ${hex(endOf(region) - 1, 8)}`;
/** The class code of an ivshmem device: class 0xff and the protocol. */
const classOf = (protocol: number): string => hex(0xff0000 | protocol);

/** The user and group of the bridge. */
const USER = 'canwarden';
/** The name of the control device in /dev. */
const CONTROL_NODE = 'canwarden-control';

const WORDS: Readonly<Record<string, string>> = {
  CELL_CPU: String(rpi4.CELL_CPU),
  COMMAND_LINE_ADDRESS: hex(rpi4.CELL_COMMAND_LINE.guestStart),
  COMMAND_LINE_BYTES: String(rpi4.CELL_COMMAND_LINE.size),
  RULES_ADDRESS: hex(rpi4.CELL_RULES.guestStart),
  RULES_BYTES: String(rpi4.CELL_RULES.size),
  CELL_MEMORY: bounds({ start: rpi4.CELL_RAM.physicalStart, size: rpi4.CELL_RAM.size }),
  SHARED_MEMORY: bounds(rpi4.SHARED_MEMORY),
  HYPERVISOR_MEMORY: bounds(rpi4.HYPERVISOR_MEMORY),
  RESERVATION: `${hex(rpi4.CARD_RESERVATION.start, 8)} to ${hex(endOf(rpi4.CARD_RESERVATION), 8)}`,
  RESERVATION_NODE: `canwarden@${rpi4.CARD_RESERVATION.start.toString(16)}`,
  // ivshmem v2 (Jailhouse, Documentation/ivshmem-v2-specification.md): Siemens' identifiers.
  LINK_VENDOR: '0x110a',
  LINK_DEVICE: '0x4106',
  // Linux's end of the link is the other one than the cell's.
  DRIVER_ROLE_CLASS: classOf(rpi4.VIRTIO_CAN_BACK_END),
  DEVICE_ROLE_CLASS: classOf(rpi4.VIRTIO_CAN_FRONT_END),
  CONTROL_CLASS: classOf(rpi4.CONTROL_PROTOCOL),
  INTERFACE: 'vcan0',
  USER,
  CONTROL_NODE,
  // systemd.unit(5): a dash in a path is written so.
  CONTROL_DEVICE: `dev-${CONTROL_NODE.replaceAll('-', '\\x2d')}.device`,
  // In /run.
  HELPER_FOLDER: 'canwarden-helper',
};

const FOLDERS = ['lib', 'systemd'] as const;
const MARK = /@([A-Z_]+)@/g;

/** `text` with its words replaced. Throws for an unknown one. */
function filledIn(path: string, text: string): string {
  return text.replace(MARK, (mark, name: string) => {
    const word = WORDS[name];
    if (word === undefined) throw new Error(`${path}: ${mark} is no word of the board's files`);
    return word;
  });
}

/** Each file by its name below agl/. `project`: its folder. */
export function boardFiles(project: string): Map<string, string> {
  const names = FOLDERS.flatMap((folder) =>
    readdirSync(join(project, 'agl', folder)).map((name) => `${folder}/${name}`),
  );
  return new Map(
    ['default', ...names].map((name) => {
      const path = join('agl', name);
      return [name, filledIn(path, readFileSync(join(project, path), 'utf8'))];
    }),
  );
}
