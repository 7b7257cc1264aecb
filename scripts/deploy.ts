// SPDX-License-Identifier: MIT
/**
 * `npm run deploy -- --rootfs DIR | --image FILE | --tar FILE | --host root@BOARD`: installs canwarden on a
 * Raspberry Pi 4 card, or removes it with `--undo`.
 *
 * The work is in scripts/deploy. Exit status: 0 done, nothing to do, or shown (--dry-run); 1 writing failed,
 * or the user declined; 2 refused: not such a card, nothing to undo, wrong options, no terminal to ask on.
 */
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { Option } from 'commander';
import { InputError } from '../cell-config/files.ts';
import type { Revision } from '../cell-config/format/model.ts';
import { ROLES } from '../cell-config/roles.ts';
import type { Role } from '../cell-config/roles.ts';
import { commandLine, run, userPath } from './command-line.ts';
import type { Card } from './deploy/card.ts';
import { DirectoryCard } from './deploy/cards/directory.ts';
import { HostCard } from './deploy/cards/host.ts';
import { ImageCard } from './deploy/cards/image.ts';
import { TarCard } from './deploy/cards/tar.ts';
import { deploy, undo } from './deploy/run.ts';
import type { Dialogue, Outcome } from './deploy/run.ts';

const EXIT_FAILED = 1;

interface Options {
  readonly rootfs?: string;
  readonly image?: string;
  readonly tar?: string;
  readonly host?: string;
  readonly boot?: string;
  readonly hostRoot: string;
  readonly armstub?: string;
  readonly revision?: string;
  readonly role?: Role;
  readonly dryRun: boolean;
  readonly forceRules: boolean;
  readonly undo: boolean;
  readonly yes: boolean;
}

function openCard(options: Options): Card {
  const { rootfs, image, tar, host, boot, hostRoot } = options;
  const kinds = [rootfs, image, tar, host].filter((value) => value !== undefined);
  if (kinds.length !== 1) {
    throw new InputError(
      'name one card: --rootfs DIR, --image FILE, --tar FILE or --host root@BOARD',
    );
  }
  if (boot !== undefined && rootfs === undefined && host === undefined) {
    throw new InputError('--boot goes with --rootfs or --host');
  }
  if (rootfs !== undefined) {
    return new DirectoryCard(rootfs, boot === undefined ? undefined : userPath(boot));
  }
  if (image !== undefined) return new ImageCard(image);
  if (tar !== undefined) return new TarCard(tar);
  return new HostCard({ host: host ?? '', root: hostRoot, boot });
}

function dialogueFor(options: Options): Dialogue {
  return {
    say: (line) => console.log(line),
    async confirm(question) {
      if (options.yes) return true;
      if (!process.stdin.isTTY) {
        throw new InputError(
          'there is nobody to ask, so nothing was written. Next: --yes to write, --dry-run to look',
        );
      }
      const terminal = createInterface({ input: process.stdin, output: process.stdout });
      try {
        return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
      } finally {
        terminal.close();
      }
    },
  };
}

/** Prints the user's next step after the card is written. */
function sayNextStep(options: Options, outcome: Outcome): void {
  if (outcome !== 'done' || options.undo) return;
  if (options.tar !== undefined) {
    console.log(
      `Next, on the board: tar -C / -xf ${options.tar} --no-same-owner; add the line ` +
        '"include canwarden.txt" to /boot/config.txt and take "dtoverlay=mcp2515-..." out; reboot',
    );
    return;
  }
  const blockMap = `${options.image}.bmap`;
  if (options.image !== undefined && existsSync(blockMap)) {
    console.log(`${blockMap} describes the image before: write the card without it (--nobmap)`);
  }
  console.log(
    options.host === undefined
      ? 'Next: put the card in, start the board, and type there: canwarden doctor'
      : `Next: ssh ${options.host} reboot, and then there: canwarden doctor`,
  );
}

async function main(options: Options): Promise<void> {
  const card = openCard(options);
  const revision: Revision | undefined =
    options.revision === undefined ? undefined : options.revision === '13' ? 13 : 14;
  const { dryRun, armstub, forceRules, role } = options;
  const wishes = { dryRun, armstub, forceRules, revision, role };
  const outcome = await (options.undo ? undo : deploy)(card, wishes, dialogueFor(options));
  sayNextStep(options, outcome);
  if (outcome === 'declined') process.exitCode = EXIT_FAILED;
}

const program = commandLine('deploy')
  .description('Install the warden on a Raspberry Pi 4 card (guide: docs/board.md).')
  .option('--rootfs <folder>', 'a mounted card: the folder of its root file system', userPath)
  .option('--image <file>', 'a card image (.wic, .img); needs no root, mounts nothing', userPath)
  .option('--tar <file>', 'write an archive to unpack on the board', userPath)
  .option('--host <user@board>', 'a board that runs, by ssh')
  .option('--boot <folder>', 'where the boot partition is mounted, if it is not found')
  .option('--host-root <folder>', "where the card's root is mounted on the board", '/')
  .option('--armstub <file>', "TF-A's bl31.bin, for a card that has none", userPath)
  .addOption(
    new Option(
      '--revision <number>',
      "revision of the cell files; default: that of the card's Jailhouse",
    ).choices(['13', '14']),
  )
  .addOption(
    new Option(
      '--role <role>',
      "which end of virtio-can the cell is: the driver of the bridge's device, or the device of " +
        "Linux's own virtio_can (docs/bridge.md); default: as the card has it, else driver",
    ).choices(ROLES),
  )
  .option('--dry-run', 'show what would change, write nothing', false)
  .option('--force-rules', 'overwrite rules that were changed on the board', false)
  .option('--undo', 'take a deployment back', false)
  .option('--yes', 'write without asking', false)
  .action(main);

await run(program, 'deploy');
