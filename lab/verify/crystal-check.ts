// SPDX-License-Identifier: MIT
/**
 * Checks one start with osc=auto: what the cell has found of a crystal of the twin's chip.
 */
import type { EngineName } from '../../twin/engine/engine.ts';
import { makeRig, bringUp } from '../rig/open-rig.ts';

/** Crystals that HATs with an MCP2515 are sold with. */
export const CRYSTALS = [8e6, 10e6, 12e6, 16e6, 20e6] as const;
/** The usual bit rates. */
export const RATES = [
  ...[10_000, 20_000, 31_250, 33_333, 40_000, 50_000, 80_000, 83_333, 95_000],
  ...[100_000, 125_000, 200_000, 250_000, 500_000, 666_666, 800_000, 1_000_000],
] as const;

/** docs/status-page.md. */
const HEAD_CRYSTAL_HERTZ = 0x9c;
/** docs/troubleshooting.md. */
const BIT_RATE_IMPOSSIBLE = 20;
/** The measured crystal may be so far off. */
const ERROR_MAXIMUM = 0.001;
/** What the measurement may take of the start, at 10 MHz SPI: docs/settings.md. */
const MEASURE_NANOS_MAXIMUM = 15_000_000;
/** DS20001801J, table 12-1: RTS of all three buffers, and RESET. */
const RTS_ALL = 0x87;
const RESET = 0xc0;

/** Everything that was wrong. `realHertz`: what the chip's crystal really makes of `crystalHertz`. */
export async function checkCrystal(
  engine: EngineName,
  crystalHertz: number,
  realHertz: number,
  bitrate: number,
): Promise<string[]> {
  const problems: string[] = [];
  const about = `${realHertz} Hz, ${bitrate} bit/s`;
  let levels = 0;
  const rig = await makeRig({
    ...{ engine, bitrate, oscillatorHertz: realHertz, withoutAgl: true },
    commandLine: `bitrate=${bitrate} osc=auto`,
    beforeBoot: ({ bus }) => bus.onLevels(() => levels++),
  });
  bringUp(rig.board);
  const said = rig.lines.join('\n');
  const measured = rig.board.control?.status.readUInt32LE(HEAD_CRYSTAL_HERTZ) ?? 0;
  if (Math.abs(measured / realHertz - 1) >= ERROR_MAXIMUM) {
    problems.push(`${about}: measured ${measured}; the cell said ${said}`);
  }
  const isImpossible = said.includes(`(status ${BIT_RATE_IMPOSSIBLE})`);
  if (!isImpossible && !said.includes(`crystal ${crystalHertz} Hz (measured ${measured})`)) {
    problems.push(`${about}: the cell said ${said}`);
  }
  const begin = rig.transactions.findIndex(({ mosi }) => mosi[0] === RTS_ALL);
  const end = rig.transactions.findLastIndex(({ mosi }) => mosi[0] === RESET);
  const took = rig.transactions[end].selectNanos - rig.transactions[begin].selectNanos;
  if (!isImpossible && !(took > 0 && took < MEASURE_NANOS_MAXIMUM))
    problems.push(`${about}: it took ${took} ns`);
  if (levels !== 0) problems.push(`${about}: something was on the bus`);
  rig.close();
  return problems;
}
