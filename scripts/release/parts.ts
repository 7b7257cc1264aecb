// SPDX-License-Identifier: MIT
/**
 * The contents of the release, part by part. To ship one more file, add one line here. New files in a listed
 * folder are included by themselves.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigurationFile } from '../../cell-config/rpi4-files.ts';
import { rpi4Files } from '../../cell-config/rpi4-files.ts';
import { ROLES } from '../../cell-config/roles.ts';
import { configBlock } from '../deploy/config/text.ts';
import { encodeOverlay } from '../deploy/overlay.ts';
import { timeSeconds } from './archive.ts';
import { billOf, PRODUCTS, readLock } from './sbom.ts';

/** Source of an entry's bytes: a file of the project, or bytes made here. */
export type Entry =
  | { readonly to: string; readonly from: string; readonly executable: boolean }
  | { readonly to: string; readonly bytes: Uint8Array; readonly executable: false };

export interface Part {
  readonly name: string;
  readonly entries: readonly Entry[];
}

const file = (to: string, from: string): Entry => ({ to, from, executable: false });
const program = (to: string, from: string): Entry => ({ to, from, executable: true });
const made = (to: string, content: string | Uint8Array): Entry => ({
  to,
  bytes: typeof content === 'string' ? Buffer.from(content) : content,
  executable: false,
});

/** Every file below a folder except hidden ones, in the order of names. */
function folder(to: string, from: string): Entry[] {
  if (!existsSync(from)) return [file(to, from)];
  return readdirSync(from, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => file(`${to}${path.slice(from.length)}`, path))
    .sort((one, other) => (one.to < other.to ? -1 : 1));
}

function cells(revision: 13 | 14): Entry[] {
  return ROLES.flatMap((role) =>
    rpi4Files(revision, role).map(({ name, bytes }: ConfigurationFile) =>
      made(`cells/revision-${revision}/${role}/${name}`, bytes),
    ),
  );
}

/** The bills of material. */
function bills(version: string): Entry[] {
  const lock = readLock();
  return PRODUCTS.map((product) => {
    const text = JSON.stringify(billOf(product, version, lock, timeSeconds()), undefined, 2);
    return made(`sbom/${product.name}.cdx.json`, `${text}\n`);
  });
}

/** The release of `version`, part by part. Paths of the project are relative to its top folder. */
export function listParts(version: string): Part[] {
  return [
    {
      name: 'release',
      entries: [
        made('VERSION', `${version}\n`),
        file('README.md', 'agl/release-readme.md'),
        file('LICENSE', 'LICENSE'),
        file('CHANGELOG.md', 'CHANGELOG.md'),
        // All of them, because they link to each other.
        ...folder('docs', 'docs'),
      ],
    },
    {
      name: 'cell',
      entries: [
        file('cell/canwarden.bin', 'build/canwarden.bin'),
        file('cell/canwarden-selftest.bin', 'build/canwarden-selftest.bin'),
        ...cells(13),
        ...cells(14),
        file('rules/rules.bin', 'build/rules.bin'),
        file('rules/rules.yaml', 'rules.yaml'),
      ],
    },
    {
      name: 'card',
      entries: [
        made('boot/canwarden.dtbo', encodeOverlay()),
        made('boot/config-canwarden.txt', configBlock()),
      ],
    },
    {
      name: 'bridge',
      entries: [
        program('bridge/build.sh', 'agl/build-bridge.sh'),
        made('bridge/VERSION', `${version}\n`),
        ...folder('bridge/linux', 'bsp/linux'),
        file('bridge/wasm-rt/wasm-rt.h', 'bsp/wasm-rt/wasm-rt.h'),
        file('bridge/generated/bridge.wasm.c', 'build/bridge/bridge.wasm.c'),
        file('bridge/generated/bridge.wasm.h', 'build/bridge/bridge.wasm.h'),
        file('bridge/generated/formats.h', 'build/generated/formats.h'),
        file('bridge/generated/status-words.h', 'build/generated/status-words.h'),
      ],
    },
    {
      name: 'board',
      entries: [
        program('board/canwarden', 'agl/canwarden'),
        ...folder('board/lib', 'agl/lib'),
        file('board/lib/status-numbers.txt', 'build/generated/status-numbers.txt'),
        file('board/lib/self-test.txt', 'build/generated/self-test.txt'),
        file('board/lib/promises.txt', 'build/generated/promises.txt'),
        file('board/lib/board-model.json', 'lab/model/raspberry-pi-4.json'),
        file('board/default', 'agl/default'),
        ...folder('board/systemd', 'agl/systemd'),
      ],
    },
    { name: 'layer', entries: folder('meta-canwarden', 'agl/meta-canwarden') },
    { name: 'bills', entries: bills(version) },
  ];
}
