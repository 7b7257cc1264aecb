// SPDX-License-Identifier: MIT
/**
 * `npm run release`: builds, and packs the files for a board or a Yocto build without Node into
 * build/release/canwarden-VERSION.tar.gz, with its checksum beside it, and a signature if `--sign` names a key.
 *
 * Exit status: 0 written, 1 the build failed, 2 unknown option or missing files; nothing is written then.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeWhole } from '../cell-config/files.ts';
import { counted } from '../cell-config/plural.ts';
import { endWithReader, run, shortCommandLine, userPath } from './command-line.ts';
import { packRelease } from './release/archive.ts';
import { listParts } from './release/parts.ts';
import { requireKey, signArchive } from './release/sign.ts';

interface Options {
  readonly out: string;
  readonly build: boolean;
  readonly sign?: string;
}

function release(options: Options): void {
  if (options.sign !== undefined) requireKey(options.sign);
  if (options.build) {
    const build = spawnSync(process.execPath, ['--import', 'tsx', 'scripts/build.ts'], {
      stdio: 'inherit',
    });
    endWithReader(build.status);
    if (build.status !== 0) {
      console.error('release: the build failed, so nothing was packed.');
      process.exit(1);
    }
  }
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  const parts = listParts(version);
  const archive = packRelease(version, parts);
  const path = join(options.out, archive.name);
  writeWhole(path, archive.bytes);
  writeWhole(`${path}.sha256`, Buffer.from(`${archive.sha256}  ${archive.name}\n`));
  if (options.sign !== undefined) console.log(signArchive(path, options.sign));
  for (const { name, entries } of parts) {
    const [count, thing] = counted(entries.length, 'file').split(' ');
    console.log(`${name.padEnd(10)}${count.padStart(4)} ${thing}`);
  }
  console.log(`${path}  ${archive.bytes.length} bytes  sha256 ${archive.sha256}`);
}

const program = shortCommandLine(
  'release',
  'npm run release [-- OPTIONS]',
  'Builds, and packs what a board or a Yocto build needs without Node.',
)
  .option(
    '--out <FOLDER>',
    'where the archive goes (default: build/release)',
    userPath,
    'build/release',
  )
  .option('--sign <KEY>', 'sign it with this SSH key: ARCHIVE.sig (docs/security.md)', userPath)
  .option('--no-build', 'take build/ as it is')
  .action(release);

await run(program);
