// SPDX-License-Identifier: MIT
/**
 * Where the firmware looks for overlays and for the kernel's command line, by `os_prefix` and
 * `overlay_prefix`.
 *
 * Source: Raspberry Pi documentation, config.txt, "os_prefix" and "overlay_prefix". Both are put before the
 * name unchanged. Overlays are taken with `os_prefix` only if a README lies beside them. A prefix under a
 * filter that may not hold (`[tryboot]`) counts beside the others.
 */
import { posix } from 'node:path';
import { InputError } from '../../../cell-config/files.ts';
import { placeOf } from './parse.ts';
import type { ConfigLine } from './parse.ts';

export interface OverlayPlace {
  /** The beginning of an overlay's path on the boot partition, such as `/overlays/`. */
  readonly prefix: string;
  /** A file without which the firmware does not look here. Undefined: it always looks. */
  readonly marker?: string;
  /** The `os_prefix`, as written. */
  readonly osPrefix?: string;
}

/** All places of overlays. Those without a marker are shared by every system on the card. */
export function overlayPlaces(lines: readonly ConfigLine[]): OverlayPlace[] {
  return possibleValues(lines, 'overlay_prefix', 'overlays/').flatMap(
    (overlays): OverlayPlace[] => [
      { prefix: `/${overlays}` },
      ...osPrefixes(lines)
        .filter((system) => system !== '')
        .map((system) => {
          const prefix = `/${system}${overlays}`;
          return { prefix, marker: `${prefix}README`, osPrefix: system };
        }),
    ],
  );
}

/** Paths of the kernel's command line. */
export function commandLinePlaces(lines: readonly ConfigLine[]): string[] {
  return possibleValues(lines, 'cmdline', 'cmdline.txt').flatMap((name) =>
    ['', ...osPrefixes(lines)].map((system) => `/${system}${name}`),
  );
}

function osPrefixes(lines: readonly ConfigLine[]): string[] {
  const byKernel = lines.some(
    ({ key, value, applies }) => key === 'upstream_kernel' && value === '1' && applies !== 'never',
  );
  const values = possibleValues(lines, 'os_prefix', '');
  return [...new Set([...values, ...(byKernel ? ['upstream/'] : [])])];
}

/** Possible values of a setting: the last line that always applies, and those that may replace it. */
function possibleValues(lines: readonly ConfigLine[], key: string, byDefault: string): string[] {
  let values = [byDefault];
  for (const line of lines) {
    if (line.key !== key || line.applies === 'never') continue;
    if (line.applies === 'always') values = [];
    values.push(checkedPath(line));
  }
  return [...new Set(values)];
}

/** A path inside the boot partition, without the leading slash. */
function checkedPath(line: ConfigLine): string {
  const path = line.value.replace(/^\/+/, '');
  if (!path.split('/').includes('..') && !/[\\\0]/.test(path)) return path && posix.normalize(path);
  throw new InputError(
    `${placeOf(line)}: ${line.setting}: this leads out of the boot partition, so the overlay would lie ` +
      'where the firmware does not look. Next: name a folder of that partition. Nothing was written',
  );
}
