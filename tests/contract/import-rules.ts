// SPDX-License-Identifier: MIT
/**
 * The import rules of the project: which folder may know which.
 *
 * To let a folder know another one, change the table, with a reason in docs/decisions/.
 */
import { posix } from 'node:path';
import ts from 'typescript';
import { lineAt } from './source-tree.ts';

/** What the application of the cell may know: no chip but the CAN controller, and no hypervisor. */
const BELOW_CELL = ['hal', 'can', 'rt', 'driver', 'responder', 'virtio', 'page'] as const;
/** What a board may know: everything below the images. */
const BELOW_BOARD = [...BELOW_CELL, 'cell', 'abi', 'chip', 'chip/arm', 'jailhouse'] as const;

/**
 * Layers of src/, each with the layers it may import besides itself. `can` and `rt` are the two
 * pure ones below all others; `can` uses the status numbers of `rt`.
 */
const SOURCE_LAYERS: Record<string, readonly string[]> = {
  abi: [],
  rt: [],
  can: ['rt'],
  hal: ['can', 'rt'],
  chip: ['abi', 'hal', 'can', 'rt'],
  // The core's counter, which a Linux process has, too.
  'chip/arm': ['abi', 'hal', 'can', 'rt'],
  jailhouse: ['abi', 'hal', 'can', 'rt'],
  driver: ['hal', 'can', 'rt'],
  responder: ['can', 'rt'],
  virtio: ['hal', 'can', 'rt'],
  page: ['hal', 'can', 'rt'],
  cell: BELOW_CELL,
  bridge: ['abi', 'hal', 'can', 'rt', 'virtio', 'page', 'jailhouse', 'chip/arm'],
  // The self test of a board looks at its blocks and at the hypervisor itself.
  selftest: BELOW_BOARD,
  board: [...BELOW_BOARD, 'selftest'],
  image: [...BELOW_BOARD, 'selftest', 'board', 'bridge'],
};

/** Everything outside src/, each with the folders it may import besides itself. */
const HOST_FOLDERS: Record<string, readonly string[]> = {
  formats: [],
  'cell-config': [],
  rules: ['formats', 'cell-config'],
  twin: ['cell-config'],
  lab: ['formats', 'cell-config', 'rules', 'twin'],
  // The page, with what runs in a browser alone (host-free.test.ts).
  web: ['formats', 'cell-config', 'rules', 'twin', 'lab'],
  scripts: ['formats', 'cell-config', 'rules', 'twin', 'lab'],
  tests: ['formats', 'cell-config', 'rules', 'twin', 'lab', 'web', 'scripts'],
  'tests/unit': ['src'],
};

/** The folder of a path that has rules of its own; undefined when there is none. */
function folderOf(path: string): string | undefined {
  if (path.startsWith('src/chip/arm/')) return 'src/chip/arm';
  if (path.startsWith('src/')) return path.split('/').slice(0, 2).join('/');
  const folders = Object.keys(HOST_FOLDERS).sort((left, right) => right.length - left.length);
  return folders.find((folder) => path.startsWith(`${folder}/`));
}

/** Why a file may not import this; undefined when it may. */
function findFault(path: string, specifier: string): string | undefined {
  const from = folderOf(path);
  const isAssembly = path.startsWith('src/') || path.startsWith('tests/unit/');
  if (!specifier.startsWith('.')) {
    return isAssembly ? 'AssemblyScript imports files of src/ only, no packages' : undefined;
  }
  if (!isAssembly && !/\.(ts|js|css)$/.test(specifier)) return 'host imports name the file suffix';
  if (isAssembly && specifier.endsWith('.ts')) return 'AssemblyScript imports have no file suffix';

  const target = posix.join(posix.dirname(path), specifier);
  // Made from formats/, without imports of its own.
  if (from?.startsWith('src/') && target.startsWith('build/generated/')) return undefined;
  const to = folderOf(target);
  if (from === undefined || to === undefined) return `${target} is in no folder with import rules`;
  if (from === to) return undefined;
  if (from.startsWith('src/')) {
    const allowed = (SOURCE_LAYERS[from.slice('src/'.length)] ?? []).map((name) => `src/${name}`);
    return allowed.includes(to)
      ? undefined
      : `${from} may import only ${allowed.join(', ') || 'itself'}`;
  }
  const top = to.startsWith('src/') ? 'src' : to;
  const allowed = HOST_FOLDERS[from];
  return allowed.includes(top)
    ? undefined
    : `${from} may import only ${allowed.join(', ') || 'itself'}`;
}

/** Each import of a file that the rules forbid, as `path:line: specifier: reason`. */
export function findForbiddenImports(path: string, text: string): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.flatMap(({ fileName, pos }) => {
    const fault = findFault(path, fileName);
    return fault === undefined ? [] : [`${path}:${lineAt(text, pos)}: ${fileName}: ${fault}`];
  });
}

/** The layers of src/ that the rules know. */
export const SOURCE_LAYER_NAMES = Object.keys(SOURCE_LAYERS);
