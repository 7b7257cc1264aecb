// SPDX-License-Identifier: MIT
/**
 * Virtual time from the cell's first instruction to "ready", and to a session with AGL.
 *
 * Does not: include the time of `jailhouse cell load` and `start`, which run on the root cell.
 */
import type { EngineName } from '../../twin/engine/engine.ts';
import { type Measured, openBench } from './bench.ts';

/** Nanoseconds until the line "canwarden: ready" is out. Throws if the line never comes. */
export async function measureBoot(firmware: Measured, engine: EngineName): Promise<number> {
  let readyNanos: number | undefined;
  const board = await openBench(firmware, {
    engine,
    bitrate: 500_000,
    spiHertz: 10_000_000,
    onConsoleLine: ({ text, nanos }) => {
      if (text.startsWith('canwarden: ready')) readyNanos ??= nanos;
    },
  });
  board.engine.close();
  if (readyNanos === undefined) throw new Error('the cell never said that it is ready');
  return readyNanos;
}
