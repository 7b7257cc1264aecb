// SPDX-License-Identifier: MIT
/**
 * Puts the patch series into QEMU's source, and takes an older one out first. Only files that differ change,
 * so the next build compiles little.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { QemuCache } from './cache.ts';
import { type Patch, readSeries, seriesHash } from './cache.ts';

function patch(source: string, { name, text }: Patch, ...parameters: string[]): void {
  const { status, stdout, stderr } = spawnSync(
    'patch',
    ['-p1', '--force', '--no-backup-if-mismatch', '--silent', ...parameters],
    { cwd: source, input: text, encoding: 'utf8' },
  );
  if (status === 0) return;
  const how = parameters.includes('--reverse') ? 'be taken out' : 'be applied';
  throw new Error(
    `${name} cannot ${how} in ${source}:\n${stdout}${stderr}Next: remove that folder and build again`,
  );
}

/** Makes the source hold exactly this series. Returns whether anything changed. */
export function applySeries(cache: QemuCache, series: readonly Patch[]): boolean {
  const before = existsSync(cache.applied) ? readSeries(cache.applied) : [];
  if (seriesHash(before) === seriesHash(series)) return false;
  for (const one of [...before].reverse()) {
    patch(cache.source, one, '--reverse');
    rmSync(join(cache.applied, one.name));
  }
  mkdirSync(cache.applied, { recursive: true });
  for (const one of series) {
    patch(cache.source, one);
    writeFileSync(join(cache.applied, one.name), one.text);
  }
  return true;
}
