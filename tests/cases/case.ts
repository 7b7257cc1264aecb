// SPDX-License-Identifier: MIT
/**
 * How an acceptance case is declared: its name, and the engines whose firmware it drives.
 *
 * Needs `npm run build`; a missing file fails the test. The rig (lab/rig/rig.ts) is the board;
 * expected values come from the CAN protocol, DS20001801J and Linux's headers, and are typed in the
 * tests.
 */
import { it } from 'node:test';
import type { EngineName } from '../../twin/engine/engine.ts';
import { type Rig } from '../../lab/rig/rig.ts';
import { openRig, type RigOptions } from '../../lab/rig/open-rig.ts';

export type Case = (engine: EngineName) => Promise<void>;

/** A case for the wasm module alone. */
export function onWasm(name: string, test: Case): void {
  it(name, () => test('wasm'));
}

/** A case for the wasm module and for the ARM64 image. */
export function onBoth(name: string, test: Case): void {
  it(name, () => test('wasm'));
  it(`${name} (ARM64 image)`, () => test('image'));
}

/** Gives a running rig to `use` and takes it down after it. */
export async function withRig(
  options: RigOptions,
  use: (rig: Rig) => void | Promise<void>,
): Promise<void> {
  const rig = await openRig(options);
  try {
    await use(rig);
  } finally {
    rig.close();
  }
}

/** The same with a cell that says on its console what it tells while it runs; see `linesOf`. */
export function withLines(
  options: RigOptions,
  use: (rig: Rig) => void | Promise<void>,
): Promise<void> {
  return withRig({ ...options, settings: `${options.settings ?? ''} console=on` }, use);
}

/** All lines of the cell, when the last one has had its time: a character in 100 us. */
export function linesOf(rig: Rig): string {
  rig.run(LINES_NANOS);
  return rig.lines.join('\n');
}

export const MICROSECOND = 1_000;
export const MILLISECOND = 1_000_000;
const LINES_NANOS = 30 * MILLISECOND;

/** A frame as candump writes it, with the raw DLC where it is above 8. */
export function textOf(frame: {
  identifier: number;
  extended: boolean;
  remote: boolean;
  dlc: number;
  data: Uint8Array;
}): string {
  const identifier = frame.identifier.toString(16).toUpperCase();
  const digits = identifier.padStart(frame.extended ? 8 : 3, '0');
  if (frame.remote) return `${digits}#R${frame.dlc === 0 ? '' : frame.dlc}`;
  const raw = frame.dlc > 8 ? `_${frame.dlc.toString(16).toUpperCase()}` : '';
  return `${digits}#${Buffer.from(frame.data).toString('hex').toUpperCase()}${raw}`;
}
