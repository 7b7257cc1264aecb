// SPDX-License-Identifier: MIT
/**
 * Opens a board: the built firmware on an emulated board, as the options say. Every board of the
 * laboratory is opened here.
 *
 * Does not: build the firmware, or play anything.
 */
import { compileRules } from '../../rules/compile.ts';
import type { EngineName } from '../../twin/engine/engine.ts';
import { assembleRig, bringUp, type Firmware, type RigParts } from './assemble-rig.ts';
import { loadFirmware } from './firmware.ts';
import type { Rig } from './rig.ts';

export { bringUp };

/** As RigParts, with what can be read from files left out. */
export interface RigOptions extends Omit<RigParts, 'firmware' | 'rules'> {
  /** The built files. Absent: those of build/ with `idle=poll`. */
  readonly firmware?: Firmware;
  /** Text of a rules file, or a rule image. Absent: the firmware forwards everything. */
  readonly rules?: string | Uint8Array;
}

const loaded = new Map<EngineName, Firmware>();

/** A board whose cell has booted and, unless `withoutAgl`, has its session with AGL. */
export async function openRig(options: RigOptions): Promise<Rig> {
  const rig = await makeRig(options);
  const result = bringUp(rig.board);
  if (result !== 'running') {
    throw new Error(`the cell ${result} by itself: ${rig.lines.at(-1) ?? 'it printed nothing'}`);
  }
  return rig;
}

/** The same board before the cell's first instruction; AGL's bridge runs. */
export async function makeRig(options: RigOptions): Promise<Rig> {
  const { rules } = options;
  return assembleRig({
    ...options,
    firmware: options.firmware ?? builtFirmware(options.engine),
    rules: typeof rules === 'string' ? imageOf(rules) : rules,
  });
}

/** The built firmware, read once. A board does not write to it. */
function builtFirmware(engine: EngineName): Firmware {
  const firmware = loaded.get(engine) ?? loadFirmware(engine);
  loaded.set(engine, firmware);
  return firmware;
}

function imageOf(rules: string): Uint8Array {
  return compileRules(rules, 'rules.yaml').image;
}
