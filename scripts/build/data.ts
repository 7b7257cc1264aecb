/**
 * The files of the build that no compiler makes: the two cell configs and the shipped rules.
 *
 * Used by: scripts/build.ts. Does not: check the cells against each other (`npm run cells -- check`
 * and the tests do) or take options; scripts/cells.ts and scripts/rules.ts are for that.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';

import { encodeCell, encodeSystem } from '../../cell-config/format/encode.ts';
import { RPI4_CANWARDEN } from '../../cell-config/rpi4-canwarden.ts';
import { RPI4_ROOT } from '../../cell-config/rpi4-root.ts';
import { compileRules } from '../../cell-config/rules/compile.ts';
import { PROJECT } from './command.ts';

/** Writes build/rpi4-root.cell and build/rpi4-canwarden.cell, revision 14. */
export async function buildCells(): Promise<void> {
  await mkdir(`${PROJECT}build`, { recursive: true });
  await writeFile(`${PROJECT}build/rpi4-root.cell`, encodeSystem(RPI4_ROOT));
  await writeFile(`${PROJECT}build/rpi4-canwarden.cell`, encodeCell(RPI4_CANWARDEN));
}

/** Compiles rules.yaml to build/rules.bin; throws RulesError with every fault of the file. */
export async function buildRules(): Promise<void> {
  const text = await readFile(`${PROJECT}rules.yaml`, 'utf8');
  await writeFile(`${PROJECT}build/rules.bin`, compileRules(text, 'rules.yaml').image);
}
