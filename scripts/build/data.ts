// SPDX-License-Identifier: MIT
/**
 * Build outputs that need no compiler: the cell configurations and the shipped rules.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';

import { checkConfiguration, formatFinding } from '../../cell-config/check.ts';
import { DEFAULT_ROLE, rpi4InRole } from '../../cell-config/roles.ts';
import { rpi4Files } from '../../cell-config/rpi4-files.ts';
import { compileRules } from '../../rules/compile.ts';
import { schemaText } from '../../rules/schema.ts';
import { PROJECT } from './command.ts';

/**
 * The file revision of Jailhouse master. For the one in AGL: `npm run cells -- build --revision
 * 13`.
 */
const REVISION = 14;

/**
 * Writes build/rpi4-*.cell for the role driver. Throws if the root cell and one of the cells have an error.
 */
export async function buildCells(): Promise<void> {
  const { system, cell, sleepingCell } = rpi4InRole(DEFAULT_ROLE);
  const findings = [cell, sleepingCell].flatMap((one) =>
    checkConfiguration({ system, cells: [one] }),
  );
  const faults = findings.filter(({ severity }) => severity === 'error');
  if (faults.length > 0) {
    throw new Error(faults.map(formatFinding).join('\n'));
  }
  await mkdir(`${PROJECT}build`, { recursive: true });
  for (const { name, bytes } of rpi4Files(REVISION, DEFAULT_ROLE)) {
    await writeFile(`${PROJECT}build/${name}`, bytes);
  }
}

/**
 * Compiles rules.yaml to build/rules.bin, and writes build/rules.schema.json for editors. Throws RulesError with all
 * errors of the file.
 */
export async function buildRules(): Promise<void> {
  const text = await readFile(`${PROJECT}rules.yaml`, 'utf8');
  await writeFile(`${PROJECT}build/rules.bin`, compileRules(text, 'rules.yaml').image);
  await writeFile(`${PROJECT}build/rules.schema.json`, schemaText());
}
