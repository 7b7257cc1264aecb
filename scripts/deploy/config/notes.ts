// SPDX-License-Identifier: MIT
/**
 * What the user must know about config.txt before deploy edits it, in sentences. The difference that deploy
 * shows has the lines to be commented out.
 */
import { contiguousWarning } from './contiguous.ts';
import { placeOf } from './parse.ts';
import type { ConfigLine } from './parse.ts';
import { contradictions, overVoltageLine } from './text.ts';

/** One sentence each, most serious first. Empty for an ordinary card. */
export function configNotes(
  lines: readonly ConfigLine[],
  commandLines?: ReadonlyMap<string, string>,
): string[] {
  const notes: string[] = [];
  const contiguous = contiguousWarning(lines, commandLines);
  if (contiguous !== undefined) notes.push(contiguous);
  for (const { line, why } of contradictions(lines)) {
    if (line.isOwn) continue;
    notes.push(
      `${placeOf(line)}: ${line.setting}: ${why}. config.txt includes this file, and deploy does not ` +
        'edit it; the block at the end of config.txt and its overlay come after it. Next: take the ' +
        'line out there',
    );
  }
  const fast = lines.find(
    ({ key, value, applies }) =>
      key === 'hdmi_enable_4kp60' && applies !== 'never' && Number(value) > 0,
  );
  if (fast !== undefined) {
    notes.push(
      `${placeOf(fast)}: ${fast.setting} is taken back: it raises the core's clock from 500 to 550 MHz, ` +
        "and SPI's with it, above what the MCP2515 takes. A 4K display then runs at 30 Hz",
    );
  }
  const voltage = overVoltageLine(lines);
  if (voltage !== undefined) {
    notes.push(
      `${placeOf(voltage)}: ${voltage.setting}: force_turbo=1 is left out, because both together set a ` +
        'permanent mark in the chip. `canwarden up` holds the clock of the cores instead, by the governor ' +
        'performance. Next: take over_voltage out and deploy again if your kernel has no such governor',
    );
  }
  return notes;
}
