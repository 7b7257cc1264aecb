// SPDX-License-Identifier: MIT
/**
 * A pessimistic board: a core at 600 MHz, device pages twice as slow, exits and hypercalls as long as that core makes
 * them (lab/model/pessimistic.json). The times that are promised without a condition must hold there, too.
 *
 * Does not: change SPI and bus, which have their own clocks, or the UART, of which a character takes 87 us anyway.
 */
import { fileURLToPath } from 'node:url';
import { readModel } from '../model/model-file.ts';
import type { Measured } from './bench.ts';
import type { Figures } from './figures.ts';
import { measureLooks } from './interrupt-looks.ts';
import type { Scope } from './scope.ts';

const MODEL = fileURLToPath(new URL('../model/pessimistic.json', import.meta.url));

/** Figures `pessimistic.looks.*`: the worst moments of a static answer, and of the worst table, busy. */
export async function measureSlowBoard(
  firmware: Measured,
  scope: Pick<Scope, 'slowLooks'>,
): Promise<Figures> {
  const figures = await measureLooks(
    { ...firmware, timing: readModel(MODEL) },
    {
      ...scope.slowLooks,
      answers: ['static', 'computedWorst'],
      loads: ['forwarding', 'aglHostile'],
    },
  );
  return Object.fromEntries(
    Object.entries(figures).map(([key, value]) => [`pessimistic.${key}`, value]),
  );
}
