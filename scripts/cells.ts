// SPDX-License-Identifier: MIT
/**
 * `npm run cells -- build | show | emit-c | check`: the Jailhouse cell configurations.
 *
 * The data is in cell-config/rpi4-*.ts, the format in cell-config/format, the C form in
 * cell-config/c, the checks in cell-config/checks.
 * Exit status 2 on bad input or a finding that is an error; then nothing is written.
 */
import { counted } from '../cell-config/plural.ts';
import { join } from 'node:path';
import { Option } from 'commander';
import { emitC } from '../cell-config/c/emit.ts';
import { checkConfiguration, formatFinding } from '../cell-config/check.ts';
import type { Configuration } from '../cell-config/check.ts';
import { describeOutput, InputError, writeWhole } from '../cell-config/files.ts';
import { describeFile } from '../cell-config/format/describe.ts';
import { CellFormatError } from '../cell-config/format/error.ts';
import { ARCHITECTURE_ARM64 } from '../cell-config/format/constants.ts';
import type { DecodedFile, Revision } from '../cell-config/format/model.ts';
import { DEFAULT_ROLE, rpi4InRole, ROLES } from '../cell-config/roles.ts';
import type { Role } from '../cell-config/roles.ts';
import { rpi4Files } from '../cell-config/rpi4-files.ts';
import { BUILT_IMAGE, readCellFile, readConfiguration, readImage } from './cells/input.ts';
import { commandLine, run, userPath, userPaths } from './command-line.ts';

/**
 * The machine with each of the two cells of a role. A board has one of them; the second is for idle=wfi.
 */
function shipped(role: Role): readonly Configuration[] {
  const { system, cell, sleepingCell } = rpi4InRole(role);
  return [cell, sleepingCell].map((one) => ({ system, cells: [one] }));
}

function build(options: { out: string; revision: string; role: Role }): void {
  const { role } = options;
  for (const configuration of shipped(role)) refuseErrors({ ...configuration, image: readImage() });
  const revision = toRevision(options.revision);
  for (const { name, bytes } of rpi4Files(revision, role)) {
    const path = join(options.out, name);
    writeWhole(path, bytes);
    console.log(`${describeOutput(path, bytes)}  revision ${revision}  role ${role}`);
  }
}

function show(paths: string[]): void {
  console.log(paths.map((path) => describeFile(readCellFile(path))).join('\n\n'));
}

function emit(what: string, options: { revision?: string; out?: string; role?: Role }): void {
  const file = chooseForC(what, options.revision, options.role);
  let text: string;
  try {
    text = emitC(file);
  } catch (error) {
    if (!(error instanceof CellFormatError)) throw error;
    throw new InputError(`${what}: ${error.message}`, { cause: error });
  }
  if (options.out === undefined) {
    process.stdout.write(text);
    return;
  }
  const bytes = Buffer.from(text);
  writeWhole(options.out, bytes);
  console.log(describeOutput(options.out, bytes));
}

/** A configuration of this project by its name, or any file. */
function chooseForC(what: string, revisionText?: string, role?: Role): DecodedFile {
  const own = { revision: toRevision(revisionText ?? '14'), architecture: ARCHITECTURE_ARM64 };
  const { system, cell, sleepingCell } = rpi4InRole(role ?? DEFAULT_ROLE);
  if (what === 'rpi4-canwarden') return { kind: 'cell', ...own, cell };
  if (what === 'rpi4-canwarden-wfi') return { kind: 'cell', ...own, cell: sleepingCell };
  if (what === 'rpi4-root') return { kind: 'system', ...own, system };
  if (role !== undefined) {
    throw new InputError('--role goes with rpi4-root, rpi4-canwarden and rpi4-canwarden-wfi');
  }
  const file = readCellFile(userPath(what));
  return revisionText === undefined ? file : { ...file, revision: own.revision };
}

function check(
  systemPath: string | undefined,
  cellPaths: string[],
  options: { image?: string },
): void {
  const image = readImage(options.image);
  const given =
    systemPath === undefined ? shipped(DEFAULT_ROLE)[0] : readConfiguration(systemPath, cellPaths);
  const configuration = { ...given, image };
  const findings = refuseErrors(configuration);
  for (const note of findings) console.log(formatFinding(note));
  const names = [given.system.rootCell, ...given.cells].map((cell) => cell.name);
  console.log(`${names.join(', ')}: no errors, ${counted(findings.length, 'note')}`);
  if (systemPath === undefined) {
    for (const other of ROLES.flatMap(shipped)) refuseErrors({ ...other, image });
    console.log('the same with rpi4-canwarden-wfi.cell: no errors');
    console.log(`the same in the roles ${ROLES.join(' and ')}: no errors`);
  }
  console.log(describeImageCheck(configuration));
}

/** Says whether an image was checked, so that a skipped check does not look passed. */
function describeImageCheck({ cells, image }: Configuration): string {
  if (image === undefined) {
    return `image: not checked, ${BUILT_IMAGE} is not there (npm run build makes it)`;
  }
  return cells.some(({ name }) => name === image.cellName)
    ? `image: ${image.path} fits the cell "${image.cellName}"`
    : `image: not checked, no cell is called "${image.cellName}"`;
}

/** Returns the notes. Throws if there are errors. */
function refuseErrors(configuration: Configuration): ReturnType<typeof checkConfiguration> {
  const findings = checkConfiguration(configuration);
  const errors = findings.filter((finding) => finding.severity === 'error');
  if (errors.length === 0) return findings;
  const count = `${counted(errors.length, 'error')} in the cells`;
  throw new InputError([...errors.map(formatFinding), count].join('\n'));
}

function toRevision(text: string): Revision {
  return text === '13' ? 13 : 14;
}

function revisionOption(): Option {
  return new Option(
    '--revision <number>',
    'file revision: AGL pins Jailhouse with 13, master has 14',
  ).choices(['13', '14']);
}

function roleOption(): Option {
  return new Option(
    '--role <role>',
    "which end of virtio-can the cell is: the driver (the bridge is AGL's device), or the device " +
      "(of Linux's own virtio_can)",
  ).choices(ROLES);
}

const program = commandLine('cells').description(
  'Build, show and check the Jailhouse configurations.',
);
program
  .command('build')
  .description('write rpi4-root.cell, rpi4-canwarden.cell and rpi4-canwarden-wfi.cell')
  .option('--out <folder>', 'where to', userPath, 'build')
  .addOption(revisionOption().default('14'))
  .addOption(roleOption().default(DEFAULT_ROLE))
  .action(build);
program
  .command('show')
  .description('decode system or cell files of anyone, revision 13 or 14')
  .argument('<files...>', 'system or cell files', userPaths)
  .action(show);
program
  .command('emit-c')
  .description("print Jailhouse's own C form, for merging into a configuration in C")
  .argument('<what>', 'rpi4-root, rpi4-canwarden, rpi4-canwarden-wfi, or any file')
  .option('--out <file>', 'write it there instead of printing it', userPath)
  .addOption(revisionOption())
  .addOption(roleOption())
  .action(emit);
program
  .command('check')
  .description('look for mistakes; without files, in the configuration of this project')
  .argument('[system]', 'system file', userPath)
  .argument('[cells...]', 'cell files that go with it', userPaths)
  .option(
    '--image <elf>',
    `linked image of the cell "canwarden" (default: ${BUILT_IMAGE})`,
    userPath,
  )
  .action(check);

await run(program);
