// SPDX-License-Identifier: MIT
/**
 * `npm run map`: the memory map of the machine and its cells, as text and as build/map.svg.
 *
 * Reads the .cell files and the linked image; the work is in cell-config/map. Exit status 2 on bad input;
 * nothing is written then.
 */
import { existsSync } from 'node:fs';
import { describeOutput, InputError, writeWhole } from '../cell-config/files.ts';
import { drawMap } from '../cell-config/map/svg.ts';
import { formatMap } from '../cell-config/map/text.ts';
import { BUILT_IMAGE, readConfiguration, readImage } from './cells/input.ts';
import { commandLine, run, userPath, userPaths } from './command-line.ts';

const BUILT = ['build/rpi4-root.cell', 'build/rpi4-canwarden.cell'] as const;

function map(files: string[], options: { image?: string; svg: string }): void {
  const [system, ...cells] = files.length > 0 ? files : BUILT;
  if (files.length === 0 && !BUILT.every((path) => existsSync(path))) {
    throw new InputError(`there is no ${BUILT.join(' or no ')}; "npm run build" makes them`);
  }
  const image = readImage(options.image);
  const configuration = { ...readConfiguration(system, cells), image };
  console.log(formatMap(configuration));
  if (image === undefined) console.log(`\nWithout image: there is no ${BUILT_IMAGE}`);
  const picture = Buffer.from(drawMap(configuration));
  writeWhole(options.svg, picture);
  console.log(`\n${describeOutput(options.svg, picture)}`);
}

const program = commandLine('map')
  .description('Show who has which memory, as text and as a picture.')
  .argument('[files...]', `system file and its cells (default: ${BUILT.join(' ')})`, userPaths)
  .option(
    '--image <elf>',
    `linked image of the cell "canwarden" (default: ${BUILT_IMAGE})`,
    userPath,
  )
  .option('--svg <file>', 'where the picture goes', userPath, 'build/map.svg')
  .action(map);

await run(program);
