/**
 * `npm run cells -- build | show | check`: the Jailhouse cell configurations.
 *
 * Used by: people, at the shell. The data is in cell-config/rpi4-*.ts, the format in
 * cell-config/format, the checks in cell-config/checks.
 * Exit status 2 on bad input or a finding that is an error; then nothing is written.
 */
import { join } from 'node:path';
import { Command, Option } from 'commander';
import { checkConfiguration, formatFinding } from '../cell-config/check.ts';
import type { Configuration } from '../cell-config/check.ts';
import { describeOutput, InputError, readInput, writeWhole } from '../cell-config/files.ts';
import { decodeFile } from '../cell-config/format/decode.ts';
import { describeFile } from '../cell-config/format/describe.ts';
import { CellFormatError } from '../cell-config/format/error.ts';
import type { DecodedFile, Revision } from '../cell-config/format/model.ts';
import { RPI4_CANWARDEN } from '../cell-config/rpi4-canwarden.ts';
import { rpi4Files } from '../cell-config/rpi4-files.ts';
import { RPI4_ROOT } from '../cell-config/rpi4-root.ts';

const EXIT_BAD_INPUT = 2;
const SHIPPED: Configuration = { system: RPI4_ROOT, cells: [RPI4_CANWARDEN] };

function build(options: { out: string; revision: string }): void {
  refuseErrors(SHIPPED);
  const revision: Revision = options.revision === '13' ? 13 : 14;
  for (const { name, bytes } of rpi4Files(revision)) {
    const path = join(options.out, name);
    writeWhole(path, bytes);
    console.log(`${describeOutput(path, bytes)}  revision ${revision}`);
  }
}

function show(path: string): void {
  console.log(describeFile(decode(path)));
}

function check(systemPath: string | undefined, cellPaths: string[]): void {
  const configuration =
    systemPath === undefined ? SHIPPED : readConfiguration(systemPath, cellPaths);
  const findings = refuseErrors(configuration);
  for (const note of findings) console.log(formatFinding(note));
  const names = [configuration.system.rootCell, ...configuration.cells].map((cell) => cell.name);
  console.log(`${names.join(', ')}: no errors, ${findings.length} notes`);
}

/** The notes; throws when there are errors. */
function refuseErrors(configuration: Configuration): ReturnType<typeof checkConfiguration> {
  const findings = checkConfiguration(configuration);
  const errors = findings.filter((finding) => finding.severity === 'error');
  if (errors.length === 0) return findings;
  const count = `${errors.length} error${errors.length === 1 ? '' : 's'} in the cells`;
  throw new InputError([...errors.map(formatFinding), count].join('\n'));
}

function readConfiguration(systemPath: string, cellPaths: string[]): Configuration {
  const system = decode(systemPath);
  if (system.kind !== 'system') {
    throw new InputError(
      `${systemPath}: a cell, not a system configuration; name the system first`,
    );
  }
  const cells = cellPaths.map((path) => {
    const file = decode(path);
    if (file.kind !== 'cell') {
      throw new InputError(`${path}: a second system configuration; after the first come cells`);
    }
    if (file.revision !== system.revision || file.architecture !== system.architecture) {
      throw new InputError(
        `${path}: revision ${file.revision}, ${systemPath} has ${system.revision}: ` +
          'one Jailhouse cannot load both; encode them with the same --revision',
      );
    }
    return file.cell;
  });
  return { system: system.system, cells };
}

function decode(path: string): DecodedFile {
  const bytes = readInput(path);
  try {
    return decodeFile(bytes);
  } catch (error) {
    if (!(error instanceof CellFormatError)) throw error;
    throw new InputError(`${path}: ${error.message}`, { cause: error });
  }
}

const program = new Command('cells')
  .description('Build, show and check the Jailhouse configurations.')
  .exitOverride((stop) => process.exit(stop.exitCode === 0 ? 0 : EXIT_BAD_INPUT));
program
  .command('build')
  .description('write rpi4-root.cell and rpi4-canwarden.cell')
  .option('--out <folder>', 'where to', 'build')
  .addOption(
    new Option('--revision <number>', 'file revision: AGL pins Jailhouse with 13, master has 14')
      .choices(['13', '14'])
      .default('14'),
  )
  .action(build);
program
  .command('show')
  .description('decode any system or cell file for arm64')
  .argument('<file>')
  .action(show);
program
  .command('check')
  .description('look for mistakes; without files, in the configuration of this project')
  .argument('[system]', 'system file')
  .argument('[cells...]', 'cell files that go with it')
  .action(check);

try {
  program.parse();
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  console.error(error.message);
  process.exit(EXIT_BAD_INPUT);
}
