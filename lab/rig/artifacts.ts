/**
 * The built files that a run needs, read from build/.
 *
 * Does not: build anything.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readInput } from '../../cell-config/files.ts';
import { decodeFile } from '../../cell-config/format/decode.ts';
import type { Cell, System } from '../../cell-config/format/model.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import type { BoardFiles } from '../../twin/board/options.ts';

/** The project's root folder. */
export const PROJECT_ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BUILD = join(PROJECT_ROOT, 'build');

/** The warden's cell in its two forms: the second one grants what idle=wfi needs. */
export type CellName = 'rpi4-canwarden' | 'rpi4-canwarden-wfi';

/** The cell config that goes with words of the cell's command line; `canwarden up` chooses the same way. */
export function cellNameFor(settings: readonly string[] = []): CellName {
  return settings.includes('idle=wfi') ? 'rpi4-canwarden-wfi' : 'rpi4-canwarden';
}

/** A built file is not there. */
export class MissingArtifactError extends Error {
  constructor(name: string) {
    super(`build/${name} is missing: run \`npm run build\` first`);
  }
}

export interface Artifacts {
  readonly cell: Cell;
  readonly system: System;
  /** Everything but the rule table. */
  readonly files: BoardFiles;
}

/**
 * Reads what the engine needs; `cellName` is the cell config without its suffix. Throws
 * MissingArtifactError, or CellFormatError for a bad file.
 */
export function loadArtifacts(
  engine: EngineName,
  cellName: CellName = 'rpi4-canwarden',
): Artifacts {
  const cell = decodeFile(readBuilt(`${cellName}.cell`));
  const system = decodeFile(readBuilt('rpi4-root.cell'));
  if (cell.kind !== 'cell' || system.kind !== 'system') {
    throw new Error(`build/${cellName}.cell and build/rpi4-root.cell are swapped`);
  }
  const program =
    engine === 'image'
      ? { image: readBuilt('canwarden.bin') }
      : { cellWasm: readBuilt('cell.wasm') };
  const bridgeWasm = readBuilt('bridge.wasm');
  return { cell: cell.cell, system: system.system, files: { ...program, bridgeWasm } };
}

function readBuilt(name: string): Uint8Array<ArrayBuffer> {
  const path = join(BUILD, name);
  if (!existsSync(path)) throw new MissingArtifactError(name);
  return Uint8Array.from(readInput(path, 'built file'));
}
